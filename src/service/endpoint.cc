#include "service/endpoint.h"

#include <utility>

#include "service/devices_room.h"
#include "service/registering.h"

namespace muster::service {
namespace {

void refuse(http::Answer answer, std::uint16_t status, http::Fields fields = {}) {
  answer.send({.status = status, .fields = std::move(fields), .body = {}});
}

}  // namespace

Result<std::unique_ptr<Endpoint>, Complaint> Endpoint::open(const Settings& settings, Rooms rooms) {
  const bool nanomdm = settings.mdm.mode == "nanomdm";
  std::unique_ptr<Endpoint> endpoint(new Endpoint(std::move(rooms), nanomdm));
  http::ServerSettings wanted;
  wanted.listen = settings.server.listen;
  wanted.certificate_file = settings.server.certificate_file;
  wanted.key_file = settings.server.key_file;
  if (!wanted.certificate_file.empty()) {
    wanted.client_trust_file = settings.mdm.device_trust_file;
  }
  auto server = http::Server::open(
      wanted, [self = endpoint.get()](http::ServerRequest request, http::Answer answer) {
        self->route(std::move(request), std::move(answer));
      });
  if (!server) {
    return tl::unexpected(server.error());
  }
  endpoint->server_ = std::move(*server);
  return endpoint;
}

void Endpoint::route(http::ServerRequest request, http::Answer answer) {
  if (request.path == "/hooks/nanomdm" && rooms_.devices != nullptr && nanomdm_) {
    hear_nanomdm(request, std::move(answer));
  } else if (request.path.starts_with("/mdm/") && rooms_.devices != nullptr && !nanomdm_) {
    if (request.method != "PUT") {
      refuse(std::move(answer), 405, {{"Allow", "PUT"}});
      return;
    }
    rooms_.devices->take(std::move(request), std::move(answer));
  } else if (request.path == "/hooks/books" && rooms_.registering != nullptr) {
    hear_books(request, std::move(answer));
  } else if (rooms_.others) {
    rooms_.others(std::move(request), std::move(answer));
  } else if (request.path == "/healthz") {
    const bool get = request.method == "GET" || request.method == "HEAD";
    refuse(std::move(answer), get ? 200 : 405);
  } else {
    refuse(std::move(answer), 404);
  }
}

void Endpoint::hear_nanomdm(const http::ServerRequest& request, http::Answer answer) {
  if (request.method != "POST") {
    refuse(std::move(answer), 405, {{"Allow", "POST"}});
    return;
  }
  rooms_.devices->take_hook(request, std::move(answer));
}

void Endpoint::hear_books(const http::ServerRequest& request, http::Answer answer) {
  if (request.method != "POST") {
    refuse(std::move(answer), 405, {{"Allow", "POST"}});
    return;
  }
  const auto authorization = http::field(request.fields, "Authorization").value_or("");
  refuse(std::move(answer), rooms_.registering->deliver(authorization, request.body));
}

}  // namespace muster::service
