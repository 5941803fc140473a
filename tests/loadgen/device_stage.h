// A school of a few devices for tests, and what they say, read back by libplist.
#pragma once

#include <plist/plist.h>

#include <cstdlib>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "loadgen/device.h"

namespace muster::loadgen {

using Words = std::map<std::string, std::string>;

// The members of a property list: texts as they are, data in hexadecimal digits, booleans by name,
// of arrays the first dictionary's members as "Key.Member".
inline Words words_of_plist(const std::string& bytes) {
  plist_t root = nullptr;
  plist_from_memory(bytes.data(), static_cast<std::uint32_t>(bytes.size()), &root);
  Words words;
  const auto add = [&words](const std::string& prefix, plist_t dictionary,
                            const auto& self) -> void {
    plist_dict_iter at = nullptr;
    plist_dict_new_iter(dictionary, &at);
    for (;;) {
      char* key = nullptr;
      plist_t value = nullptr;
      plist_dict_next_item(dictionary, at, &key, &value);
      if (key == nullptr) {
        break;
      }
      const auto name = prefix + key;
      std::free(key);
      std::uint64_t size = 0;
      if (plist_get_node_type(value) == PLIST_STRING) {
        const char* text = plist_get_string_ptr(value, &size);
        words[name] = std::string(text, size);
      } else if (plist_get_node_type(value) == PLIST_DATA) {
        const char* data = plist_get_data_ptr(value, &size);
        words[name] = to_hex(as_bytes({data, size}));
      } else if (plist_get_node_type(value) == PLIST_BOOLEAN) {
        words[name] = plist_bool_val_is_true(value) != 0 ? "true" : "false";
      } else if (plist_get_node_type(value) == PLIST_ARRAY) {
        self(name + ".", plist_array_get_item(value, 0), self);
      } else {
        words[name] = "other";
      }
    }
    std::free(at);
  };
  if (root != nullptr && plist_get_node_type(root) == PLIST_DICT) {
    add("", root, add);
  }
  plist_free(root);
  return words;
}

inline PushToken token_of(Byte fill) {
  PushToken token;
  token.fill(fill);
  return token;
}

// d-phone of Mia, d-mac of Tom, d-shared of Mia, d-byod of Tom (account-driven), d-tv of Tom, and
// d-spare of nobody.
inline FleetRoster small_school() {
  FleetRoster roster;
  roster.users = {{"mia", "Mia Ombra", "mia@account.example"}, {"tom", "Tom Kvis", ""}};
  const auto add = [&roster](const std::string& id, RosterDevice::Platform platform,
                             RosterDevice::Enrollment enrollment, std::uint32_t user) {
    RosterDevice device;
    device.id = id;
    device.name = "Device " + id;
    device.serial = "SERIAL-" + id;
    device.topic = "com.apple.mgmt.External.x";
    device.platform = platform;
    device.enrollment = enrollment;
    device.user = user;
    const auto fill = static_cast<Byte>(roster.devices.size() + 1);
    device.token = token_of(fill);
    device.magic = "MAGIC-" + id;
    if (platform == RosterDevice::Platform::macos) {
      device.user_token = token_of(static_cast<Byte>(fill + 100));
      device.user_magic = "USER-MAGIC-" + id;
    }
    roster.devices.push_back(device);
  };
  using Platform = RosterDevice::Platform;
  using Enrollment = RosterDevice::Enrollment;
  add("d-phone", Platform::ios, Enrollment::device, 0);
  add("d-mac", Platform::macos, Enrollment::device, 1);
  add("d-shared", Platform::ipados, Enrollment::shared, 0);
  add("d-byod", Platform::ios, Enrollment::user, 1);
  add("d-tv", Platform::other, Enrollment::device, 1);
  add("d-spare", Platform::ios, Enrollment::device, nobody);
  return roster;
}
inline constexpr std::uint32_t phone = 0;
inline constexpr std::uint32_t mac = 1;
inline constexpr std::uint32_t shared_pad = 2;
inline constexpr std::uint32_t byod = 3;
inline constexpr std::uint32_t apple_tv = 4;
inline constexpr std::uint32_t spare = 5;

inline std::string invite_command(const std::string& uuid, const std::string& url,
                                  const std::string& program = "com.apple.cloudvpp",
                                  const std::string& type = "InviteToProgram") {
  std::string escaped;
  for (const char c : url) {
    escaped += c == '&' ? "&amp;" : std::string(1, c);
  }
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
         "<key>CommandUUID</key><string>" +
         uuid + "</string><key>Command</key><dict><key>RequestType</key><string>" + type +
         "</string><key>ProgramID</key><string>" + program +
         "</string><key>InvitationURL</key><string>" + escaped + "</string></dict></dict></plist>";
}
inline const std::string good_url = "http://127.0.0.1:1/accept?inviteCode=c0de&mt=8";

// One device on a stage: what it asks for comes out in words, and is answered by hand.
class Actor {
 public:
  explicit Actor(std::uint32_t number, const DevicePlan& plan = {})
      : roster_(small_school()), device_(number, roster_, plan) {}

  // The next request's words, with "path" and, where its answer is to be lost, "loses"; empty:
  // nothing is to be said now.
  Words asks() {
    const auto request = device_.take_request(now, deeds);
    if (!request) {
      return {};
    }
    last_body = request->body;
    auto words = words_of_plist(request->body);
    words["path"] = request->check_in ? "checkin" : "command";
    if (request->loses_answer) {
      words["loses"] = "true";
    }
    return words;
  }
  void hears(const std::string& body = {}, std::uint16_t status = 200) {
    device_.answered({true, status, body}, now, deeds);
  }
  void hears_nothing() { device_.answered({}, now, deeds); }
  void wake(bool user_channel = false) { device_.woken(user_channel, true, now, deeds); }
  void wait(Duration time) { now = now + time; }

  // Enrols without incident and forgets the deeds of it.
  void enrol() {
    device_.enrol(now, deeds);
    while (!asks().empty()) {
      hears();
    }
    deeds = {};
  }
  // Wakes it and gives it this command; it stands before its report.
  void invite(const std::string& command, bool user_channel = false) {
    wake(user_channel);
    wait(device_.plan().delay);
    (void)asks();
    hears(command);
  }
  [[nodiscard]] std::vector<std::string> facts() const {
    std::vector<std::string> names;
    for (const auto& fact : deeds.facts) {
      auto name = std::string(name_of(fact.kind));
      name += fact.word.empty() ? "" : " " + std::string(fact.word);
      name += fact.result.empty() ? "" : " " + std::string(fact.result);
      names.push_back(name);
    }
    return names;
  }
  Device& device() { return device_; }

  Instant now{1'000'000'000};
  Deeds deeds;
  std::string last_body;

 private:
  FleetRoster roster_;
  Device device_;
};

}  // namespace muster::loadgen
