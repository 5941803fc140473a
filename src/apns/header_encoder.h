// The header block of a push request, HPACK-encoded (RFC 7541) by Apple's rules.
//
// Apple's wish (reference apns.md §1.1): :path without indexing, authorization never indexed,
// apns-id, apns-collapse-id and apns-expiration indexed the first time, so that their names stand
// in the table, and literal afterwards; everything else indexed. The first request therefore fills
// the dynamic table once and nothing enters it again: from then on every field is constant bytes
// but the token in the path, the id, and the expiration where it differs from the first one's, so
// a block is a few copies and two table-driven Huffman codes. A peer whose table is too small for
// these few entries is told (a size update to 0) and gets literals.
//
// One encoder a connection: blocks must be sent in the order in which they were encoded. It
// allocates only when it is made and in set_authorization().
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "model/job.h"

namespace muster::apns {

struct SessionSettings;

class HeaderEncoder {
 public:
  explicit HeaderEncoder(const SessionSettings& settings);

  // The value of `authorization` from the next block on ("bearer eyJ…"); empty: the field is left
  // out (a certificate speaks for us). Encoded here once, copied into each block.
  void set_authorization(std::string_view value);
  // The peer's SETTINGS_HEADER_TABLE_SIZE, in octets as RFC 7541 §4.1 counts; 4,096 before. The
  // next block tells the peer's decoder where the table had to shrink (§4.2, §6.3).
  void limit_table(std::uint32_t bytes);
  // No block is longer, whatever the job; changes with set_authorization() only.
  [[nodiscard]] std::size_t block_bytes_max() const { return block_bytes_max_; }
  // Writes the job's block; returns its end. At least block_bytes_max() bytes stand at `to`.
  [[nodiscard]] Byte* encode(const Job& job, const Content& content, Byte* to);

 private:
  enum class Form : std::uint8_t {
    opening,  // literals that enter the peer's table
    indexed,  // their places in it
    literal,  // the table is too small for them
  };
  // Bytes that many blocks share. `bytes` is the room, taken beforehand; `size` are in use.
  struct Run {
    std::vector<Byte> bytes;
    std::size_t size = 0;
  };
  // From authorization to the name of apns-id, for requests that expire at this time.
  struct Middle {
    std::int64_t expiration_s = 0;
    Run run;
  };
  // An id but for its last four bytes, which are the invitation: the same for a whole task.
  struct IdHead {
    IdPrefix prefix{};
    std::uint32_t generation = 0;
    std::array<Byte, 32> bytes{};
    std::size_t size = 0;
    std::uint64_t word = 0;  // the bits behind `bytes`, see BitWriter
    std::uint32_t bits = 0;
  };

  // The first block, or the first one after the peer made its table smaller.
  [[nodiscard]] Byte* encode_opening(const Job& job, const Content& content, Byte* to);
  [[nodiscard]] Byte* write_size_updates(bool fits, Byte* to);
  [[nodiscard]] Byte* write_block(const Job& job, const Content& content, Byte* to);
  [[nodiscard]] Byte* write_ids(const Job& job, const Content& content, Byte* to);
  void prepare(Form form, std::int64_t expiration_s);
  void prepare_before();
  void prepare_middle(Middle& middle, bool expiration_is_common);
  void prepare_after();
  void prepare_id(const Content& content);
  [[nodiscard]] const Run& middle_of(std::int64_t expiration_s);
  // What the entries take of the peer's table (§4.1).
  [[nodiscard]] std::size_t table_bytes_needed(std::int64_t expiration_s) const;
  void take_room();

  const std::string authority_;
  const std::string topic_;
  const bool alert_;
  std::vector<Byte> authorization_;  // the whole field, coded

  Form form_ = Form::opening;
  bool opening_due_ = true;
  bool update_due_ = false;
  std::uint32_t table_limit_;   // the peer's word
  std::uint32_t table_in_use_;  // the size its decoder was told, or began with

  Run before_;  // up to the last whole byte of the path's constant part
  std::uint64_t path_word_ = 0;
  std::uint32_t path_bits_ = 0;
  Middle common_;  // the first block's expiration
  Middle other_;   // the last different one
  Run after_;      // between the ids
  IdHead id_;
  std::size_t block_bytes_max_ = 0;
};

}  // namespace muster::apns
