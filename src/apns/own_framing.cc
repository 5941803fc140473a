#include "apns/own_framing.h"

#include <algorithm>
#include <array>

#include "apns/frame.h"
#include "apns/request.h"
#include "base/assert.h"

namespace muster::apns {
namespace {

// Copies what fits of bytes[at…]; at the end of them both are as if nothing had been there.
std::size_t hand_out(std::vector<Byte>& bytes, std::size_t& at, MutableBytes room) {
  const std::size_t count = std::min(bytes.size() - at, room.size());
  std::copy_n(bytes.data() + at, count, room.data());
  at += count;
  if (at == bytes.size()) {
    bytes.clear();
    at = 0;
  }
  return count;
}

}  // namespace

OwnFraming::OwnFraming(const SessionSettings& settings)
    : Conversation(settings), headers_(settings_), begin_next_(settings.first_stream_id) {}

void OwnFraming::greet() {
  append_preface(control_);
}

std::size_t OwnFraming::speak(MutableBytes room) {
  std::size_t written = 0;
  while (written < room.size()) {
    const auto rest = room.subspan(written);
    std::size_t count = 0;
    if (!carried_.empty()) {
      count = say_carried(rest);
    } else if (!control_.empty()) {
      count = say_control(rest);
    } else if (carry_waiting_body()) {
      continue;
    } else if (count = say_requests(rest); count == 0 && carried_.empty()) {
      break;
    }
    written += count;
  }
  return written;
}

std::size_t OwnFraming::say_carried(MutableBytes room) {
  const std::size_t count = hand_out(carried_, carried_at_, room);
  if (carried_.empty()) {
    if (Stream* stream = streams_.find(carried_stream_)) {
      stream->written = Written::all;
    }
    carried_stream_ = 0;
  }
  return count;
}

std::size_t OwnFraming::say_control(MutableBytes room) {
  const std::size_t count = hand_out(control_, control_at_, room);
  if (control_.empty()) {
    acknowledgements_ = 0;
    given_back_ = 0;
  }
  return count;
}

// Bodies wait only where the peer made its windows smaller than they were promised at submit().
bool OwnFraming::carry_waiting_body() {
  if (half_said_.empty() || connection_window_ <= 0) {
    return false;
  }
  std::erase_if(half_said_, [this](StreamId id) {
    const Stream* stream = streams_.find(id);
    return stream == nullptr || stream->answered;
  });
  for (const StreamId id : half_said_) {
    Stream& stream = *streams_.find(id);
    if (stream.window > 0) {
      carried_.resize(frame_head_bytes + stream.body_size);
      carry(id, write_body(stream, carried_.data()));
      if (stream.written == Written::ending) {
        std::erase(half_said_, id);
      }
      return true;
    }
  }
  return false;
}

// As many requests as fit; the first that does not is carried.
std::size_t OwnFraming::say_requests(MutableBytes room) {
  renew_authorization();
  const std::size_t around_body = 2 * frame_head_bytes + headers_.block_bytes_max();
  Byte* to = room.data();
  Byte* const end = to + room.size();
  while (begun_open_ < streams_max_) {
    Stream* stream = next_to_begin();
    if (stream == nullptr) {
      break;
    }
    const std::size_t bytes_max = around_body + stream->body_size;
    if (static_cast<std::size_t>(end - to) < bytes_max) {
      carried_.resize(bytes_max);
      carry(stream->id, write_request(*stream, carried_.data()));
      break;
    }
    to = write_request(*stream, to);
    if (stream->written == Written::ending) {
      stream->written = Written::all;
    }
  }
  return static_cast<std::size_t>(to - room.data());
}

// What stands in carried_ up to `end` follows in the next pieces.
void OwnFraming::carry(StreamId stream, const Byte* end) {
  carried_.resize(static_cast<std::size_t>(end - carried_.data()));
  carried_at_ = 0;
  carried_stream_ = streams_.find(stream)->written == Written::ending ? stream : 0;
}

Stream* OwnFraming::next_to_begin() {
  for (; begin_next_ < streams_.next_id(); begin_next_ += 2) {
    Stream* stream = streams_.find(begin_next_);
    if (stream == nullptr) {
      continue;  // left out, or cancelled before it began
    }
    if (!stream->answered) {
      return stream;
    }
    end(*stream, H2Error::no_error);
  }
  return nullptr;
}

Byte* OwnFraming::write_request(Stream& stream, Byte* to) {
  Byte* const block = to + frame_head_bytes;
  Byte* const end = headers_.encode(*stream.job, *stream.content, block);
  const auto size = static_cast<std::size_t>(end - block);
  MUSTER_ASSERT(size <= frame_payload_max);
  write_head(to, size, FrameType::headers, flag_end_headers, stream.id);
  stream.token_version = headers_token_;
  stream.written = Written::begun;
  begun_last_ = stream.id;
  begin_next_ = stream.id + 2;
  ++begun_open_;
  Byte* const body_end = write_body(stream, end);
  if (stream.written == Written::begun) {
    half_said_.push_back(stream.id);
  }
  return body_end;
}

// As much of the body as the windows take; `ending` once that is all of it.
Byte* OwnFraming::write_body(Stream& stream, Byte* to) {
  const auto left = std::int64_t{stream.body_size} - stream.body_sent;
  const auto fits = std::min({left, connection_window_, std::int64_t{stream.window}});
  if (fits < left && fits <= 0) {
    return to;
  }
  const bool ends = fits == left;
  const auto size = static_cast<std::size_t>(fits);
  write_head(to, size, FrameType::data, ends ? flag_end_stream : Byte{0}, stream.id);
  Byte* const body = to + frame_head_bytes;
  if (size == stream.body_size) {
    write_whole_body(settings_.push_type, *stream.job, *stream.content, size, body);
  } else {
    const auto copied = copy_body(settings_.push_type, *stream.job, *stream.content,
                                  stream.body_sent, MutableBytes(body, size));
    MUSTER_ASSERT(copied == size);
  }
  connection_window_ -= fits;
  stream.window -= static_cast<std::int32_t>(fits);
  stream.body_sent += static_cast<std::uint32_t>(size);
  bytes_waiting_ -= size;
  if (ends) {
    stream.written = Written::ending;
  }
  return body + size;
}

void OwnFraming::renew_authorization() {
  const auto value = authorization();
  if (headers_token_ != token_.version) {
    headers_token_ = token_.version;
    headers_.set_authorization(value);
  }
}

void OwnFraming::cancel(Stream& stream) {
  if (stream.written != Written::nothing) {
    append_rst_stream(control_, stream.id, H2Error::cancel);
  }
  end(stream, H2Error::cancel);
}

void OwnFraming::ping() {
  constexpr std::array<Byte, 8> opaque{};
  append_ping(control_, 0, opaque);
}

void OwnFraming::say_goaway(H2Error why) {
  append_goaway(control_, why);
}

void OwnFraming::end(Stream& stream, H2Error code) {
  begun_open_ -= stream.written == Written::nothing ? 0 : 1;
  stream_closed(stream, code);
}

}  // namespace muster::apns
