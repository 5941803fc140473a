#include "tests/mdm/plists.h"

#include <gtest/gtest.h>
#include <plist/plist.h>

#include "crypto/digest.h"

namespace muster::mdm {
namespace {

std::string of(std::string_view type, std::string_view udid, std::string_view more = "") {
  return plist("<dict><key>MessageType</key>" + text(type) + "<key>UDID</key>" + text(udid) +
               "<key>Topic</key>" + text("com.apple.mgmt.External.test") + std::string(more) +
               "</dict>");
}

std::string token_members(std::string_view magic) {
  return "<key>Token</key>" + data(push_token) + "<key>PushMagic</key>" + text(magic);
}

}  // namespace

std::string text(std::string_view value) {
  std::string escaped;
  for (const char c : value) {
    escaped += c == '&' ? "&amp;" : c == '<' ? "&lt;" : std::string(1, c);
  }
  return "<string>" + escaped + "</string>";
}

std::string data(std::string_view bytes) {
  return "<data>" + crypto::base64(as_bytes(bytes)) + "</data>";
}

std::string truth(bool value) {
  return value ? "<true/>" : "<false/>";
}

std::string array(std::initializer_list<std::string> values) {
  std::string xml = "<array>";
  for (const auto& value : values) {
    xml += value;
  }
  return xml + "</array>";
}

std::string dictionary(Members members) {
  std::string xml = "<dict>";
  for (const auto& [key, value] : members) {
    xml += "<key>" + std::string(key) + "</key>" + value;
  }
  return xml + "</dict>";
}

std::string plist(const std::string& value) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
         "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
         "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
         "<plist version=\"1.0\">" +
         value + "</plist>\n";
}

std::string binary(const std::string& xml) {
  plist_t root = nullptr;
  plist_from_xml(xml.data(), static_cast<std::uint32_t>(xml.size()), &root);
  EXPECT_NE(root, nullptr) << xml;
  char* bytes = nullptr;
  std::uint32_t size = 0;
  plist_to_bin(root, &bytes, &size);
  std::string made(bytes, size);
  plist_to_bin_free(bytes);
  plist_free(root);
  return made;
}

std::string authenticate(std::string_view udid, std::string_view product) {
  return of("Authenticate", udid,
            "<key>SerialNumber</key>" + text("C0" + std::string(udid)) + "<key>DeviceName</key>" +
                text("a device") + "<key>ProductName</key>" + text(product));
}

std::string token_update(std::string_view udid, std::string_view magic) {
  return of("TokenUpdate", udid, token_members(magic));
}

std::string user_token_update(std::string_view udid, std::string_view user,
                              std::string_view short_name) {
  return of("TokenUpdate", udid,
            token_members("user magic") + "<key>UserID</key>" + text(user) +
                "<key>UserShortName</key>" + text(short_name) + "<key>UserLongName</key>" +
                text("Mia Example") + "<key>NotOnConsole</key>" + truth(true));
}

std::string check_out(std::string_view udid) {
  return of("CheckOut", udid);
}

std::string idle(std::string_view udid, std::string_view user) {
  return report(udid, "Idle", "", "", user);
}

std::string report(std::string_view udid, std::string_view status, std::string_view command_uuid,
                   std::string_view invitation_result, std::string_view user) {
  std::string xml = "<dict><key>UDID</key>" + text(udid) + "<key>Status</key>" + text(status);
  if (!command_uuid.empty()) {
    xml += "<key>CommandUUID</key>" + text(command_uuid);
  }
  if (!invitation_result.empty()) {
    xml += "<key>InvitationResult</key>" + text(invitation_result);
  }
  if (!user.empty()) {
    xml += "<key>UserID</key>" + text(user);
  }
  return plist(xml + "</dict>");
}

}  // namespace muster::mdm
