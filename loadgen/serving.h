// What the serving commands have in common: where to listen, with which certificate, until when,
// and the last word.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "base/result.h"
#include "base/time.h"
#include "crypto/tls.h"
#include "loadgen/server.h"

namespace muster::loadgen {

struct ServingWishes {
  std::string listen = "127.0.0.1:2197";
  std::string tls_dir;           // a throw-away authority, made where there is none
  std::string certificate_file;  // or: a certificate of one's own
  std::string key_file;
  std::uint32_t idle_s = 0;
  std::string port_file;
  std::string stats_file;
  [[nodiscard]] bool has_certificate() const {
    return !tls_dir.empty() || !certificate_file.empty();
  }
};

// The certificate that was wished; makes the folder's authority where there is none, with a client
// certificate for `topic`. With a folder, its authority is also the one of clients.
[[nodiscard]] Result<crypto::TlsServerSettings, Complaint> credentials_of(
    const ServingWishes& wishes, const std::string& topic);

// A line of text, whole or not at all: who waits for the file must not read half of it.
[[nodiscard]] Result<void, Complaint> write_file(const std::string& file, const std::string& text);

struct Served {
  const char* name;  // for the line that names the port
  Host& host;
  std::function<std::string()> stats;  // one line of JSON, asked at the end
};

// Runs until SIGTERM, SIGINT or idleness, then prints the counts. Takes the signals of the calling
// thread; to be called from the program's first thread.
[[nodiscard]] Result<void, Complaint> serve(const ServingWishes& wishes, const Clock& clock,
                                            const Served& served);

}  // namespace muster::loadgen
