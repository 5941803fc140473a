// Any bytes as a property list, and as each message that a device may send: no crash, and what was
// read is small and fit to be stored.
#include "base/utf8.h"
#include "mdm/check_in.h"
#include "mdm/report.h"
#include "model/limits.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::demand;
  const auto value = mdm::read_plist(as_text({data, size}));
  if (!value) {
    return 0;
  }
  if (const auto said = mdm::read_check_in(*value)) {
    demand(!said->sender.id.empty(), "whoever checks in says who he is");
    demand(first_control(said->device.name) == said->device.name.size(), "a name is one line");
    demand(said->device.name.size() <= limits::name_bytes_max, "a name has an end");
    demand(said->device.push_token.size() <= limits::push_token_bytes_max, "a token has an end");
  }
  if (const auto said = mdm::read_report(*value)) {
    demand(!said->sender.id.empty(), "whoever reports says who he is");
    demand(said->trouble.size() <= limits::reply_bytes_max, "words have an end");
    demand(first_control(said->trouble) == said->trouble.size(), "words are one line");
    demand(said->trouble.find("://") == std::string::npos, "words hold no URL");
  }
  return 0;
}
