// A client's socket, in clear or under TLS, that never blocks: bytes in, a head and a body out.
//
// Asio says when the socket is ready; reading and writing are done here. Nothing is kept that is
// not on its way: what has come goes to the reader, ciphertext is made piece by piece as the kernel
// takes it, and its memory is given back with its last byte. Owned by its connection.
#pragma once

// Asio 1.74 forgets that it needs this.
#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "crypto/tls.h"

namespace muster::http {

// Room for one read of a socket, shared by all connections of a server.
struct ReadingRoom {
  std::vector<Byte> from_kernel = std::vector<Byte>(32UL * 1024);
  std::vector<Byte> decrypted = std::vector<Byte>(32UL * 1024);
};

class Stream {
 public:
  // Takes the socket over. `tls` null: in clear. An invalid socket is one that has failed.
  Stream(boost::asio::io_context& context, int fd, std::shared_ptr<const crypto::TlsContext> tls);

  enum class Step : std::uint8_t {
    done,
    blocked,  // wait until the socket is ready
    ended,    // the client says no more
    failed,   // see error(); what TLS has to say about it may still be written
  };
  // Appends to `into` what one read brought, or nothing: TLS has its own business too.
  [[nodiscard]] Step read(ReadingRoom& room, std::string& into);
  // What is to be written next; nothing but an interim response may be on its way yet.
  void say(std::string_view head, std::string body);
  // Done: the kernel has every byte that was said.
  [[nodiscard]] Step write();
  // No more will be said: an end that the client can see. What it still says may be read.
  void finish();
  void close();
  // Instead of an end: where the network can say so, the client hears that this was none.
  void reset();

  [[nodiscard]] bool encrypted() const { return tls_ != nullptr; }
  [[nodiscard]] bool established() const { return tls_ == nullptr || tls_->established(); }
  // DER of the client's certificate; empty: none.
  [[nodiscard]] std::vector<Byte> certificate() const;
  [[nodiscard]] std::uint64_t bytes_written() const { return bytes_written_; }
  // Of what the kernel has, how much it has got rid of: a slow network makes room in it, and us
  // ready to write, only once in a long while. On a Unix socket a measure, and no count of bytes.
  [[nodiscard]] std::int64_t bytes_taken();
  [[nodiscard]] Error error() const { return error_; }
  [[nodiscard]] boost::asio::posix::stream_descriptor& descriptor() { return descriptor_; }

 private:
  [[nodiscard]] Step decrypt(Bytes ciphertext, ReadingRoom& room, std::string& into);
  [[nodiscard]] Step write_clear();
  [[nodiscard]] Step write_encrypted();
  [[nodiscard]] bool encrypt_next();
  [[nodiscard]] std::size_t unsaid() const { return head_.size() + body_.size() - said_; }
  void said(std::size_t bytes);
  [[nodiscard]] Step fail(Error error);

  boost::asio::posix::stream_descriptor descriptor_;
  std::shared_ptr<const crypto::TlsContext> context_;  // the server's may be another by now
  std::unique_ptr<crypto::TlsEngine> tls_;
  std::string head_;
  std::string body_;
  std::size_t said_ = 0;  // bytes of head and body that the kernel, or TLS, has taken
  std::vector<Byte> ciphertext_;
  std::size_t ciphertext_at_ = 0;
  std::uint64_t bytes_written_ = 0;
  Error error_;
};

}  // namespace muster::http
