// One accepted connection: its socket, its TLS, its conversation.
//
// Belongs to the server's thread. The server reads readiness from epoll and calls read() and
// write(); neither blocks. The conversation is made by the server once the transport is up.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "crypto/tls.h"
#include "loadgen/conversation.h"

namespace muster::loadgen {

class Connection {
 public:
  // Makes the conversation; `subject` is the client certificate's, or empty.
  using Begin = std::function<std::unique_ptr<Conversation>(const std::string& subject)>;

  Connection(int fd, const crypto::TlsContext* tls, Begin begin);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Answer the client's first bytes with this fatal TLS alert, then end.
  void alert(std::uint8_t code) { alert_ = code; }

  // Takes what the socket has (at most one buffer full); `scratch` is the server's.
  void read(MutableBytes scratch, MutableBytes plaintext, Instant now);
  // Sends what the conversation has and the socket takes.
  void write(Instant now);
  void expire(Instant now);
  [[nodiscard]] Instant deadline() const;

  [[nodiscard]] int fd() const { return fd_; }
  [[nodiscard]] bool over() const { return over_; }
  [[nodiscard]] bool wants_to_write() const;  // once the socket takes more
  [[nodiscard]] bool wants_to_read() const { return !wish().dead; }
  [[nodiscard]] bool established() const { return conversation_ != nullptr; }
  void lost(Instant now);

  Instant timer = Instant::never();  // the server's: when it will look again
  std::uint32_t interest = 0;        // the server's: epoll events asked for
  bool dirty = false;                // the server's: in this turn's list

 private:
  [[nodiscard]] TransportWish wish() const {
    return conversation_ == nullptr ? TransportWish{} : conversation_->wish();
  }
  void decrypt(Bytes ciphertext, MutableBytes plaintext, Instant now);
  void collect();
  void end_in_good_order();

  int fd_;
  std::unique_ptr<crypto::TlsEngine> tls_;
  Begin begin_;
  std::unique_ptr<Conversation> conversation_;
  int alert_ = -1;
  bool over_ = false;
  bool blocked_ = false;      // the socket is full
  std::vector<Byte> plain_;   // from the conversation, to be encrypted
  std::vector<Byte> sealed_;  // from the engine, empty between calls
  std::vector<Byte> out_;
  std::size_t out_at_ = 0;
  Instant trickle_at_{};
};

}  // namespace muster::loadgen
