#include "cli/render_timeline.h"

#include "cli/render_json.h"
#include "cli/text.h"
#include "json/members.h"

namespace muster::cli {

std::string timeline_text(const Timeline& timeline) {
  const auto& row = timeline.row;
  std::string text = "Invitation " + std::to_string(row.number) + " to " +
                     shown(row.user_full_name.empty() ? row.user_id : row.user_full_name);
  if (!row.device_name.empty()) {
    text += ", " + shown(row.device_name);
  }
  text += " (" + row.channel + "): " + row.state;
  text += row.reason.empty() ? "\n\n" : ", " + row.reason + "\n\n";
  Table table({Table::Align::left, Table::Align::left, Table::Align::left});
  for (const auto& moment : timeline.moments) {
    table.row({moment.at, moment.what, shown(moment.words)});
  }
  return text + table.text();
}

std::string timeline_json(const Timeline& timeline) {
  auto text = invitation_json(timeline.row);
  text.pop_back();  // its closing brace
  json::Writer writer;
  writer.begin_array();
  for (const auto& moment : timeline.moments) {
    writer.begin_object();
    json::Members{writer}
        .member("at", moment.at)
        .member("what", moment.what)
        .member("words", moment.words);
    writer.end();
  }
  writer.end();
  return text + ",\"moments\":" + writer.result() + "}";
}

}  // namespace muster::cli
