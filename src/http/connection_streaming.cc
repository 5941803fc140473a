// The part of a connection that sends a stream: portions out of its Flow, one at a time.
#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "http/connection.h"
#include "http/reply_text.h"

namespace muster::http {

// The head goes out at once, so that the client knows that it is heard.
void Connection::stream(Reply head, std::shared_ptr<Flow> flow) {
  MUSTER_ASSERT(stage_ == Stage::answering && head.body.empty());
  const bool sendable = is_sendable(head);
  if (!sendable || hall_.closing()) {
    flow->end();
    log::write(sendable ? log::Level::info : log::Level::error, "http", "a stream cannot begin",
               {{"status", head.status}});
    last_ = last_ || hall_.closing();
    reply(problem(sendable ? 503 : 500));
    return;
  }
  const bool bare = reader_.is_head() || !has_body(head.status);
  const bool until_end = reader_.version() == Version::http_1_0;
  last_ = last_ || (until_end && !bare);
  auto so = manner();
  so.stream = true;
  stream_.say(head_of(head, so, hall_.clock.wall()), {});
  if (bare) {
    flow->end();
    enter(Stage::writing, hall_.settings.request_patience);
    write();
    return;
  }
  flow_ = std::move(flow);
  stage_ = Stage::streaming;
  minding_stall_ = false;
  if (peer_ended_) {
    cut();
    return;
  }
  await_bytes();
  write();
}

// ── writing ──

void Connection::look_at_flow() {
  if (stage_ != Stage::streaming) {
    return;  // a rouse that came late, perhaps for the stream before
  }
  if (!flow_->look()) {
    cut();
    return;
  }
  if (awaiting_room_ || portion_last_) {
    return;  // looks again when the portion under way is written
  }
  auto portion = flow_->take();
  if (!portion.text.empty() || portion.last) {
    say_portion(std::move(portion));
    return;
  }
  minding_stall_ = false;
  timer_.cancel();
  for (const auto& each : portion.written) {  // of pieces without a byte
    Hall::tell(each, true);
  }
}

void Connection::say_portion(Flow::Portion portion) {
  promised_ = std::move(portion.written);
  portion_bytes_ = portion.text.size();
  portion_last_ = portion.last;
  std::string head;
  if (reader_.version() == Version::http_1_1) {
    if (!portion.text.empty()) {
      head = chunk_head(portion.text.size());
      portion.text += chunk_end;
    }
    if (portion.last) {
      portion.text += last_chunk;
    }
  }
  stream_.say(head, std::move(portion.text));
  write();
}

// The kernel has everything that was said. The next portion comes when others have had their turn:
// a quick client of a quick writer would keep the thread to itself.
void Connection::portion_written() {
  if (portion_last_) {
    end_flow(true);
    reply_written();
    return;
  }
  flow_->settle(std::exchange(portion_bytes_, 0));
  for (const auto& each : std::exchange(promised_, {})) {
    Hall::tell(each, true);
  }
  // Not by a post of our own: what a callback has put has roused us already, and two looks for each
  // portion would fill the loop with ever more of them.
  flow_->rouse();
}

// ── the client ──

// What it says meanwhile is kept for the time after, up to a bound; its end ends the stream.
void Connection::overhear() {
  switch (stream_.read(hall_.room, reader_.input())) {
    case Stream::Step::blocked:
      break;
    case Stream::Step::failed:
      lost();
      return;
    case Stream::Step::ended:
      cut();
      return;
    case Stream::Step::done:
      if (!awaiting_room_) {
        write();  // what TLS itself has to say
      }
      break;
  }
  if (stage_ == Stage::streaming && reader_.input().size() < hall_.settings.header_bytes_max) {
    await_bytes();
  }
}

void Connection::mind_stall() {
  if (!minding_stall_ || stream_.bytes_written() != written_at_timer_) {
    minding_stall_ = true;
    give_patience();
  }
}

void Connection::give_patience() {
  taken_at_timer_ = stream_.bytes_taken();
  set_timer(hall_.settings.request_patience);
}

void Connection::stalled() {
  if (!awaiting_room_) {
    minding_stall_ = false;  // it has taken all meanwhile
  } else if (stream_.bytes_taken() > taken_at_timer_) {
    give_patience();
  } else {
    log::info("http", "cut", {{"peer", peer_}, {"why", "it takes nothing"}});
    cut();
  }
}

// ── ending ──

// To HTTP/1.0 an end in good order would say that the stream is whole; and for a client that takes
// nothing the kernel is not to keep what it has. Everybody else sees that the last chunk is
// missing.
void Connection::cut() {
  if (awaiting_room_ || reader_.version() == Version::http_1_0) {
    stream_.reset();
  }
  close();
}

void Connection::end_flow(bool whole) {
  const auto flow = std::exchange(flow_, nullptr);
  if (flow == nullptr) {
    return;
  }
  portion_bytes_ = 0;
  portion_last_ = false;
  minding_stall_ = false;
  const auto promised = std::exchange(promised_, {});
  flow->end();
  for (const auto& each : promised) {
    Hall::tell(each, whole);
  }
}

}  // namespace muster::http
