#include "cli/remote_link.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <utility>

namespace muster::cli {
namespace {

constexpr std::size_t answer_bytes_max = 64UL * 1024 * 1024;

FailureKind kind_of(std::string_view word, std::uint16_t status) {
  if (word == "usage" || word == "cannot_start" || word == "refused" || word == "unfinished") {
    return word == "usage"          ? FailureKind::usage
           : word == "cannot_start" ? FailureKind::cannot_start
           : word == "refused"      ? FailureKind::refused
                                    : FailureKind::unfinished;
  }
  if (status == 400 || status == 422) {
    return FailureKind::usage;
  }
  return status >= 500 ? FailureKind::cannot_start : FailureKind::refused;
}

// What the server said of a request that it did not do.
Failure problem_of(const http::Response& response, const std::string& server) {
  const auto tree = json::Tree::parse(response.body, answer_bytes_max);
  const auto detail = tree ? tree->root().at("detail").text() : std::nullopt;
  const auto kind = tree ? tree->root().at("kind").text() : std::nullopt;
  if (!detail && response.status == 401) {
    return {FailureKind::refused,
            server +
                " does not know us; give a token of its in MUSTER_TOKEN (`muster admin token "
                "create`)"};
  }
  if (!detail) {
    return {FailureKind::cannot_start,
            server + " answered " + std::to_string(response.status) + "; is it a muster server?"};
  }
  return {kind_of(kind.value_or(""), response.status), std::string(*detail)};
}

}  // namespace

Checked<std::unique_ptr<RemoteLink>> RemoteLink::open(const Where& where) {
  http::ClientSettings settings;
  settings.trust_file = where.trust_file;
  settings.parallel_max = 1;
  settings.body_bytes_max = answer_bytes_max;
  auto client = http::Client::open(settings);
  if (!client) {
    return Failure{FailureKind::cannot_start, client.error().line_of_text()};
  }
  return std::unique_ptr<RemoteLink>(new RemoteLink(where, std::move(*client)));
}

Checked<json::Tree> RemoteLink::get(const std::string& path) {
  return ask("GET", path, "");
}

Checked<json::Tree> RemoteLink::ask(const std::string& method, const std::string& path,
                                    const std::string& body, const std::string& content_type,
                                    const http::Fields& fields) {
  const auto response = exchange({method, path, body, content_type, fields});
  if (!response) {
    return failure_of(response.error());
  }
  if (response->status < 200 || response->status > 299) {
    return failure_of(*response);
  }
  return tree_of(*response);
}

Result<http::Response> RemoteLink::exchange(const Question& question) {
  http::Request request;
  request.method = question.method;
  request.url = where_.url + question.path;
  request.unix_socket = where_.unix_socket;
  request.fields = question.fields;
  request.fields.push_back({"Accept", "application/json"});
  if (question.method != "GET" && question.method != "DELETE") {
    request.fields.push_back({"Content-Type", question.content_type});
    request.body = question.body;
  }
  if (!where_.token.empty()) {
    request.fields.push_back({"Authorization", "Bearer " + where_.token});
  }
  request.patience = question.patience;
  const std::lock_guard guard(mutex_);
  return std::move(client_->exchange({&request, 1}).front());
}

Failure RemoteLink::failure_of(const http::Response& refused) const {
  return problem_of(refused, server());
}

Failure RemoteLink::failure_of(const Error& trouble) const {
  if (is_local()) {
    return {FailureKind::cannot_start,
            "the process that answered at " + server() + " does so no more: " + words(trouble) +
                "; see what became of it with `muster tasks`, and try again"};
  }
  return {FailureKind::cannot_start, "the server at " + server() + " cannot be asked: " +
                                         words(trouble) + "; does `muster serve` run there?"};
}

Checked<json::Tree> RemoteLink::tree_of(const http::Response& response) const {
  auto tree = json::Tree::parse(response.body.empty() ? "null" : response.body, answer_bytes_max);
  if (!tree) {
    return Failure{FailureKind::cannot_start,
                   server() + " answered something else than JSON; is it a muster server?"};
  }
  return std::move(*tree);
}

bool answers(const std::string& unix_socket) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (unix_socket.size() >= sizeof address.sun_path) {
    return false;
  }
  std::memcpy(address.sun_path, unix_socket.c_str(), unix_socket.size() + 1);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const bool connected =
      fd >= 0 && ::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  if (fd >= 0) {
    ::close(fd);
  }
  return connected;
}

}  // namespace muster::cli
