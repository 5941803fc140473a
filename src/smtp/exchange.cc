#include "smtp/exchange.h"

#include <algorithm>
#include <cstring>

namespace muster::smtp {

void Exchange::say(std::string_view text) {
  text_ += text;
  said_ += text.size();
  if (!pieces_.empty() && pieces_.back().from == nullptr) {
    pieces_.back().size += text.size();
  } else {
    pieces_.push(Piece{nullptr, text.size()});
  }
}

void Exchange::send(Bytes bytes) {
  if (!bytes.empty()) {
    said_ += bytes.size();
    pieces_.push(Piece{bytes.data(), bytes.size()});
  }
}

void Exchange::expect(Command command) {
  awaited_.push(Awaited{command, said_});
}

std::size_t Exchange::write(MutableBytes room) {
  std::size_t filled = 0;
  while (filled < room.size() && !pieces_.empty()) {
    auto& piece = pieces_.front();
    const auto size = std::min(piece.size, room.size() - filled);
    if (piece.from == nullptr) {
      std::memcpy(room.data() + filled, text_.data() + text_at_, size);
      text_at_ += size;
    } else {
      std::memcpy(room.data() + filled, piece.from, size);
      piece.from += size;
    }
    filled += size;
    piece.size -= size;
    if (piece.size == 0) {
      pieces_.pop();
    }
  }
  if (text_at_ == text_.size()) {
    text_.clear();
    text_at_ = 0;
  }
  written_ += filled;
  return filled;
}

void Exchange::cut() {
  text_.clear();
  text_at_ = 0;
  pieces_.clear();
  awaited_.clear();
  said_ = written_;
}

}  // namespace muster::smtp
