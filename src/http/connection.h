// One client's connection: a request is read, answered, and only then is the next one read.
//
//   stage      what is awaited              ends with                          patience
//   greeting   the TLS handshake            idle; closed where it fails        request
//   idle       a request's first byte       reading; closed                    idle
//   reading    its last byte                answering; writing an error reply  request, else 408
//   answering  the handler's reply          writing                            none: the handler's
//   writing    the kernel's room            idle; lingering behind the last    request, for 64 KiB
//   lingering  the client's end             closed                             two seconds
//
// The socket is read in idle and reading (and greeting, lingering) alone, so a client that sends
// more than we answer waits in the kernel. Behind an error reply nothing of what the client sends
// is understood: we end our side and read on for a while, since a socket closed over unread bytes
// resets, and the reset would overtake the reply.
//
// Belongs to the server's thread; the hall holds it until it has ended, each wait of its own holds
// it as well.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "http/hall.h"
#include "http/request_reader.h"
#include "http/stream.h"

namespace muster::http {

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Hall& hall, std::uint64_t id, Accepted accepted);
  void start();
  // The handler's, to the request that was handed over last.
  void answer(Reply reply, Written written);
  // The server ends: what was handed over is still answered, everything else closed.
  void retire();
  void close();

 private:
  enum class Stage : std::uint8_t {
    greeting,
    idle,
    reading,
    answering,
    writing,
    lingering,
    gone,
  };

  void enter(Stage stage, Duration patience);
  void set_timer(Duration patience);
  void expired();
  void await_bytes();
  void bytes_came();
  void greet();
  void read_on();
  void hand_over();
  void refuse(std::uint16_t status);
  void reply(Reply reply);
  void write();
  void await_room();
  void reply_written();
  void rest();
  void linger();
  void lingering();
  void lost();

  Hall& hall_;
  const std::uint64_t id_;
  const std::string peer_;
  Stream stream_;
  RequestReader reader_;
  boost::asio::steady_timer timer_;
  Stage stage_ = Stage::idle;
  bool awaiting_bytes_ = false;
  bool awaiting_room_ = false;
  bool peer_ended_ = false;  // it says no more
  bool last_ = false;        // the reply under way is the last
  Written written_;
  std::uint64_t written_at_timer_ = 0;  // bytes, when the timer was set
  std::vector<Byte> certificate_;
};

}  // namespace muster::http
