#include "mdm/command.h"

#include <algorithm>
#include <array>
#include <vector>

#include "crypto/digest.h"

namespace muster::mdm {
namespace {

constexpr std::string_view purpose = "command";

IdPrefix prefix_of(const TaskId& task) {
  std::vector<Byte> hashed(task.bytes.begin(), task.bytes.end());
  hashed.insert(hashed.end(), purpose.begin(), purpose.end());
  const auto digest = crypto::sha256(hashed);
  IdPrefix prefix{};
  std::copy_n(digest.begin(), prefix.size(), prefix.begin());
  return prefix;
}

// Of the first eight bytes of a UUID.
std::uint64_t prefix_in(const std::array<Byte, 16>& uuid) {
  std::uint64_t prefix = 0;
  for (std::size_t i = 0; i < 8; ++i) {
    prefix = prefix << 8 | uuid[i];
  }
  return prefix;
}

void append_escaped(std::string_view text, std::string& to) {
  for (const char c : text) {
    switch (c) {
      case '&':
        to += "&amp;";
        break;
      case '<':
        to += "&lt;";
        break;
      case '>':
        to += "&gt;";
        break;
      default:
        to += c;
    }
  }
}

}  // namespace

std::string command_uuid(const TaskId& task, InvitationNumber invitation) {
  return uuid_text(apns_id(prefix_of(task), invitation, 0));
}

std::optional<CommandName> read_command_uuid(std::string_view text) {
  const auto uuid = read_uuid(text);
  if (!uuid) {
    return std::nullopt;
  }
  const CommandName name{prefix_in(*uuid), invitation_of(*uuid)};
  // Another version, variant or generation is somebody else's.
  IdPrefix prefix{};
  std::copy_n(uuid->begin(), prefix.size(), prefix.begin());
  return apns_id(prefix, name.invitation, 0) == *uuid ? std::optional(name) : std::nullopt;
}

std::uint64_t command_prefix(const TaskId& task) {
  return prefix_in(apns_id(prefix_of(task), 0, 0));
}

std::string invite_to_program(std::string_view command_uuid, std::string_view url) {
  std::string plist =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
      "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
      "<plist version=\"1.0\">\n"
      "<dict>\n"
      "\t<key>CommandUUID</key>\n"
      "\t<string>";
  append_escaped(command_uuid, plist);
  plist +=
      "</string>\n"
      "\t<key>Command</key>\n"
      "\t<dict>\n"
      "\t\t<key>RequestType</key>\n"
      "\t\t<string>InviteToProgram</string>\n"
      "\t\t<key>ProgramID</key>\n"
      "\t\t<string>com.apple.cloudvpp</string>\n"
      "\t\t<key>InvitationURL</key>\n"
      "\t\t<string>";
  append_escaped(url, plist);
  plist +=
      "</string>\n"
      "\t</dict>\n"
      "</dict>\n"
      "</plist>\n";
  return plist;
}

}  // namespace muster::mdm
