// Bodies in seven bits: quoted-printable and base64 (RFC 2045 §6.7, §6.8), fed piece by piece.
//
// Lines end within 76 octets, and none begins with a dot, so that SMTP has nothing to stuff; in
// quoted-printable none begins with "From " either, which mailboxes in the old format would change,
// and "=_" cannot occur, nor in base64, so that a boundary that holds it is never met in a body.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "smtp/octets.h"

namespace muster::smtp {

enum class Encoding : std::uint8_t { quoted_printable, base64 };
[[nodiscard]] std::string_view name_of(Encoding encoding);

// Lines in what it is fed end in CR LF, which no piece divides. Fed nothing more, finish() must
// follow; it ends the last line.
class QuotedPrintable {
 public:
  // Where encoding stands: with it, what was encoded once can be put in front of what was not.
  struct State {
    std::size_t column = 0;
    char blank = '\0';  // read but not written: at the end of a line it must be encoded
  };

  explicit QuotedPrintable(Octets& to) : to_(to) {}
  void feed(std::string_view text);
  void finish();

  [[nodiscard]] State state() const { return state_; }
  // Octets that another encoder made from the beginning of a line on, left in `after`.
  void put_encoded(const Octets& encoded, State after);

 private:
  void put(std::string_view run);
  void put_escaped(char octet);
  bool make_room(std::size_t octets);
  void end_line();

  Octets& to_;
  State state_;
};

class Base64 {
 public:
  explicit Base64(Octets& to) : to_(to) {}
  void feed(std::string_view text);
  void finish();

 private:
  static constexpr std::size_t line_bytes = 57;  // 76 digits
  void put_line();

  Octets& to_;
  std::array<Byte, line_bytes> line_{};
  std::size_t held_ = 0;
};

}  // namespace muster::smtp
