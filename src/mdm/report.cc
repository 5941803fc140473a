#include "mdm/report.h"

#include <array>
#include <string_view>
#include <utility>

#include "mdm/one_line.h"
#include "model/limits.h"

namespace muster::mdm {
namespace {

using Status = Report::Status;

constexpr std::array<std::pair<std::string_view, Status>, 5> statuses{{
    {"Idle", Status::idle},
    {"Acknowledged", Status::acknowledged},
    {"NotNow", Status::not_now},
    {"Error", Status::error},
    {"CommandFormatError", Status::format_error},
}};

std::string printable(std::string_view text) {
  return one_line_without_secrets(text, limits::reply_bytes_max);
}

// The first of the chain is what went wrong last; its codes may change with every release.
std::string words_of_error(const PlistValue& message) {
  const PlistValue* chain = message.member("ErrorChain");
  if (chain != nullptr && chain->kind == PlistValue::Kind::array) {
    for (const auto& link : chain->members) {
      for (const std::string_view key : {"LocalizedDescription", "USEnglishDescription"}) {
        auto words = printable(link.text(key));
        if (!words.empty()) {
          return words;
        }
      }
    }
  }
  return "the device gave no reason";
}

// A device that acknowledges without saying more has taken the command.
void read_invitation_result(const PlistValue& message, Report& report) {
  const auto said = message.text("InvitationResult");
  if (said.empty() || said == "Acknowledged") {
    report.result = CommandResult::shown;
    return;
  }
  report.result = CommandResult::refused;
  report.trouble = printable(said);
}

}  // namespace

std::optional<Report> read_report(const PlistValue& message) {
  auto sender = read_sender(message);
  if (!sender) {
    return std::nullopt;
  }
  Report report;
  report.sender = std::move(*sender);
  report.command_uuid = message.text("CommandUUID");
  const auto said = message.text("Status");
  bool known = false;
  for (const auto& [name, status] : statuses) {
    if (name == said) {
      report.status = status;
      known = true;
    }
  }
  if (!known) {
    return std::nullopt;
  }
  switch (report.status) {
    case Status::idle:
      report.command_uuid.clear();
      break;
    case Status::acknowledged:
      read_invitation_result(message, report);
      break;
    case Status::not_now:
      report.result = CommandResult::postponed;
      break;
    case Status::error:
      report.result = CommandResult::refused;
      report.trouble = words_of_error(message);
      break;
    case Status::format_error:
      report.result = CommandResult::refused;
      report.trouble = "the device could not read the command";
      break;
  }
  return report;
}

}  // namespace muster::mdm
