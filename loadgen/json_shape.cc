#include "loadgen/json_shape.h"

#include <charconv>

namespace muster::loadgen {
namespace {

constexpr int depth_max = 64;

// A cursor over the text. Every function leaves the cursor behind what it accepted, or returns
// false.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  void blanks() {
    while (at_ < text_.size() && std::string_view(" \t\r\n").find(text_[at_]) != text_.npos) {
      ++at_;
    }
  }
  bool take(char c) {
    if (at_ >= text_.size() || text_[at_] != c) {
      return false;
    }
    ++at_;
    return true;
  }
  [[nodiscard]] bool at_end() const { return at_ == text_.size(); }
  [[nodiscard]] std::size_t at() const { return at_; }
  [[nodiscard]] std::string_view since(std::size_t start) const {
    return text_.substr(start, at_ - start);
  }

  bool value(int depth) {
    if (depth > depth_max || at_end()) {
      return false;
    }
    switch (text_[at_]) {
      case '{':
        return object(depth, nullptr);
      case '[':
        return array(depth, nullptr);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  bool object(int depth, std::vector<JsonMember>* members) {
    if (!take('{')) {
      return false;
    }
    blanks();
    if (take('}')) {
      return true;
    }
    do {
      blanks();
      const auto key_at = at_;
      if (!string()) {
        return false;
      }
      const auto key = since(key_at);
      blanks();
      if (!take(':')) {
        return false;
      }
      blanks();
      const auto value_at = at_;
      if (!value(depth + 1)) {
        return false;
      }
      if (members != nullptr) {
        members->push_back({std::string(key.substr(1, key.size() - 2)), since(value_at)});
      }
      blanks();
    } while (take(','));
    return take('}');
  }

  bool array(int depth, std::vector<std::string_view>* elements) {
    if (!take('[')) {
      return false;
    }
    blanks();
    if (take(']')) {
      return true;
    }
    do {
      blanks();
      const auto start = at_;
      if (!value(depth + 1)) {
        return false;
      }
      if (elements != nullptr) {
        elements->push_back(since(start));
      }
      blanks();
    } while (take(','));
    return take(']');
  }

 private:
  bool word(std::string_view wanted) {
    if (!text_.substr(at_).starts_with(wanted)) {
      return false;
    }
    at_ += wanted.size();
    return true;
  }

  bool string() {
    if (!take('"')) {
      return false;
    }
    while (at_ < text_.size()) {
      const char c = text_[at_++];
      if (c == '"') {
        return true;
      }
      if (static_cast<unsigned char>(c) < 0x20 || (c == '\\' && !escape())) {
        return false;
      }
    }
    return false;
  }

  bool escape() {
    if (at_ >= text_.size()) {
      return false;
    }
    const char c = text_[at_++];
    if (c != 'u') {
      return std::string_view("\"\\/bfnrt").find(c) != std::string_view::npos;
    }
    for (int i = 0; i < 4; ++i, ++at_) {
      if (at_ >= text_.size() ||
          std::string_view("0123456789abcdefABCDEF").find(text_[at_]) == std::string_view::npos) {
        return false;
      }
    }
    return true;
  }

  bool digits() {
    const auto start = at_;
    while (at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9') {
      ++at_;
    }
    return at_ > start;
  }

  bool number() {
    (void)take('-');
    const auto start = at_;
    if (!digits() || (text_[start] == '0' && at_ > start + 1)) {
      return false;
    }
    if (take('.') && !digits()) {
      return false;
    }
    if (take('e') || take('E')) {
      if (!take('+')) {
        (void)take('-');
      }
      return digits();
    }
    return true;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool valid_json(std::string_view text) {
  Scanner scanner(text);
  scanner.blanks();
  if (!scanner.value(0)) {
    return false;
  }
  scanner.blanks();
  return scanner.at_end();
}

std::optional<std::vector<JsonMember>> json_members(std::string_view text) {
  Scanner scanner(text);
  std::vector<JsonMember> members;
  scanner.blanks();
  if (!scanner.object(0, &members)) {
    return std::nullopt;
  }
  scanner.blanks();
  return scanner.at_end() ? std::optional(std::move(members)) : std::nullopt;
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view text) {
  Scanner scanner(text);
  std::vector<std::string_view> elements;
  scanner.blanks();
  if (!scanner.array(0, &elements)) {
    return std::nullopt;
  }
  scanner.blanks();
  return scanner.at_end() ? std::optional(std::move(elements)) : std::nullopt;
}

std::string_view json_value(const std::vector<JsonMember>& members, std::string_view key) {
  for (const auto& member : members) {
    if (member.key == key) {
      return member.value;
    }
  }
  return {};
}

std::optional<std::string_view> json_plain_string(std::string_view value) {
  if (value.size() < 2 || value.front() != '"' || value.find('\\') != std::string_view::npos) {
    return std::nullopt;
  }
  return value.substr(1, value.size() - 2);
}

std::optional<std::int64_t> json_integer(std::string_view value) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (error != std::errc{} || end != value.data() + value.size()) {
    return std::nullopt;
  }
  return number;
}

std::string json_quoted(std::string_view text) {
  static constexpr std::string_view digits = "0123456789abcdef";
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '"' || c == '\\') {
      quoted += '\\';
      quoted += c;
    } else if (byte < 0x20) {
      quoted += "\\u00";
      quoted += digits[byte >> 4U];
      quoted += digits[byte & 15U];
    } else {
      quoted += c;
    }
  }
  return quoted + '"';
}

}  // namespace muster::loadgen
