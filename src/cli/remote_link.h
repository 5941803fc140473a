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

  // The same, for whoever goes on after a refusal or trouble: what was answered, whatever its
  // status, or why nothing was.
  struct Question {
    std::string method;
    std::string path;
    std::string body;
    std::string content_type = "application/json";
    http::Fields fields = {};
    Duration patience = std::chrono::minutes(30);  // an import of a million
  };
  [[nodiscard]] Result<http::Response> exchange(const Question& question);
  [[nodiscard]] Failure failure_of(const http::Response& refused) const;
  [[nodiscard]] Failure failure_of(const Error& trouble) const;
  // What was answered, as JSON.
  [[nodiscard]] Checked<json::Tree> tree_of(const http::Response& response) const;

 private:
  [[nodiscard]] const std::string& server() const {
    return where_.unix_socket.empty() ? where_.url : where_.unix_socket;
  }
  RemoteLink(Where where, std::unique_ptr<http::Client> client)
      : where_(std::move(where)), client_(std::move(client)) {}

  const Where where_;
  std::mutex mutex_;  // guards what follows
  std::unique_ptr<http::Client> client_;
};

// Whether a process answers at this socket.
[[nodiscard]] bool answers(const std::string& unix_socket);

}  // namespace muster::cli
