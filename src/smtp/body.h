// The body of a letter: multipart/alternative of text and HTML (RFC 2046 §5.1.4).
//
// Where neither part is personal the body is written once, for all letters. Otherwise each part is
// cut where values stand: whole lines between them are encoded once, and only the rest of a line
// behind a value is encoded anew, since where its soft breaks fall depends on the value. (base64
// has no such seams; there everything is encoded anew.)
#pragma once

#include <string_view>
#include <vector>

#include "smtp/encoding.h"
#include "smtp/octets.h"
#include "smtp/template.h"

namespace muster::smtp {

// Cannot occur in a part, see encoding.h; the same for all letters, so that bodies can be shared.
inline constexpr std::string_view boundary = "=_muster";

class Body {
 public:
  // Lines of the pieces end in CR LF.
  Body(const Pieces& text, const Pieces& html);

  [[nodiscard]] bool shared() const { return parts_.empty(); }
  // Empty where it is not shared.
  [[nodiscard]] const Octets& octets() const { return octets_; }
  // Appends it; where it is not shared.
  void write(const Values& values, Octets& to) const;

 private:
  struct Stretch {
    std::string rest;  // of the line on which the value before stands
    Octets lines;      // encoded, from the beginning of a line on
    QuotedPrintable::State after;
    bool has_lines = false;
    Value value = Value::none;
    Escape escape = Escape::none;
  };
  struct Part {
    Octets head;  // boundary and fields
    Encoding encoding = Encoding::quoted_printable;
    Pieces pieces;                   // for base64
    std::vector<Stretch> stretches;  // for quoted-printable
  };

  static Part part_of(const Pieces& pieces, std::string_view type);
  static std::vector<Stretch> stretches_of(const Pieces& pieces);
  static void write_part(const Part& part, const Values& values, Octets& to);

  Octets octets_;
  std::vector<Part> parts_;
};

}  // namespace muster::smtp
