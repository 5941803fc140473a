#include "mdm/plist_guard.h"

#include <algorithm>

#include "base/bytes.h"
#include "model/limits.h"

namespace muster::mdm {
namespace {

constexpr std::string_view binary_mark = "bplist00";
constexpr std::size_t trailer_size = 32;

std::uint64_t big_endian(std::string_view digits) {
  std::uint64_t value = 0;
  for (const char digit : digits) {
    value = value << 8 | static_cast<Byte>(digit);
  }
  return value;
}

// Without NUL and with every surrogate in its pair. libplist aborts the process over a key that
// holds a NUL.
bool whole_utf16(std::string_view text) {
  bool pair_begun = false;
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    const auto unit = big_endian(text.substr(i, 2));
    const bool second = unit >= 0xDC00 && unit < 0xE000;
    if (unit == 0 || second != pair_begun) {
      return false;
    }
    pair_begun = unit >= 0xD800 && unit < 0xDC00;
  }
  return !pair_begun;
}

// Walks the objects from the root, each as often as it is referred to.
class BinaryWalk {
 public:
  explicit BinaryWalk(std::string_view bytes) : bytes_(bytes) {}

  bool safe() {
    if (bytes_.size() < binary_mark.size() + trailer_size) {
      return false;
    }
    const auto trailer = bytes_.substr(bytes_.size() - trailer_size);
    offset_size_ = static_cast<Byte>(trailer[6]);
    reference_size_ = static_cast<Byte>(trailer[7]);
    objects_ = big_endian(trailer.substr(8, 8));
    const auto root = big_endian(trailer.substr(16, 8));
    offsets_at_ = big_endian(trailer.substr(24, 8));
    const auto offsets_end = bytes_.size() - trailer_size;
    if (offset_size_ == 0 || offset_size_ > 8 || reference_size_ == 0 || reference_size_ > 8 ||
        offsets_at_ < binary_mark.size() || offsets_at_ > offsets_end || objects_ == 0 ||
        objects_ > (offsets_end - offsets_at_) / offset_size_) {
      return false;
    }
    return object(root, 0);
  }

 private:
  // NOLINTNEXTLINE(misc-no-recursion): plist_depth_max levels at most
  bool object(std::uint64_t number, std::size_t depth) {
    if (number >= objects_ || depth > plist_depth_max || ++values_ > plist_values_max) {
      return false;
    }
    std::uint64_t at = big_endian(bytes_.substr(offsets_at_ + number * offset_size_, offset_size_));
    if (at < binary_mark.size() || at >= offsets_at_) {
      return false;
    }
    const auto mark = static_cast<Byte>(bytes_[at]);
    ++at;
    const unsigned kind = mark >> 4U;
    std::uint64_t count = mark & 0x0fU;
    switch (kind) {
      case 0x0:  // null, false, true
        return count == 0 || count == 8 || count == 9;
      case 0x1:  // an integer of 2^count bytes
        return count <= 4 && take(at, std::uint64_t{1} << count);
      case 0x2:  // a real
        return (count == 2 || count == 3) && take(at, std::uint64_t{1} << count);
      case 0x3:  // a date
        return count == 3 && take(at, 8);
      case 0x8:  // a UID
        return count < 8 && take(at, count + 1);
      case 0x4:  // data
        return read_count(at, count) && take(at, count);
      case 0x5:  // ASCII, without NUL: as whole_utf16()
        return read_count(at, count) && take(at, count) &&
               bytes_.substr(at, count).find('\0') == std::string_view::npos;
      case 0x6:  // UTF-16
        return read_count(at, count) && count <= bytes_.size() && take(at, count * 2) &&
               whole_utf16(bytes_.substr(at, count * 2));
      case 0xA:
        return read_count(at, count) && references(at, count, depth);
      case 0xD:  // its keys, then their values
        return read_count(at, count) && count <= plist_values_max && keys(at, count) &&
               references(at, count * 2, depth);
      default:
        return false;
    }
  }

  // 15: the count follows as an integer object.
  bool read_count(std::uint64_t& at, std::uint64_t& count) const {
    if (count != 0x0f) {
      return true;
    }
    if (at >= offsets_at_) {
      return false;
    }
    const auto mark = static_cast<Byte>(bytes_[at]);
    const std::uint64_t size = std::uint64_t{1} << (mark & 0x0fU);
    if (mark >> 4U != 0x1 || size > 8 || size > offsets_at_ - at - 1) {
      return false;
    }
    count = big_endian(bytes_.substr(at + 1, size));
    at += 1 + size;
    return true;
  }

  bool take(std::uint64_t at, std::uint64_t size) {
    if (size > offsets_at_ - at) {
      return false;
    }
    unfolded_ += size;
    return unfolded_ <= 2 * limits::plist_bytes_max;
  }

  // Anything else as a key ends libplist's reading in ways of its own.
  bool keys(std::uint64_t at, std::uint64_t count) const {
    for (std::uint64_t i = 0; i < count; ++i) {
      const auto place = at + i * reference_size_;
      if (place > offsets_at_ || reference_size_ > offsets_at_ - place) {
        return false;
      }
      const auto number = big_endian(bytes_.substr(place, reference_size_));
      if (number >= objects_) {
        return false;
      }
      const auto key = big_endian(bytes_.substr(offsets_at_ + number * offset_size_, offset_size_));
      if (key < binary_mark.size() || key >= offsets_at_) {
        return false;
      }
      const unsigned kind = static_cast<Byte>(bytes_[key]) >> 4U;
      if (kind != 0x5 && kind != 0x6) {
        return false;
      }
    }
    return true;
  }

  // NOLINTNEXTLINE(misc-no-recursion): as object()
  bool references(std::uint64_t at, std::uint64_t count, std::size_t depth) {
    if (count > plist_values_max || count * reference_size_ > offsets_at_ - at) {
      return false;
    }
    for (std::uint64_t i = 0; i < count; ++i) {
      if (!object(big_endian(bytes_.substr(at + i * reference_size_, reference_size_)),
                  depth + 1)) {
        return false;
      }
    }
    return true;
  }

  std::string_view bytes_;
  std::size_t offset_size_ = 0;
  std::size_t reference_size_ = 0;
  std::uint64_t objects_ = 0;
  std::uint64_t offsets_at_ = 0;
  std::size_t values_ = 0;
  std::uint64_t unfolded_ = 0;
};

// Counts how deep the elements are nested. Only what property lists are made of is let through:
// no DOCTYPE with declarations of its own, no element with attributes but <plist>.
class XmlWalk {
 public:
  explicit XmlWalk(std::string_view text) : text_(text) {}

  bool safe() {
    std::size_t at = 0;
    while ((at = text_.find('<', at)) != std::string_view::npos) {
      const auto rest = text_.substr(at);
      std::size_t length = 0;
      if (rest.starts_with("<!--")) {
        length = length_to(rest, 4, "-->");
      } else if (rest.starts_with("<![CDATA[")) {
        length = length_to(rest, 9, "]]>");
      } else if (rest.starts_with("<?")) {
        length = length_to(rest, 2, "?>");
      } else {
        length = length_to(rest, 1, ">");
        if (length != 0 && !element(rest.substr(1, length - 2))) {
          return false;
        }
      }
      if (length == 0) {
        return false;
      }
      at += length;
    }
    return elements_ > 0 && depth_ == 0;
  }

 private:
  // Past the end mark; 0: there is none.
  static std::size_t length_to(std::string_view text, std::size_t from, std::string_view mark) {
    const auto found = text.find(mark, from);
    return found == std::string_view::npos ? 0 : found + mark.size();
  }

  // What stands between the brackets.
  bool element(std::string_view inside) {
    if (inside.starts_with('!')) {
      return inside.starts_with("!DOCTYPE") && depth_ == 0 &&
             inside.find('[') == std::string_view::npos;
    }
    if (inside.starts_with('/')) {
      return depth_-- > 0;
    }
    if (!inside.starts_with("plist") && inside.find('=') != std::string_view::npos) {
      return false;
    }
    ++elements_;
    if (inside.ends_with('/')) {
      return true;
    }
    return ++depth_ <= plist_depth_max + 2;  // <plist> and a value's own brackets
  }

  std::string_view text_;
  std::size_t depth_ = 0;
  std::size_t elements_ = 0;
};

}  // namespace

PlistForm plist_form_of(std::string_view bytes) {
  if (bytes.empty() || bytes.size() > limits::plist_bytes_max) {
    return PlistForm::refused;
  }
  if (bytes.starts_with("bplist")) {
    return bytes.starts_with(binary_mark) && BinaryWalk(bytes).safe() ? PlistForm::binary
                                                                      : PlistForm::refused;
  }
  // libplist reads up to a NUL, also to one that is written as a number.
  const bool whole = bytes.find('\0') == std::string_view::npos &&
                     bytes.find("&#0") == std::string_view::npos &&
                     bytes.find("&#x0") == std::string_view::npos;
  return whole && XmlWalk(bytes).safe() ? PlistForm::xml : PlistForm::refused;
}

}  // namespace muster::mdm
