#include "smtp/canonical.h"

#include <algorithm>

namespace muster::smtp {
namespace {

bool is_blank(char letter) {
  return letter == ' ' || letter == '\t';
}

// Copies `text`, each run of blanks as one; none at its beginning where `opens`, none at its end.
// In a field line ends are blanks too: where there is one, a blank follows it.
template <class Blank>
Byte* copy_joined(std::string_view text, bool opens, Byte* out, Blank&& blank) {
  bool waiting = false;
  for (const char letter : text) {
    if (blank(letter)) {
      waiting = true;
      continue;
    }
    if (waiting && !opens) {
      *out++ = ' ';
    }
    waiting = false;
    opens = false;
    *out++ = static_cast<Byte>(letter);
  }
  return out;
}

// Room for `size` octets more, of which write() says how many it used.
template <class Write>
void add_up_to(Octets& to, std::size_t size, Write&& write) {
  const auto before = to.size();
  to.resize(before + size);
  const Byte* end = write(to.data() + before);
  to.resize(static_cast<std::size_t>(end - to.data()));
}

}  // namespace

void add_canonical_field(Octets& to, std::string_view field) {
  const auto colon = std::min(field.find(':'), field.size());
  auto name = field.substr(0, colon);
  while (!name.empty() && is_blank(name.back())) {
    name.remove_suffix(1);
  }
  add_up_to(to, field.size() + 1, [&](Byte* out) {
    for (const char letter : name) {
      *out++ = static_cast<Byte>(letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
    }
    *out++ = ':';
    return copy_joined(field.substr(std::min(colon + 1, field.size())), true, out, [](char letter) {
      return is_blank(letter) || letter == '\r' || letter == '\n';
    });
  });
}

void add_canonical_fields(Octets& to, std::string_view fields) {
  while (!fields.empty()) {
    std::size_t end = 0;
    do {
      end = std::min(fields.find("\r\n", end), fields.size() - 2) + 2;
    } while (end < fields.size() && is_blank(fields[end]));
    add_canonical_field(to, fields.substr(0, end - 2));
    add(to, "\r\n");
    fields.remove_prefix(end);
  }
}

void add_canonical_body(Octets& to, std::string_view body) {
  add_up_to(to, body.size() + 2, [body](Byte* out) {
    std::size_t empty_lines = 0;  // not written unless a line follows
    for (auto rest = body; !rest.empty();) {
      const auto end = rest.find("\r\n");
      Byte* begin = out;
      for (std::size_t i = 0; i < empty_lines; ++i) {
        *out++ = '\r';
        *out++ = '\n';
      }
      Byte* written = copy_joined(rest.substr(0, end), false, out, is_blank);
      if (written == out) {
        ++empty_lines;
        out = begin;
      } else {
        out = written;
        *out++ = '\r';
        *out++ = '\n';
        empty_lines = 0;
      }
      rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    }
    return out;
  });
}

}  // namespace muster::smtp
