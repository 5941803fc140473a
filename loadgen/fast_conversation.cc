#include "loadgen/fast_conversation.h"

#include <algorithm>
#include <array>
#include <utility>

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

std::uint32_t number(Bytes bytes) {
  return std::uint32_t{bytes[0]} << 24U | std::uint32_t{bytes[1]} << 16U |
         std::uint32_t{bytes[2]} << 8U | bytes[3];
}

void append_number(std::vector<Byte>& to, std::uint32_t value) {
  for (unsigned shift = 32; shift > 0; shift -= 8) {
    to.push_back(static_cast<Byte>(value >> (shift - 8)));
  }
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
  if (rest_.empty()) {
    const auto taken = take_frames(bytes);
    rest_.assign(bytes.begin() + static_cast<std::ptrdiff_t>(taken), bytes.end());
  } else {
    rest_.insert(rest_.end(), bytes.begin(), bytes.end());
    const auto taken = take_frames(rest_);
    rest_.erase(rest_.begin(), rest_.begin() + static_cast<std::ptrdiff_t>(taken));
  }
  give_back_window();
  if (answers_.empty()) {
    return;
  }
  if (settings_.delay == Duration{0}) {
    out_.insert(out_.end(), answers_.begin(), answers_.end());
    answers_.clear();
  } else {
    waiting_.push_back({now + settings_.delay, std::exchange(answers_, {})});
  }
}

std::size_t FastConversation::take_frames(Bytes bytes) {
  std::size_t at = 0;
  while (bytes.size() - at >= head_bytes && !broken_) {
    const auto head = bytes.subspan(at, head_bytes);
    const std::size_t size = number(head) >> 8U;
    if (size > frame_bytes_max) {
      broken_ = true;
      break;
    }
    if (bytes.size() - at < head_bytes + size) {
      break;
    }
    const auto stream = number(head.subspan(5)) & 0x7fffffffU;
    broken_ = !take(head[3], head[4], stream, bytes.subspan(at + head_bytes, size));
    at += head_bytes + size;
  }
  violations_ += broken_ ? 1 : 0;
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
  const std::array<Byte, head_bytes + 1> frame{0,
                                               0,
                                               1,
                                               headers,
                                               flag_end_stream | flag_end_headers,
                                               static_cast<Byte>(stream >> 24U),
                                               static_cast<Byte>(stream >> 16U),
                                               static_cast<Byte>(stream >> 8U),
                                               static_cast<Byte>(stream),
                                               status_200};
  answers_.insert(answers_.end(), frame.begin(), frame.end());
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
