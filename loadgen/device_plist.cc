#include "loadgen/device_plist.h"

#include <plist/plist.h>

#include <cstdlib>
#include <memory>

namespace muster::loadgen {
namespace {

using Platform = RosterDevice::Platform;

// A dictionary under construction.
class Dictionary {
 public:
  Dictionary() : root_(plist_new_dict()) {}
  ~Dictionary() { plist_free(root_); }
  Dictionary(const Dictionary&) = delete;
  Dictionary& operator=(const Dictionary&) = delete;

  Dictionary& text(const char* key, std::string_view value) {
    plist_dict_set_item(root_, key, plist_new_string(std::string(value).c_str()));
    return *this;
  }
  Dictionary& flag(const char* key, bool value) {
    plist_dict_set_item(root_, key, plist_new_bool(value ? 1 : 0));
    return *this;
  }
  Dictionary& data(const char* key, Bytes value) {
    plist_dict_set_item(root_, key, plist_new_data(as_text(value).data(), value.size()));
    return *this;
  }
  // Takes it over.
  Dictionary& node(const char* key, plist_t value) {
    plist_dict_set_item(root_, key, value);
    return *this;
  }
  Dictionary& speaker(const Speaker& speaker) {
    text(speaker.enrollment_id ? "EnrollmentID" : "UDID", speaker.udid);
    if (!speaker.user_id.empty()) {
      text(speaker.enrollment_id ? "EnrollmentUserID" : "UserID", speaker.user_id);
      text("UserShortName", speaker.short_name);
      text("UserLongName", speaker.long_name);
    }
    return *this;
  }
  [[nodiscard]] std::string written(bool binary) const {
    char* bytes = nullptr;
    std::uint32_t size = 0;
    if (binary) {
      plist_to_bin(root_, &bytes, &size);
    } else {
      plist_to_xml(root_, &bytes, &size);
    }
    std::string text(bytes, size);
    std::free(bytes);  // NOLINT(cppcoreguidelines-no-malloc): libplist's own
    return text;
  }

 private:
  plist_t root_;
};

struct Model {
  const char* name;
  const char* model;
  const char* product;
  const char* version;
  const char* build;
};
Model model_of(Platform platform) {
  switch (platform) {
    case Platform::ios:
      return {"iPhone", "MLPG3", "iPhone14,5", "18.1", "22B83"};
    case Platform::ipados:
      return {"iPad", "MPQ03", "iPad13,18", "18.1", "22B83"};
    case Platform::macos:
      return {"MacBook Air", "Mac14,2", "Mac14,2", "15.1", "24B83"};
    case Platform::other:
      break;
  }
  return {"Apple TV", "MN873", "AppleTV14,1", "18.1", "22J580"};
}

plist_t error_chain() {
  auto* item = plist_new_dict();
  plist_dict_set_item(item, "ErrorCode", plist_new_uint(12021));
  plist_dict_set_item(item, "ErrorDomain", plist_new_string("MCMDMErrorDomain"));
  plist_dict_set_item(item, "LocalizedDescription",
                      plist_new_string("„InviteToProgram“ ist kein gültiger Befehl."));
  plist_dict_set_item(item, "USEnglishDescription",
                      plist_new_string("“InviteToProgram” is not a valid request type."));
  auto* chain = plist_new_array();
  plist_array_append_item(chain, item);
  return chain;
}

// Every "&" begins one of XML's own entities or a character's number.
bool entities_whole(std::string_view xml) {
  for (auto at = xml.find('&'); at != std::string_view::npos; at = xml.find('&', at + 1)) {
    const auto rest = xml.substr(at + 1, 8);
    const bool known = rest.starts_with("amp;") || rest.starts_with("lt;") ||
                       rest.starts_with("gt;") || rest.starts_with("quot;") ||
                       rest.starts_with("apos;") ||
                       (rest.starts_with('#') && rest.find(';') != std::string_view::npos);
    if (!known) {
      return false;
    }
  }
  return true;
}

// The text of a member; empty where it is none.
std::string text_of(plist_t dictionary, const char* key) {
  auto* node = plist_dict_get_item(dictionary, key);
  if (node == nullptr || plist_get_node_type(node) != PLIST_STRING) {
    return {};
  }
  std::uint64_t size = 0;
  const auto* text = plist_get_string_ptr(node, &size);
  return text == nullptr ? std::string() : std::string(text, size);
}

bool is_dictionary(plist_t node) {
  return node != nullptr && plist_get_node_type(node) == PLIST_DICT;
}

struct FreePlist {
  void operator()(void* node) const { plist_free(node); }
};

}  // namespace

std::string authenticate_plist(const RosterDevice& device, const Speaker& speaker, bool binary) {
  const auto model = model_of(device.platform);
  Dictionary words;
  words.text("MessageType", "Authenticate").text("Topic", device.topic).speaker(speaker);
  words.text("DeviceName", device.name).text("Model", model.model);
  words.text("ModelName", model.name).text("ProductName", model.product);
  words.text("OSVersion", model.version).text("BuildVersion", model.build);
  // Account-driven enrolment hides the serial number.
  if (!speaker.enrollment_id && !device.serial.empty()) {
    words.text("SerialNumber", device.serial);
  }
  return words.written(binary);
}

std::string token_update_plist(const Speaker& speaker, const PushAddress& address, bool binary) {
  Dictionary words;
  words.text("MessageType", "TokenUpdate").text("Topic", address.topic).speaker(speaker);
  words.data("Token", address.token).text("PushMagic", address.magic);
  if (speaker.user_id.empty()) {
    words.flag("AwaitingConfiguration", false);
  } else {
    words.flag("NotOnConsole", false);
  }
  return words.written(binary);
}

std::string check_out_plist(const RosterDevice& device, const Speaker& speaker, bool binary) {
  Dictionary words;
  words.text("MessageType", "CheckOut").text("Topic", device.topic).speaker(speaker);
  return words.written(binary);
}

std::string report_plist(const Speaker& speaker, const DeviceReport& report, bool binary) {
  Dictionary words;
  words.speaker(speaker).text("Status", report.status);
  if (!report.command_uuid.empty()) {
    words.text("CommandUUID", report.command_uuid);
  }
  if (!report.invitation_result.empty()) {
    words.text("InvitationResult", report.invitation_result);
  }
  if (report.error_chain) {
    words.node("ErrorChain", error_chain());
  }
  return words.written(binary);
}

std::optional<DeviceCommand> read_device_command(std::string_view body) {
  const bool xml = body.starts_with("<") && entities_whole(body);
  if (!xml && !body.starts_with("bplist")) {
    return std::nullopt;
  }
  plist_t made = nullptr;
  plist_from_memory(body.data(), static_cast<std::uint32_t>(body.size()), &made);
  const std::unique_ptr<void, FreePlist> root(made);
  if (!is_dictionary(root.get())) {
    return std::nullopt;
  }
  auto* command = plist_dict_get_item(root.get(), "Command");
  if (!is_dictionary(command)) {
    return std::nullopt;
  }
  DeviceCommand read{text_of(root.get(), "CommandUUID"), text_of(command, "RequestType"),
                     text_of(command, "ProgramID"), text_of(command, "InvitationURL")};
  if (read.uuid.empty() || read.request_type.empty()) {
    return std::nullopt;
  }
  return read;
}

}  // namespace muster::loadgen
