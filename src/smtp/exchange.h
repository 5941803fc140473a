// What goes out and what is awaited: bytes to write, and the replies they will bring, in order.
//
// Commands are kept as text; letters are borrowed, and copied once, into the network's room. Every
// byte said has a position, so that it is known at any time whether a command, or the dot of a
// letter, was handed to the network in full. Owned by its session; one thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "smtp/fifo.h"

namespace muster::smtp {

enum class Command : std::uint8_t {
  greeting,  // not a command: what the server says first
  hello,     // EHLO or HELO
  starttls,
  login,  // AUTH and every answer to a challenge
  mail,
  rcpt,
  data,
  body,      // the letter and its dot, or BDAT … LAST with it
  lone_dot,  // ends a DATA that nobody wanted; its reply means nothing
  rset,
  quit,
};

class Exchange {
 public:
  // ── saying ──
  void say(std::string_view text);
  // Borrowed until it is written, or cut() is called.
  void send(Bytes bytes);
  // What was said so far brings one reply more.
  void expect(Command command);
  // Where everything said so far ends.
  [[nodiscard]] std::uint64_t end() const { return said_; }
  [[nodiscard]] bool written(std::uint64_t end) const { return end <= written_; }
  // Nothing is left to write.
  [[nodiscard]] bool drained() const { return said_ == written_; }
  // Copies what fits; returns how much.
  [[nodiscard]] std::size_t write(MutableBytes room);

  // ── awaiting ──
  [[nodiscard]] bool awaits() const { return !awaited_.empty(); }
  [[nodiscard]] Command next() const { return awaited_.front().command; }
  [[nodiscard]] Command last() const { return awaited_.back().command; }
  // Whether what brings the next reply was written in full.
  [[nodiscard]] bool next_written() const { return written(awaited_.front().end); }
  void take_next() { awaited_.pop(); }

  // Forgets everything that is not written and not answered: the connection is given up.
  void cut();

 private:
  struct Piece {
    const Byte* from = nullptr;  // null: of the text
    std::size_t size = 0;
  };
  struct Awaited {
    Command command = Command::greeting;
    std::uint64_t end = 0;
  };

  std::string text_;         // of the pieces without a place of their own
  std::size_t text_at_ = 0;  // so much of it is written
  Fifo<Piece> pieces_;
  std::uint64_t said_ = 0;
  std::uint64_t written_ = 0;
  Fifo<Awaited> awaited_;
};

}  // namespace muster::smtp
