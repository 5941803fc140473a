#include "tests/http/tls_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <array>
#include <utility>

namespace muster::http {

TlsSocket::TlsSocket(std::uint16_t port, const crypto::TlsClientSettings& settings)
    : socket_(RawSocket::to_port(port)) {
  auto context = crypto::TlsContext::client(settings);
  if (!context) {
    ADD_FAILURE() << context.error().line_of_text();
    std::abort();
  }
  context_ = std::move(*context);
  engine_ = std::make_unique<crypto::TlsEngine>(*context_, "localhost");
  static_cast<void>(engine_->feed({}));
  flush();
  while (!engine_->established() && error_ == ErrorCode::none && receive()) {
  }
}

void TlsSocket::flush() {
  const auto output = engine_->output();
  socket_.write(as_text(output));
  engine_->take(output.size());
}

bool TlsSocket::receive() {
  std::array<Byte, 16384> bytes{};
  const auto count = ::recv(socket_.fd(), bytes.data(), bytes.size(), 0);
  if (count <= 0) {
    return false;
  }
  const auto fed = engine_->feed(Bytes(bytes).first(static_cast<std::size_t>(count)));
  if (!fed) {
    error_ = fed.error().code;
  }
  flush();
  decrypt();
  return true;
}

void TlsSocket::decrypt() {
  std::array<Byte, 16384> text{};
  while (error_ == ErrorCode::none) {
    const auto count = engine_->decrypt(text);
    if (!count) {
      error_ = count.error().code;
    } else if (*count == 0) {
      return;
    } else {
      heard_ += as_text(Bytes(text).first(*count));
    }
  }
}

void TlsSocket::write(std::string_view text) {
  ASSERT_TRUE(engine_->encrypt(as_bytes(text)).has_value());
  flush();
}

std::string TlsSocket::read_until(std::string_view end) {
  while (error_ == ErrorCode::none && (end.empty() || heard_.find(end) == std::string::npos) &&
         receive()) {
  }
  return std::exchange(heard_, {});
}

}  // namespace muster::http
