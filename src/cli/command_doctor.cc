// muster config print and muster doctor: what holds, and whether a send could start.
#include "cli/commands.h"
#include "cli/context.h"
#include "cli/examine.h"
#include "cli/text.h"
#include "json/members.h"

namespace muster::cli {
namespace {

std::string settings_text(const std::vector<settings::SettingLine>& lines) {
  Table table({Table::Align::left, Table::Align::left});
  for (const auto& line : lines) {
    const bool standard = line.origin == "default" || line.value == line.standard;
    table.row({shown(line.name + " = " + line.value),
               shown("# " + line.origin + (standard ? "" : ", default " + line.standard))});
  }
  return table.text();
}

std::string settings_json(const std::vector<settings::SettingLine>& lines) {
  json::Writer writer;
  writer.begin_object().key("settings").begin_array();
  for (const auto& line : lines) {
    writer.begin_object();
    json::Members{writer}
        .member("name", line.name)
        .member("value", line.value)
        .member("default", line.standard)
        .member("origin", line.origin);
    writer.end();
  }
  return writer.end().end().result();
}

void append(std::vector<Finding>& to, std::vector<Finding> more) {
  to.insert(to.end(), more.begin(), more.end());
}

// A data directory that is not there yet is made by the first import: no trouble, but worth a word.
void examine_data(const Loaded& loaded, const std::string& flags, std::vector<Finding>& findings) {
  auto dispatcher = Dispatcher::open(loaded.settings, Access::read);
  if (!dispatcher) {
    findings.push_back({Grade::bad, "data.dir", dispatcher.failure().line, {}});
    return;
  }
  const auto tasks = (*dispatcher)->tasks();
  if (!tasks) {
    findings.push_back({Grade::bad, "data.dir", tasks.failure().line, {}});
    return;
  }
  findings.push_back({Grade::good,
                      "data.dir",
                      loaded.settings.data_dir + " holds " + counted(tasks->size(), "task"),
                      {}});
  append(findings, examine_tasks(*tasks, flags));
  const auto locations = (*dispatcher)->locations();
  if (!locations) {
    findings.push_back({Grade::bad, "content token", locations.failure().line, {}});
    return;
  }
  append(findings, examine_locations(*locations, flags));
}

void examine_roster_of(const std::string& data_dir, std::size_t examples,
                       std::vector<Finding>& findings) {
  const auto hygiene = service::hygiene_of(data_dir, examples, SystemClock().wall());
  if (!hygiene) {
    findings.push_back({Grade::bad, "roster", hygiene.failure().line, {}});
    return;
  }
  append(findings, examine_roster(*hygiene));
}

}  // namespace

int command_config(const Arguments& arguments, Screen& screen) {
  const auto loaded = load_settings(arguments.common);
  if (!loaded) {
    return fail(screen, loaded.failure());
  }
  const auto lines = settings::describe(loaded->settings, loaded->origins);
  screen.answer().write(screen.json() ? settings_json(lines) + "\n" : settings_text(lines));
  return 0;
}

int command_doctor(const Arguments& arguments, Screen& screen) {
  const auto loaded = load_settings(arguments.common);
  std::vector<Finding> findings;
  if (!loaded) {
    findings.push_back({Grade::bad, "settings", loaded.failure().line, {}});
  } else {
    findings.push_back(
        {Grade::good,
         "settings",
         loaded->file.empty() ? "no file; defaults hold" : "read from " + loaded->file,
         {}});
    append(findings, examine_credentials(loaded->settings));
    append(findings, examine_sending(loaded->settings));
    append(findings, examine_mail(loaded->settings));
    append(findings, examine_bounces(loaded->settings));
    examine_data(*loaded, arguments.common.flags(), findings);
    if (arguments.of_roster) {
      examine_roster_of(loaded->settings.data_dir, arguments.examples, findings);
    }
  }
  screen.answer().write(screen.json() ? findings_json(findings) + "\n" : findings_text(findings));
  return exit_code_of(findings);
}

}  // namespace muster::cli
