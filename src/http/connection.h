// One client's connection: a request is read, answered, and only then is the next one read.
//
//   stage      what is awaited              ends with                          patience
//   greeting   the TLS handshake            idle; closed where it fails        request
//   idle       a request's first byte       reading; closed                    idle
//   reading    its last byte                answering; writing an error reply  request, else 408
//   answering  the handler's reply          writing                            none: the handler's
//   writing    the kernel's room            idle; lingering behind the last    request, for 64 KiB
//   streaming  pieces; the kernel's room    idle, lingering; closed if cut     request, for a byte
//   lingering  the client's end             closed                             two seconds
//
// The socket is read in idle and reading (and greeting, lingering) alone, so a client that sends
// more than we answer waits in the kernel. Behind an error reply nothing of what the client sends
// is understood: we end our side and read on for a while, since a socket closed over unread bytes
// resets, and the reset would overtake the reply.
//
// In streaming (connection_streaming.cc) patience runs only while bytes wait for the kernel. The
// socket is read up to a bound, because only so does one see that a silent client has gone.
//
// Belongs to the server's thread; the hall holds it until it has ended, each wait of its own holds
// it as well.
#pragma once

#include <boost/asio/steady_timer.hpp>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "http/flow.h"
#include "http/hall.h"
#include "http/reply_text.h"
#include "http/request_reader.h"
#include "http/stream.h"

namespace muster::http {

class Connection final : public std::enable_shared_from_this<Connection> {
 public:
  Connection(Hall& hall, std::uint64_t id, Accepted accepted);
  void start();
  // The handler's, to the request that was handed over last.
  void answer(Reply reply, Written written);
  // In place of answer().
  void stream(Reply head, std::shared_ptr<Flow> flow);
  // Something has happened to the stream, or may have.
  void look_at_flow();
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
    streaming,
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
  [[nodiscard]] ReplyManner manner() const;
  void write();
  void await_room();
  void reply_written();
  void rest();
  void linger();
  void lingering();
  void lost();
  // ── of a stream ──
  void say_portion(Flow::Portion portion);
  void portion_written();
  void overhear();
  void mind_stall();
  void stalled();
  void give_patience();
  void cut();
  void end_flow(bool whole);

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
  std::shared_ptr<Flow> flow_;           // null: no stream
  std::vector<Flow::Written> promised_;  // whom to tell of the portion under way
  std::size_t portion_bytes_ = 0;        // of it
  bool portion_last_ = false;            // nothing comes behind it
  bool minding_stall_ = false;           // the timer runs for the client to take something
  std::int64_t taken_at_timer_ = 0;      // by the client, when the timer was set for that
  std::uint64_t written_at_timer_ = 0;   // bytes, when the timer was set
  std::vector<Byte> certificate_;
  const std::optional<std::uint32_t> peer_uid_;
};

}  // namespace muster::http
