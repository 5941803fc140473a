// Any bytes as a settings file: no crash; a complaint has a place, settings can be described.
#include "settings/read.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::fuzz::demand;
  muster::settings::Origins origins;
  const auto text = muster::as_text({data, size});
  const auto settings = muster::settings::read_settings_text(text, "fuzz.toml", &origins);
  if (!settings) {
    demand(settings.error().file == "fuzz.toml", "a complaint names the file");
    demand(!settings.error().found.empty(), "a complaint says what was found");
    demand(settings.error().line_of_text().find('\n') == std::string::npos, "it is one line");
    return 0;
  }
  demand(!muster::settings::describe(*settings, origins).empty(), "settings can be described");
  return 0;
}
