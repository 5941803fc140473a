#include "smtp/body.h"

#include "base/assert.h"

namespace muster::smtp {
namespace {

template <class Encoder>
std::size_t encoded_size(const Pieces& pieces) {
  Octets octets;
  Encoder encoder(octets);
  write_pieces(pieces, {}, [&encoder](std::string_view run) { encoder.feed(run); });
  encoder.finish();
  return octets.size();
}

// The shorter one; of a personal text, as it is without its values, which are short.
Encoding encoding_for(const Pieces& pieces) {
  return encoded_size<Base64>(pieces) < encoded_size<QuotedPrintable>(pieces)
             ? Encoding::base64
             : Encoding::quoted_printable;
}

}  // namespace

Body::Body(const Pieces& text, const Pieces& html) {
  parts_.push_back(part_of(text, "text/plain"));
  parts_.push_back(part_of(html, "text/html"));
  if (!personal(text) && !personal(html)) {
    write({}, octets_);
    octets_.shrink_to_fit();
    parts_.clear();
  }
}

void Body::write(const Values& values, Octets& to) const {
  for (const Part& part : parts_) {
    write_part(part, values, to);
  }
  add(to, "--");
  add(to, boundary);
  add(to, "--\r\n");
}

void Body::write_part(const Part& part, const Values& values, Octets& to) {
  add(to, part.head);
  if (part.encoding == Encoding::base64) {
    Base64 encoder(to);
    write_pieces(part.pieces, values, [&encoder](std::string_view run) { encoder.feed(run); });
    encoder.finish();
    return;
  }
  QuotedPrintable encoder(to);
  for (const Stretch& stretch : part.stretches) {
    encoder.feed(stretch.rest);
    if (stretch.has_lines) {
      encoder.put_encoded(stretch.lines, stretch.after);
    }
    write_value(values.of(stretch.value), stretch.escape,
                [&encoder](std::string_view run) { encoder.feed(run); });
  }
  encoder.finish();
}

Body::Part Body::part_of(const Pieces& pieces, std::string_view type) {
  Part part;
  part.encoding = encoding_for(pieces);
  add(part.head, "--");
  add(part.head, boundary);
  add(part.head, "\r\nContent-Type: ");
  add(part.head, type);
  add(part.head, "; charset=utf-8\r\nContent-Transfer-Encoding: ");
  add(part.head, name_of(part.encoding));
  add(part.head, "\r\n\r\n");
  if (part.encoding == Encoding::base64) {
    part.pieces = pieces;
  } else {
    part.stretches = stretches_of(pieces);
  }
  return part;
}

std::vector<Body::Stretch> Body::stretches_of(const Pieces& pieces) {
  std::vector<Stretch> stretches;
  for (const Piece& piece : pieces) {
    Stretch& stretch = stretches.emplace_back();
    std::string_view lines = piece.literal;
    if (stretches.size() > 1) {  // a value stands in front
      const auto end = lines.find("\r\n");
      const auto size = end == std::string_view::npos ? lines.size() : end + 2;
      stretch.rest = lines.substr(0, size);
      lines.remove_prefix(size);
    }
    // What is left begins a line, if anything is left or the rest ended one.
    if (!lines.empty()) {
      QuotedPrintable encoder(stretch.lines);
      encoder.feed(lines);
      stretch.after = encoder.state();
      stretch.has_lines = true;
    }
    stretch.value = piece.value;
    stretch.escape = piece.escape;
  }
  return stretches;
}

}  // namespace muster::smtp
