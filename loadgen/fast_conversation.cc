#include "loadgen/fast_conversation.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

#include "base/log.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t head_bytes = 9;
constexpr std::size_t frame_bytes_max = 16'384;
constexpr std::uint32_t window_at_start = 65'535;  // RFC 9113 §6.9.2
enum Type : Byte {
  data = 0,
  headers = 1,
  rst_stream = 3,
  settings = 4,
  ping = 6,
  goaway = 7,
  window_update = 8,
  continuation = 9,
};
constexpr Byte flag_end_stream = 0x1;
constexpr Byte flag_ack = 0x1;
constexpr Byte flag_end_headers = 0x4;
constexpr Byte status_200 = 0x88;  // static table, entry 8, indexed

constexpr std::size_t answer_bytes = head_bytes + 1;
// HEADERS of one byte; its stream is filled in.
constexpr std::array<Byte, answer_bytes> answer_frame{
    0, 0, 1, headers, flag_end_stream | flag_end_headers, 0, 0, 0, 0, status_200};

std::uint32_t number(const Byte* at) {
  return std::uint32_t{at[0]} << 24U | std::uint32_t{at[1]} << 16U | std::uint32_t{at[2]} << 8U |
         at[3];
}

std::size_t payload_size(const Byte* head) {
  return number(head) >> 8U;
}

void write_number(std::uint32_t value, Byte* to) {
  to[0] = static_cast<Byte>(value >> 24U);
  to[1] = static_cast<Byte>(value >> 16U);
  to[2] = static_cast<Byte>(value >> 8U);
  to[3] = static_cast<Byte>(value);
}

void append_number(std::vector<Byte>& to, std::uint32_t value) {
  std::array<Byte, 4> bytes{};
  write_number(value, bytes.data());
  to.insert(to.end(), bytes.begin(), bytes.end());
}

void append_head(std::vector<Byte>& to, std::size_t size, Byte type, Byte flags,
                 std::uint32_t stream) {
  to.push_back(static_cast<Byte>(size >> 16U));
  to.push_back(static_cast<Byte>(size >> 8U));
  to.push_back(static_cast<Byte>(size));
  to.push_back(type);
  to.push_back(flags);
  append_number(to, stream);
}

void append_setting(std::vector<Byte>& to, std::uint16_t id, std::uint32_t value) {
  to.push_back(static_cast<Byte>(id >> 8U));
  to.push_back(static_cast<Byte>(id));
  append_number(to, value);
}

void append_window_update(std::vector<Byte>& to, std::uint32_t bytes) {
  append_head(to, 4, window_update, 0, 0);
  append_number(to, bytes);
}

}  // namespace

FastConversation::FastConversation(const FastSettings& wanted, std::uint64_t& requests,
                                   std::uint64_t& violations)
    : settings_(wanted), requests_(requests), violations_(violations) {
  settings_.window = std::max(settings_.window, window_at_start);
  append_head(out_, 12, settings, 0, 0);
  append_setting(out_, 3, settings_.streams);
  append_setting(out_, 4, settings_.window);
  if (settings_.window > window_at_start) {
    append_window_update(out_, settings_.window - window_at_start);
  }
}

void FastConversation::receive(Bytes bytes, Instant now) {
  if (broken_) {
    return;
  }
  const auto preface = std::min(preface_left_, bytes.size());
  preface_left_ -= preface;
  bytes = bytes.subspan(preface);
  const auto requests_before = requests_;
  make_room_for_answers(bytes.size());
  bytes = complete_rest(bytes);
  const auto taken = take_frames(bytes);
  rest_.insert(rest_.end(), bytes.begin() + static_cast<std::ptrdiff_t>(taken), bytes.end());
  violations_ += broken_ ? 1 : 0;
  if (requests_before == 0 && requests_ > 0) {
    log::info("loadgen", "first request", {{"at_ns", now.nanoseconds}});
  }
  if (settings_.arrivals != nullptr) {
    settings_.arrivals->insert(settings_.arrivals->end(), requests_ - requests_before, now);
  }
  give_back_window();
  send_answers(now);
}

// The frame that the last read began is put together alone, so that all others are read in place.
Bytes FastConversation::complete_rest(Bytes bytes) {
  const auto move_up_to = [&](std::size_t size) {
    const auto count = std::min(size - std::min(size, rest_.size()), bytes.size());
    rest_.insert(rest_.end(), bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(count));
    bytes = bytes.subspan(count);
    return rest_.size() >= size;
  };
  if (rest_.empty() || !move_up_to(head_bytes)) {
    return bytes;
  }
  const auto size = payload_size(rest_.data());
  if (size > frame_bytes_max || move_up_to(head_bytes + size)) {
    (void)take_frames(rest_);
    rest_.clear();
  }
  return bytes;
}

void FastConversation::make_room_for_answers(std::size_t read) {
  // No frame is shorter than its head. It grows to the longest read once and stays.
  const auto most = (read / head_bytes + 2) * answer_bytes;
  if (answers_.size() < most) {
    answers_.resize(most);
  }
}

void FastConversation::send_answers(Instant now) {
  const auto begin = answers_.begin();
  const auto end = begin + static_cast<std::ptrdiff_t>(std::exchange(answered_, 0));
  if (begin == end) {
    return;
  }
  if (settings_.delay == Duration{0}) {
    out_.insert(out_.end(), begin, end);
  } else {
    waiting_.push_back({now + settings_.delay, {begin, end}});
  }
}

std::size_t FastConversation::take_frames(Bytes bytes) {
  std::size_t at = 0;
  while (bytes.size() - at >= head_bytes && !broken_) {
    const Byte* head = bytes.data() + at;
    const auto size = payload_size(head);
    if (size > frame_bytes_max) {
      broken_ = true;
      break;
    }
    if (bytes.size() - at < head_bytes + size) {
      break;
    }
    const auto stream = number(head + 5) & 0x7fffffffU;
    broken_ = !take(head[3], head[4], stream, bytes.subspan(at + head_bytes, size));
    at += head_bytes + size;
  }
  return at;
}

bool FastConversation::take(Byte type, Byte flags, std::uint32_t stream, Bytes payload) {
  switch (type) {
    case data:
      consumed_ += payload.size();
      if ((flags & flag_end_stream) != 0) {
        answer(stream);
      }
      return stream != 0;
    case headers:
      if ((flags & flag_end_stream) != 0) {
        if ((flags & flag_end_headers) != 0) {
          answer(stream);
        } else {
          ending_ = stream;
        }
      }
      return stream != 0;
    case continuation:
      if ((flags & flag_end_headers) != 0 && ending_ == stream) {
        answer(std::exchange(ending_, 0));
      }
      return stream != 0;
    case settings:
      if ((flags & flag_ack) == 0) {
        append_head(out_, 0, settings, flag_ack, 0);
      }
      return stream == 0 && payload.size() % 6 == 0;
    case ping:
      if ((flags & flag_ack) == 0) {
        append_head(out_, payload.size(), ping, flag_ack, 0);
        out_.insert(out_.end(), payload.begin(), payload.end());
      }
      return stream == 0 && payload.size() == 8;
    default:
      return true;  // GOAWAY, RST_STREAM, WINDOW_UPDATE, PRIORITY, unknown: nothing to do
  }
}

void FastConversation::answer(std::uint32_t stream) {
  ++requests_;
  Byte* frame = answers_.data() + answered_;
  std::memcpy(frame, answer_frame.data(), answer_bytes);
  write_number(stream, frame + 5);
  answered_ += answer_bytes;
}

void FastConversation::give_back_window() {
  // Half a window at a time keeps the client running with the fewest frames.
  if (consumed_ >= settings_.window / 2) {
    append_window_update(out_, static_cast<std::uint32_t>(consumed_));
    consumed_ = 0;
  }
}

void FastConversation::transmit(std::vector<Byte>& to) {
  if (to.empty()) {
    to.swap(out_);
  } else {
    to.insert(to.end(), out_.begin(), out_.end());
  }
  out_.clear();
}

Instant FastConversation::deadline() const {
  return waiting_.empty() ? Instant::never() : waiting_.front().due;
}

void FastConversation::expire(Instant now) {
  while (!waiting_.empty() && waiting_.front().due <= now) {
    const auto& frames = waiting_.front().frames;
    out_.insert(out_.end(), frames.begin(), frames.end());
    waiting_.pop_front();
  }
}

}  // namespace muster::loadgen
