#include "http/server.h"

#include <exception>
#include <thread>
#include <utility>

#include "base/thread.h"
#include "crypto/tls.h"
#include "http/hall.h"
#include "http/listener.h"

namespace muster::http {
namespace {

Result<std::shared_ptr<const crypto::TlsContext>, Complaint> tls_of(
    const ServerSettings& settings) {
  if (!settings.certificate_file.empty()) {
    crypto::TlsServerSettings wanted;
    wanted.certificate_file = settings.certificate_file;
    wanted.key_file = settings.key_file;
    wanted.client_trust_file = settings.client_trust_file;
    wanted.alpn.clear();  // HTTP/1.1 is what is spoken where nothing is agreed upon
    wanted.mostly_idle = true;
    return crypto::TlsContext::server(wanted);
  }
  if (!settings.key_file.empty() || !settings.client_trust_file.empty()) {
    Complaint complaint;
    complaint.file = settings.key_file.empty() ? settings.client_trust_file : settings.key_file;
    complaint.found = "a server in clear has no use for this file";
    complaint.mend = "name the server's certificate as well";
    return tl::unexpected(std::move(complaint));
  }
  return nullptr;
}

}  // namespace

struct Server::Implementation {
  Implementation(const ServerSettings& settings, Handler handler, Listener listener,
                 std::shared_ptr<const crypto::TlsContext> tls)
      : hall(settings, std::move(handler), std::move(listener), std::move(tls)),
        thread(start_thread("http", [this] { hall.run(); })) {}
  Hall hall;
  std::thread thread;
};

Server::Server(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}

Result<std::unique_ptr<Server>, Complaint> Server::open(const ServerSettings& settings,
                                                        Handler handler) {
  auto tls = tls_of(settings);
  if (!tls) {
    return tl::unexpected(tls.error());
  }
  auto listener = Listener::open(settings.listen);
  if (!listener) {
    return tl::unexpected(listener.error());
  }
  try {
    return std::unique_ptr<Server>(new Server(std::make_unique<Implementation>(
        settings, std::move(handler), std::move(*listener), std::move(*tls))));
  } catch (const std::exception& exception) {  // no descriptor, or no thread, for the loop
    Complaint complaint;
    complaint.found = "cannot serve on '" + settings.listen + "': " + exception.what();
    complaint.mend = "raise the limit of open files, or end what holds them";
    return tl::unexpected(std::move(complaint));
  }
}

Server::~Server() {
  implementation_->hall.close();
  implementation_->thread.join();
}

Result<void, Complaint> Server::reload() {
  auto tls = tls_of(implementation_->hall.settings);
  if (!tls) {
    return tl::unexpected(tls.error());
  }
  implementation_->hall.renew(std::move(*tls));
  return {};
}

std::uint16_t Server::port() const {
  return implementation_->hall.port();
}

std::uint32_t Server::connections() const {
  return implementation_->hall.connections_open.load(std::memory_order_relaxed);
}

}  // namespace muster::http
