// A dispatcher in a directory of its own: a small school, credentials of a throw-away authority,
// and far ends that listen to nobody.
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "crypto/certificate.h"
#include "muster/dispatcher.h"

namespace muster {

inline constexpr const char* mdm_topic =
    "com.apple.mgmt.External.00000000-0000-4000-8000-000000000000";
inline constexpr const char* app_topic = "com.example.app";

class Folder {
 public:
  Folder() {
    std::string pattern = testing::TempDir() + "muster-service-XXXXXX";
    path_ = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// A port of our own on loopback. Closed: connecting is refused. Silent: connecting works, and not
// one byte ever comes.
class DeafPeer {
 public:
  enum class Kind : std::uint8_t { closed, silent };
  explicit DeafPeer(Kind kind) : fd_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    auto* plain = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(::bind(fd_, plain, size), 0);
    EXPECT_EQ(::getsockname(fd_, plain, &size), 0);
    EXPECT_TRUE(kind == Kind::closed || ::listen(fd_, 64) == 0);
    port_ = ntohs(address.sin_port);
  }
  ~DeafPeer() { ::close(fd_); }
  DeafPeer(const DeafPeer&) = delete;
  DeafPeer& operator=(const DeafPeer&) = delete;
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  int fd_;
  std::uint16_t port_ = 0;
};

// Four users in the group "all" (one of them in the group within it), a device each; the device of
// "quiet" cannot be pushed; "appy" has a device whose topic gets alerts.
class House : public testing::Test {
 protected:
  House() {
    const auto made = crypto::make_authority({folder / "tls", mdm_topic});
    EXPECT_TRUE(made.has_value());
    settings.data_dir = folder / "data";
    settings.apns.host = "127.0.0.1";
    settings.apns.trust_file = folder / "tls/ca.pem";
    settings.apns.credentials = {credential(mdm_topic)};
    settings.apns.port = 1;
    settings.mdm.wakes_per_second = 0;
    settings.reactor.shards = 1;
  }

  [[nodiscard]] ApnsCredential credential(const std::string& topic) const {
    return {topic, folder / "tls/client.pem", folder / "tls/client.key", "", ""};
  }
  void write(const std::string& name, const std::string& text) const {
    std::filesystem::create_directories(folder / "school");
    std::ofstream(folder / "school/" + name, std::ios::binary) << text;
  }
  void write_school() const {
    write("users.csv",
          "user_id,full_name,language\nann,Ann Lee,en\nbob,Bob Ray,de-CH\nquiet,Quiet One,\n"
          "appy,Appy Two,de\n");
    write("groups.csv", "group_id,name\nall,All of the school\nart,Art class\napps,App users\n");
    write("members.csv",
          "group_id,user_id,member_group_id\nall,ann,\nall,,art\nart,bob,\nart,quiet,\n"
          "apps,appy,\n");
    write("devices.csv", "device_id,name,user_id,topic,push_token,push_magic\n" +
                             device("d1", "ann", mdm_topic, "1") +
                             device("d2", "bob", mdm_topic, "2") +
                             device("d3", "appy", app_topic, "3") + "d4,Mute,quiet,,,\n");
  }
  static std::string device(const std::string& id, const std::string& user,
                            const std::string& topic, const std::string& digit) {
    std::string token;
    while (token.size() < 64) {
      token += digit;
    }
    return id + ",Device of " + user + "," + user + "," + topic + "," + token + ",magic-" + id +
           "\n";
  }

  [[nodiscard]] std::unique_ptr<Dispatcher> open(Access access = Access::send) const {
    auto opened = Dispatcher::open(settings, access);
    EXPECT_TRUE(opened) << opened.failure().line;
    return opened ? std::move(*opened) : nullptr;
  }
  [[nodiscard]] std::unique_ptr<Dispatcher> open_school() const {
    write_school();
    auto dispatcher = open();
    const auto report = dispatcher->import_roster({{folder / "school"}, "", false, ""}, nullptr);
    EXPECT_TRUE(report) << report.failure().line;
    return dispatcher;
  }
  static Selector group(const std::string& name) {
    Selector selector;
    selector.group = name;
    return selector;
  }
  static Selector user(const std::string& name, const std::string& device = "") {
    Selector selector;
    selector.user = name;
    selector.device = device;
    return selector;
  }

  Folder folder;
  Settings settings;
};

// The line of what must have been refused, and that it is of this kind.
template <class T>
std::string refusal(const Checked<T>& checked, FailureKind kind) {
  if (checked) {
    ADD_FAILURE() << "was not refused";
    return {};
  }
  EXPECT_EQ(checked.failure().kind, kind) << checked.failure().line;
  return checked.failure().line;
}

}  // namespace muster
