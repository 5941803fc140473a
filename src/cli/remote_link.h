// The way to a running server: requests to its API, and what it says of what it refuses.
//
// By the socket in the data directory, where whoever may use it needs no token, or by an address
// with a token. One thread at a time asks; the others wait.
#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "http/client.h"
#include "json/value.h"
#include "muster/error.h"

namespace muster::cli {

class RemoteLink {
 public:
  struct Where {
    std::string url;  // "https://muster.school.example"; of a socket: only "http://localhost"
    std::string unix_socket;  // empty: by the network
    std::string token;        // of the API; empty: none
    std::string trust_file;   // extra certificate authority (PEM); empty: the system's
  };
  [[nodiscard]] static Checked<std::unique_ptr<RemoteLink>> open(const Where& where);

  // The server is on this machine, and reads the files that we name.
  [[nodiscard]] bool is_local() const { return !where_.unix_socket.empty(); }

  // `path` from "/api" on, encoded. The answer's JSON (of 204: an empty tree's nowhere), or the one
  // line of the problem.
  [[nodiscard]] Checked<json::Tree> get(const std::string& path);
  [[nodiscard]] Checked<json::Tree> ask(const std::string& method, const std::string& path,
                                        const std::string& body,
                                        const std::string& content_type = "application/json",
                                        const http::Fields& fields = {});

 private:
  RemoteLink(Where where, std::unique_ptr<http::Client> client)
      : where_(std::move(where)), client_(std::move(client)) {}

  const Where where_;
  std::mutex mutex_;  // guards what follows
  std::unique_ptr<http::Client> client_;
};

// Whether a process answers at this socket.
[[nodiscard]] bool answers(const std::string& unix_socket);

}  // namespace muster::cli
