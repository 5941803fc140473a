#include "http/connection.h"

#include <boost/asio/post.hpp>

#include "base/assert.h"
#include "base/log.h"
#include "http/reply_text.h"

namespace muster::http {
namespace {

using boost::asio::posix::stream_descriptor;

constexpr Duration linger_patience = std::chrono::seconds(2);
// Who takes less than this of a reply within the patience for a request is too slow.
constexpr std::uint64_t least_written = 64UL * 1024;

}  // namespace

Connection::Connection(Hall& hall, std::uint64_t id, Accepted accepted)
    : hall_(hall),
      id_(id),
      peer_(std::move(accepted.peer)),
      stream_(hall.context, accepted.fd, hall.tls()),
      reader_(hall.settings.header_bytes_max, hall.settings.body_bytes_max),
      timer_(hall.context),
      peer_uid_(accepted.uid) {}

void Connection::start() {
  if (!stream_.descriptor().is_open()) {
    lost();
    return;
  }
  if (stream_.established()) {
    enter(Stage::idle, hall_.settings.idle_patience);
  } else {
    enter(Stage::greeting, hall_.settings.request_patience);
  }
  await_bytes();
}

// ── time ──

void Connection::enter(Stage stage, Duration patience) {
  stage_ = stage;
  set_timer(patience);
}

void Connection::set_timer(Duration patience) {
  written_at_timer_ = stream_.bytes_written();
  timer_.expires_after(patience);
  timer_.async_wait([self = shared_from_this()](boost::system::error_code stopped) {
    // A timer that was set anew while this call was already under way has not expired.
    if (!stopped && self->timer_.expiry() <= boost::asio::steady_timer::clock_type::now()) {
      self->expired();
    }
  });
}

void Connection::expired() {
  switch (stage_) {
    case Stage::reading:
      refuse(408);
      return;
    case Stage::greeting:
    case Stage::idle:
    case Stage::writing:
    case Stage::lingering:
      close();
      return;
    case Stage::streaming:
      stalled();
      return;
    case Stage::answering:
    case Stage::gone:
      return;
  }
}

// ── reading ──

void Connection::await_bytes() {
  if (awaiting_bytes_) {
    return;
  }
  awaiting_bytes_ = true;
  stream_.descriptor().async_wait(stream_descriptor::wait_read,
                                  [self = shared_from_this()](boost::system::error_code stopped) {
                                    self->awaiting_bytes_ = false;
                                    if (!stopped && self->stage_ != Stage::gone) {
                                      self->bytes_came();
                                    }
                                  });
}

void Connection::bytes_came() {
  switch (stage_) {
    case Stage::lingering:
      lingering();
      return;
    case Stage::streaming:
      overhear();
      return;
    case Stage::answering:
    case Stage::writing:
    case Stage::gone:
      return;  // a 408 went out meanwhile: read again when it has been written
    case Stage::greeting:
    case Stage::idle:
    case Stage::reading:
      break;
  }
  switch (stream_.read(hall_.room, reader_.input())) {
    case Stream::Step::blocked:
      await_bytes();
      return;
    case Stream::Step::failed:
      lost();
      return;
    case Stream::Step::ended:
      peer_ended_ = true;
      break;
    case Stream::Step::done:
      break;
  }
  write();  // what TLS itself has to say
  if (stage_ == Stage::greeting) {
    greet();
  }
  if (stage_ == Stage::idle || stage_ == Stage::reading) {
    read_on();
  }
}

void Connection::greet() {
  if (stream_.established()) {
    certificate_ = stream_.certificate();
    enter(Stage::idle, hall_.settings.idle_patience);
  } else if (peer_ended_) {
    close();
  } else {
    await_bytes();
  }
}

void Connection::read_on() {
  auto state = reader_.advance();
  if (state == RequestReader::State::expects) {
    stream_.say("HTTP/1.1 100 Continue\r\n\r\n", {});
    write();
    state = RequestReader::State::more;
  }
  if (stage_ == Stage::gone) {
    return;
  }
  switch (state) {
    case RequestReader::State::more:
      if (stage_ == Stage::idle) {
        enter(Stage::reading, hall_.settings.request_patience);
      }
      [[fallthrough]];
    case RequestReader::State::empty:
      if (peer_ended_) {
        close();
      } else {
        await_bytes();
      }
      return;
    case RequestReader::State::whole:
      hand_over();
      return;
    case RequestReader::State::refused:
      refuse(reader_.refusal());
      return;
    case RequestReader::State::expects:
      return;
  }
}

// ── answering ──

void Connection::hand_over() {
  stage_ = Stage::answering;
  timer_.cancel();
  last_ = !reader_.keeps_connection();
  auto request = reader_.take();
  request.peer = peer_;
  request.encrypted = stream_.encrypted();
  request.certificate = certificate_;
  request.peer_uid = peer_uid_;
  hall_.call_handler(id_, std::move(request));
}

void Connection::refuse(std::uint16_t status) {
  log::info("http", "refused", {{"peer", peer_}, {"status", status}});
  last_ = true;
  reply(problem(status));
}

void Connection::answer(Reply reply, Written written) {
  MUSTER_ASSERT(stage_ == Stage::answering);
  written_ = std::move(written);
  if (reply.status == no_reply) {
    close();
    return;
  }
  last_ = last_ || hall_.closing();
  if (!is_sendable(reply)) {
    log::error("http", "a reply cannot be written", {{"status", reply.status}});
    reply = problem(500);
  }
  this->reply(std::move(reply));
}

void Connection::reply(Reply reply) {
  enter(Stage::writing, hall_.settings.request_patience);
  const auto head = head_of(reply, manner(), hall_.clock.wall());
  if (reader_.is_head() || !has_body(reply.status)) {
    reply.body.clear();
  }
  stream_.say(head, std::move(reply.body));
  write();
}

ReplyManner Connection::manner() const {
  return {reader_.is_head(), last_, reader_.version() == Version::http_1_0, false};
}

// ── writing ──

void Connection::write() {
  if (awaiting_room_) {
    return;
  }
  switch (stream_.write()) {
    case Stream::Step::done:
      if (stage_ == Stage::writing) {
        reply_written();
      } else if (stage_ == Stage::streaming) {
        portion_written();
      }
      return;
    case Stream::Step::blocked:
      await_room();
      return;
    case Stream::Step::ended:
    case Stream::Step::failed:
      close();
      return;
  }
}

void Connection::await_room() {
  if (stage_ == Stage::writing && stream_.bytes_written() - written_at_timer_ >= least_written) {
    set_timer(hall_.settings.request_patience);
  }
  if (stage_ == Stage::streaming) {
    mind_stall();
  }
  awaiting_room_ = true;
  stream_.descriptor().async_wait(stream_descriptor::wait_write,
                                  [self = shared_from_this()](boost::system::error_code stopped) {
                                    self->awaiting_room_ = false;
                                    if (!stopped && self->stage_ != Stage::gone) {
                                      self->write();
                                    }
                                  });
}

void Connection::reply_written() {
  Hall::tell(std::exchange(written_, nullptr));
  if (last_) {
    linger();
  } else {
    rest();
  }
}

// The next request may have come already; others have their turn before it.
void Connection::rest() {
  enter(Stage::idle, hall_.settings.idle_patience);
  if (!reader_.has_input() && !peer_ended_) {
    await_bytes();
    return;
  }
  boost::asio::post(hall_.context, [self = shared_from_this()] {
    if (self->stage_ == Stage::idle) {
      self->read_on();
    }
  });
}

// ── ending ──

void Connection::linger() {
  if (peer_ended_) {
    close();
    return;
  }
  enter(Stage::lingering, linger_patience);
  stream_.finish();
  if (hall_.closing()) {
    lingering();
  } else {
    await_bytes();
  }
}

void Connection::lingering() {
  std::string unheard;
  const auto step = stream_.read(hall_.room, unheard);
  // At the hall's end nobody is waited for, once nothing lies there unread that could make a reset
  // of our last words.
  const bool quiet = step == Stream::Step::blocked && hall_.closing();
  if (step == Stream::Step::ended || step == Stream::Step::failed || quiet) {
    close();
  } else {
    await_bytes();
  }
}

void Connection::retire() {
  const bool finished = stage_ == Stage::streaming && flow_->is_finished();
  if (stage_ == Stage::answering || stage_ == Stage::writing || finished) {
    last_ = true;
  } else if (stage_ == Stage::streaming) {
    cut();
  } else {
    close();
  }
}

void Connection::lost() {
  log::info("http", "lost", {{"peer", peer_}, {"why", words(stream_.error())}});
  if (stream_.descriptor().is_open()) {
    static_cast<void>(stream_.write());  // TLS says why it ends
  }
  close();
}

void Connection::close() {
  if (stage_ == Stage::gone) {
    return;
  }
  stage_ = Stage::gone;
  timer_.cancel();
  stream_.close();
  hall_.ended(id_);
  Hall::tell(std::exchange(written_, nullptr));
  end_flow(false);
}

}  // namespace muster::http
