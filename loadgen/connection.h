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

// How a client is received.
struct Welcome {
  const crypto::TlsContext* tls = nullptr;        // from the first byte; nullptr: begins in clear
  const crypto::TlsContext* tls_later = nullptr;  // once the conversation wants it
  // Makes the conversation; `subject` is the client certificate's, or empty.
  std::function<std::unique_ptr<Conversation>(const std::string& subject)> begin;
  int alert = -1;  // not negative: answer the first bytes with this fatal TLS alert, then end
};

class Connection {
 public:
  Connection(int fd, Welcome welcome);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

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
  [[nodiscard]] bool established() const { return conversation_ != nullptr && !securing_; }
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
  [[nodiscard]] bool flush_out(const TransportWish& wished, Instant now);
  void send_alert(int code);
  void end_in_good_order(Instant now);

  int fd_;
  Welcome welcome_;
  std::unique_ptr<crypto::TlsEngine> tls_;
  std::unique_ptr<Conversation> conversation_;
  bool securing_ = false;  // between the conversation's wish for TLS and TLS
  bool over_ = false;
  Instant lingers_until_ = Instant::never();  // set: the end is said, the client's is awaited
  bool blocked_ = false;                      // the socket is full
  std::vector<Byte> plain_;                   // from the conversation, to be encrypted
  std::vector<Byte> sealed_;                  // from the engine, empty between calls
  std::vector<Byte> out_;
  std::size_t out_at_ = 0;
  Instant trickle_at_{};
};

}  // namespace muster::loadgen
