#include "loadgen/school_world.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <filesystem>
#include <system_error>

#include "loadgen/school_faults.h"
#include "loadgen/serving.h"

namespace muster::loadgen {
namespace {

// Of the Managed Apple Accounts that roster.cc makes up.
constexpr const char* account_domain = "account.school.example";

Complaint about(const std::string& file, const std::string& found, int os_error = 0) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = found;
  if (os_error != 0) {
    complaint.found += ": " + std::generic_category().message(os_error);
    complaint.cause = error_of_errno(os_error);
  }
  return complaint;
}

Result<std::string, Complaint> make_dir(const std::string& wished) {
  if (wished.empty()) {
    std::error_code no_matter;
    auto pattern = (std::filesystem::temp_directory_path(no_matter) / "muster-school.XXXXXX");
    std::string dir = pattern.string();
    if (::mkdtemp(dir.data()) == nullptr) {
      return tl::unexpected(about(dir, "cannot make the folder", errno));
    }
    return dir;
  }
  std::error_code refused;
  std::filesystem::create_directories(wished, refused);
  if (!refused && !std::filesystem::is_empty(wished, refused) && !refused) {
    auto complaint = about(wished, "there is something in it already");
    complaint.mend = "name a folder that is empty, or not there yet";
    return tl::unexpected(std::move(complaint));
  }
  if (refused) {
    return tl::unexpected(about(wished, "cannot make the folder", refused.value()));
  }
  // Programs are told of files in it by names that hold wherever they are.
  return std::filesystem::absolute(wished, refused).string();
}

// One that nobody has now: the endpoint's, which its devices must know before it listens.
Result<std::uint16_t, Complaint> free_port() {
  const int probe = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  // NOLINTNEXTLINE(cppcoreguidelines-pro-type-reinterpret-cast): the sockets API
  auto* const any = reinterpret_cast<sockaddr*>(&address);
  const bool found =
      probe >= 0 && ::bind(probe, any, size) == 0 && ::getsockname(probe, any, &size) == 0;
  const int os_error = errno;
  if (probe >= 0) {
    ::close(probe);
  }
  if (!found) {
    return tl::unexpected(about("", "no free port on 127.0.0.1", os_error));
  }
  return ntohs(address.sin_port);
}

std::string this_program() {
  std::error_code unknown;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return unknown ? "muster-loadgen" : path.string();
}

}  // namespace

Result<SchoolWorld, Complaint> SchoolWorld::make(const SchoolRunWishes& wishes) {
  const auto port = free_port();
  if (!port) {
    return tl::unexpected(port.error());
  }
  auto dir = make_dir(wishes.dir);
  if (!dir) {
    return tl::unexpected(dir.error());
  }
  SchoolWorld world;
  world.wishes_ = wishes;
  if (world.wishes_.loadgen.empty()) {
    world.wishes_.loadgen = this_program();
  }
  world.dir_ = std::move(*dir);
  world.mdm_port_ = *port;
  return world;
}

Result<void, Complaint> SchoolWorld::write_faults() const {
  if (!wishes_.faults) {
    return {};
  }
  if (auto written = write_file(file("books.toml"), std::string(books_faults_text())); !written) {
    return written;
  }
  return write_file(file("devices.toml"), std::string(devices_behaviour_text()));
}

Result<void, Complaint> SchoolWorld::write_settings(const std::string& books_port,
                                                    const std::string& apns_port) const {
  const auto quoted = [this](const std::string& name) { return "\"" + file(name) + "\"\n"; };
  return write_file(file("muster.toml"),
                    "[data]\ndir = " + quoted("data") +
                        "[server]\nlisten = \"127.0.0.1:" + std::to_string(mdm_port_) +
                        "\"\n"
                        "[apns]\nhost = \"127.0.0.1\"\nport = " +
                        apns_port + "\ntrust_file = " + quoted("tls/ca.pem") +
                        "retry_after = [\"100ms\", \"300ms\", \"1s\"]\n"
                        "[[apns.credential]]\ntopic = \"" +
                        wishes_.roster.topic + "\"\ncertificate_file = " +
                        quoted("tls/client.pem") + "key_file = " + quoted("tls/client.key") +
                        "[books]\nurl = \"http://127.0.0.1:" + books_port +
                        "/mdm/v2\"\npoll_every = \"1s\"\n"
                        "[mdm]\nmode = \"builtin\"\nwakes_per_second = 0\nwake_again = \"4s\"\n"
                        "not_now_again = \"2s\"\ndevice_trust_file = " +
                        quoted("devices.pem"));
}

std::vector<std::string> SchoolWorld::books() const {
  std::vector<std::string> words{wishes_.loadgen, "books",
                                 "--listen",      "127.0.0.1:0",
                                 "--port-file",   file("books.port"),
                                 "--stats-file",  file("books.json"),
                                 "--token-file",  file("content.token"),
                                 "--journal",     file("books.journal"),
                                 "--domain",      account_domain,
                                 "--seed",        std::to_string(wishes_.roster.seed)};
  if (wishes_.faults) {
    words.insert(words.end(), {"--faults", file("books.toml")});
  }
  return words;
}

std::vector<std::string> SchoolWorld::devices() const {
  std::vector<std::string> words{wishes_.loadgen,
                                 "devices",
                                 "--roster",
                                 file("school"),
                                 "--mdm",
                                 "http://127.0.0.1:" + std::to_string(mdm_port_) + "/mdm",
                                 "--apns-listen",
                                 "127.0.0.1:0",
                                 "--tls-dir",
                                 file("tls"),
                                 "--topic",
                                 wishes_.roster.topic,
                                 "--require-client-certificate",
                                 "--port-file",
                                 file("devices.port"),
                                 "--stats-file",
                                 file("devices.json"),
                                 "--journal",
                                 file("apns.journal"),
                                 "--devices-journal",
                                 file("devices.journal"),
                                 "--enrolled-file",
                                 file("enrolled"),
                                 "--identity-authority",
                                 file("devices.pem"),
                                 "--accept-rate",
                                 std::to_string(wishes_.accept_rate),
                                 "--seed",
                                 std::to_string(wishes_.roster.seed)};
  if (wishes_.faults) {
    words.insert(words.end(), {"--behaviour", file("devices.toml")});
  }
  return words;
}

std::vector<std::string> SchoolWorld::muster(std::vector<std::string> words) const {
  words.insert(words.begin(), wishes_.muster);
  words.insert(words.end(), {"--config", file("muster.toml")});
  return words;
}

}  // namespace muster::loadgen
