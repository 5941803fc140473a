#include "loadgen/web_answer.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"

namespace muster::loadgen {
namespace {

constexpr std::size_t head_max = 16UL * 1024;
constexpr std::size_t body_max = 1024UL * 1024;
constexpr std::string_view line_end = "\r\n";

bool read_number(std::string_view text, std::uint64_t& number, int base = 10) {
  const auto* end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, number, base);
  return read.ec == std::errc() && read.ptr == end;
}

bool same(std::string_view left, std::string_view right) {
  return std::ranges::equal(left, right,
                            [](char a, char b) { return ascii_lower(a) == ascii_lower(b); });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) {
    text.remove_prefix(1);
  }
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) {
    text.remove_suffix(1);
  }
  return text;
}

}  // namespace

void WebAnswerReader::receive(std::string_view bytes) {
  begun_ = begun_ || !bytes.empty();
  in_ += bytes;
  while (state_ == State::reading && take()) {
  }
  if (state_ == State::whole && !in_.empty()) {
    fail();
  }
}

void WebAnswerReader::end() {
  if (state_ == State::reading) {
    state_ = part_ == Part::until_end ? State::whole : State::broken;
  }
  keeps_ = false;
}

bool WebAnswerReader::take() {
  switch (part_) {
    case Part::head:
      return take_head();
    case Part::counted:
    case Part::chunk:
      return take_counted();
    case Part::until_end:
      body_ += in_;
      in_.clear();
      if (body_.size() > body_max) {
        fail();
      }
      return false;
    case Part::chunk_size:
    case Part::chunk_end:
    case Part::trailer:
      break;
  }
  return take_line_of_chunks();
}

bool WebAnswerReader::take_head() {
  constexpr std::string_view head_end = "\r\n\r\n";
  const auto at = in_.find(head_end);
  if (at == std::string::npos || at > head_max) {
    if (in_.size() > head_max) {
      fail();
    }
    return false;
  }
  const auto head = in_.substr(0, at);
  in_.erase(0, at + head_end.size());
  if (!read_head(head)) {
    fail();
    return false;
  }
  if (status_ < 200) {
    return true;  // the answer proper follows
  }
  if (status_ == 204 || status_ == 304) {
    state_ = State::whole;
  } else if (chunked_) {
    part_ = Part::chunk_size;
  } else if (has_length_) {
    part_ = Part::counted;
  } else {
    part_ = Part::until_end;
    keeps_ = false;
  }
  return true;
}

bool WebAnswerReader::read_head(std::string_view head) {
  // "HTTP/1.1 200 OK"
  std::uint64_t status = 0;
  if (!head.starts_with("HTTP/1.") || head.size() < 12 || head[8] != ' ' ||
      !read_number(head.substr(9, 3), status) || status < 100) {
    return false;
  }
  status_ = static_cast<std::uint16_t>(status);
  keeps_ = head[7] == '1';
  has_length_ = chunked_ = false;
  for (auto at = head.find(line_end); at != std::string_view::npos;) {
    head.remove_prefix(at + line_end.size());
    at = head.find(line_end);
    if (!read_field(head.substr(0, at))) {
      return false;
    }
  }
  return true;
}

bool WebAnswerReader::read_field(std::string_view line) {
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || colon == 0) {
    return false;
  }
  const auto name = line.substr(0, colon);
  const auto value = trimmed(line.substr(colon + 1));
  if (same(name, "Content-Length")) {
    const auto before = left_;
    const bool had = std::exchange(has_length_, true);
    return read_number(value, left_) && left_ <= body_max && (!had || left_ == before);
  }
  if (same(name, "Transfer-Encoding")) {
    chunked_ = same(value, "chunked");
    return chunked_;
  }
  if (same(name, "Connection")) {
    keeps_ = same(value, "keep-alive") || (keeps_ && !same(value, "close"));
  }
  return true;
}

bool WebAnswerReader::take_counted() {
  const auto taken = std::min<std::uint64_t>(left_, in_.size());
  body_.append(in_, 0, taken);
  in_.erase(0, taken);
  left_ -= taken;
  if (body_.size() > body_max) {
    fail();
    return false;
  }
  if (left_ > 0) {
    return false;
  }
  if (part_ == Part::counted) {
    state_ = State::whole;
  } else {
    part_ = Part::chunk_end;
  }
  return true;
}

bool WebAnswerReader::take_line_of_chunks() {
  const auto at = in_.find(line_end);
  if (at == std::string::npos) {
    if (in_.size() > head_max) {
      fail();
    }
    return false;
  }
  const auto line = in_.substr(0, at);
  in_.erase(0, at + line_end.size());
  if (part_ == Part::chunk_size) {
    if (!read_number(std::string_view(line).substr(0, line.find(';')), left_, 16)) {
      fail();
    }
    part_ = left_ == 0 ? Part::trailer : Part::chunk;
  } else if (part_ == Part::chunk_end) {
    if (!line.empty()) {
      fail();
    }
    part_ = Part::chunk_size;
  } else if (line.empty()) {
    state_ = State::whole;
  }
  return true;
}

}  // namespace muster::loadgen
