#include "loadgen/serving.h"

#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>
#include <utility>

#include "crypto/certificate.h"
#include "loadgen/stop_signals.h"

namespace muster::loadgen {
namespace {

Complaint about(const std::string& file, std::string found, std::string mend = {}) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  complaint.mend = std::move(mend);
  return complaint;
}

bool exists(const std::string& file) {
  return ::access(file.c_str(), F_OK) == 0;
}

// The files of --tls-dir; made where they are not.
Result<crypto::TlsServerSettings, Complaint> settings_of_folder(const std::string& dir,
                                                                const std::string& topic) {
  if (!exists(dir + "/server.pem")) {
    if (::mkdir(dir.c_str(), 0700) != 0 && errno != EEXIST) {
      return tl::unexpected(
          about(dir, "cannot make it: " + std::generic_category().message(errno)));
    }
    crypto::ThrowAwayAuthority wanted;
    wanted.dir = dir;
    wanted.topic =
        topic.empty() ? "com.apple.mgmt.External.00000000-0000-4000-8000-000000000000" : topic;
    if (auto made = crypto::make_authority(wanted); !made) {
      return tl::unexpected(made.error());
    }
  }
  crypto::TlsServerSettings settings;
  settings.certificate_file = dir + "/server.pem";
  settings.key_file = dir + "/server.key";
  settings.client_trust_file = dir + "/ca.pem";
  return settings;
}

}  // namespace

Result<void, Complaint> write_file(const std::string& file, const std::string& text) {
  const auto draft = file + ".new";
  std::ofstream stream(draft, std::ios::binary | std::ios::trunc);
  stream << text << '\n';
  stream.close();
  if (stream.fail() || std::rename(draft.c_str(), file.c_str()) != 0) {
    return tl::unexpected(about(file, "cannot write: " + std::generic_category().message(errno)));
  }
  return {};
}

Result<crypto::TlsServerSettings, Complaint> credentials_of(const ServingWishes& wishes,
                                                            const std::string& topic) {
  if (!wishes.tls_dir.empty()) {
    return settings_of_folder(wishes.tls_dir, topic);
  }
  crypto::TlsServerSettings settings;
  settings.certificate_file = wishes.certificate_file;
  settings.key_file = wishes.key_file;
  return settings;
}

Result<void, Complaint> serve(const ServingWishes& wishes, const Clock& clock,
                              const Served& served) {
  const StopSignals signals;
  ServerSettings settings;
  settings.listen = wishes.listen;
  settings.clock = &clock;
  settings.idle_max = std::chrono::seconds(wishes.idle_s);
  settings.stop_fd = signals.fd();
  auto server = Server::open(settings, served.host);
  if (!server) {
    return tl::unexpected(server.error());
  }
  std::fprintf(stderr, "muster-loadgen: %s listens on port %u\n", served.name, (*server)->port());
  if (!wishes.port_file.empty()) {
    if (auto written = write_file(wishes.port_file, std::to_string((*server)->port())); !written) {
      return written;
    }
  }
  auto ran = (*server)->run();
  signals.drain();
  const auto json = served.stats();
  std::printf("%s\n", json.c_str());
  std::fflush(stdout);
  if (ran && !wishes.stats_file.empty()) {
    return write_file(wishes.stats_file, json);
  }
  return ran;
}

}  // namespace muster::loadgen
