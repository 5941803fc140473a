// Two engines wired to each other in memory, and a folder with a throw-away authority.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "crypto/certificate.h"
#include "crypto/tls.h"

namespace muster::crypto {

// A folder of its own, gone with the test.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "muster-XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

// What both sides are given; a test changes what it is about.
struct PairSettings {
  TlsClientSettings client;
  TlsServerSettings server;
  std::string host = "localhost";

  // Mutual TLS with certificates of the authority in `folder`.
  static PairSettings mutual(const Folder& folder);
};

class Pair {
 public:
  explicit Pair(const PairSettings& settings);

  // Carries bytes both ways, at most `piece` at once, until both are silent or one has failed.
  void talk(std::size_t piece = 1 << 20);
  // Everything that can be decrypted now; a failure is kept in client_error or server_error.
  std::string client_reads();
  std::string server_reads();

  std::unique_ptr<TlsContext> client_context;
  std::unique_ptr<TlsContext> server_context;
  std::unique_ptr<TlsEngine> client;
  std::unique_ptr<TlsEngine> server;
  ErrorCode client_error = ErrorCode::none;
  ErrorCode server_error = ErrorCode::none;
};

// Writes an authority; fails the test where it cannot.
void make(const ThrowAwayAuthority& wanted);

}  // namespace muster::crypto
