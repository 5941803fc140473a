// A client's socket under TLS in a test's own hand, with or without a certificate of its own.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "crypto/tls.h"
#include "tests/http/raw_socket.h"

namespace muster::http {

class TlsSocket {
 public:
  TlsSocket(std::uint16_t port, const crypto::TlsClientSettings& settings);

  // Whether the client believes that the handshake is complete. Under TLS 1.3 the server may still
  // refuse its certificate.
  [[nodiscard]] bool established() const { return engine_->established(); }
  void write(std::string_view text);
  // Until `end` has come, or the server's end; empty: until its end.
  [[nodiscard]] std::string read_until(std::string_view end);
  // What ended it: connection_closed by a close_notify; none: nothing has, or the socket alone.
  [[nodiscard]] ErrorCode error() const { return error_; }
  [[nodiscard]] RawSocket& socket() { return socket_; }

 private:
  void flush();
  [[nodiscard]] bool receive();
  void decrypt();

  RawSocket socket_;
  std::unique_ptr<crypto::TlsContext> context_;
  std::unique_ptr<crypto::TlsEngine> engine_;
  std::string heard_;
  ErrorCode error_ = ErrorCode::none;
};

}  // namespace muster::http
