// Watches how a client writes its header blocks, which an HPACK decoder does not tell.
//
// Apple asks for :path and authorization without indexing: indexed, each would push the useful
// entries out of a table of 4,096 bytes. This watch follows the frames of the client's byte stream
// and walks the representations (RFC 7541 §6) of complete header blocks without decoding a single
// string. It counts only; whatever it does not understand it leaves to nghttp2, which ends the
// connection.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"

namespace muster::loadgen {

class HeaderWatch {
 public:
  struct Counts {
    std::uint64_t path_indexed = 0;
    std::uint64_t authorization_indexed = 0;
  };

  // The client's bytes from the connection's beginning, in pieces of any size.
  void receive(Bytes bytes);
  [[nodiscard]] const Counts& counts() const { return counts_; }

 private:
  void frame();
  void walk(Bytes block);

  std::size_t preface_left_ = 24;
  std::vector<Byte> head_;  // of the frame at hand, up to 9 bytes
  std::size_t payload_left_ = 0;
  bool keep_ = false;  // the payload belongs to a header block
  std::vector<Byte> payload_;
  std::vector<Byte> block_;  // over HEADERS and its CONTINUATIONs
  Counts counts_;
};

}  // namespace muster::loadgen
