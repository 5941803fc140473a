// Reads the header block of an answer: HPACK (nghttp2 decodes it), then HTTP's own rules.
//
// Every block must go through, also those of streams that nobody awaits any more: the compression
// table is the connection's. RFC 9113 §8.1.1: a malformed answer is its stream's trouble; a block
// that cannot be decoded, or more than 16 KiB of fields, is the connection's.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <memory>
#include <string>

#include "base/bytes.h"

namespace muster::apns {

// What one block says, as far as we care.
struct AnswerHead {
  std::uint16_t status = 0;  // 0: none (a trailer has none)
  std::string apns_id;       // empty: none
  bool malformed = false;
};

class FieldReader {
 public:
  FieldReader();

  // Decodes a whole block. Null: it is not HPACK, or too long. Lives until the next call.
  [[nodiscard]] const AnswerHead* read(Bytes block);

 private:
  struct Deleter {
    void operator()(nghttp2_hd_inflater* inflater) const { nghttp2_hd_inflate_del(inflater); }
  };
  void take(const nghttp2_nv& field);
  void take_pseudo(std::string_view name, std::string_view value);

  std::unique_ptr<nghttp2_hd_inflater, Deleter> inflater_;
  AnswerHead head_;
  std::size_t bytes_ = 0;
  bool regular_seen_ = false;
};

}  // namespace muster::apns
