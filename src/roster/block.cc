// A packed block holds what pushes need for limits::block_size consecutive device numbers.
// Little-endian:
//
//   block := checksum (4)                       of everything behind it
//            magic "MBK1" (4) | number (4)      devices number × block_size …
//            heap size (4)
//            entry × block_size
//            heap                               tokens and magics, where entries say
//   entry := registered at (8)                  seconds since 1970
//            user (4) | heap offset (4)         the token, the magic right behind it
//            topic (2) | language (2)
//            token size (1) | magic size (1) | known (1) | hindrance (1)
//
// A token of size 0 stands for "cannot be pushed (any more)", and `hindrance` says why
// (push_target.h; 0 in blocks that an older version wrote); an entry of zeros for "no such device".
#include "roster/block.h"

#include <algorithm>

#include "base/assert.h"
#include "model/limits.h"
#include "roster/push_target.h"
#include "roster/roster.h"

namespace muster::roster {
namespace {

constexpr std::uint32_t block_magic = 0x314B424D;
constexpr std::size_t checksum_bytes = 4;
constexpr std::size_t header_bytes = 16;

struct Entry {
  std::int64_t registered_at_s;
  std::uint32_t user;
  std::uint32_t offset;
  std::uint16_t topic;
  std::uint16_t language;
  std::uint8_t token_size;
  std::uint8_t magic_size;
  std::uint8_t known;
  std::uint8_t hindrance;
};
static_assert(sizeof(Entry) == 24);
static_assert(limits::push_token_bytes_max < 256 && limits::push_magic_bytes_max < 256);
constexpr std::size_t heap_begin = header_bytes + limits::block_size * sizeof(Entry);

std::size_t place_of(DeviceNumber device) {
  return header_bytes + device % limits::block_size * sizeof(Entry);
}

void seal(std::vector<Byte>& bytes) {
  muster::put<std::uint32_t>(bytes.data(), checksum(Bytes(bytes).subspan(checksum_bytes)));
}

}  // namespace

BlockWriter::BlockWriter(std::uint32_t number) : number_(number), bytes_(heap_begin) {}

void BlockWriter::put(const BlockEntry& entry) {
  MUSTER_ASSERT(entry.device / limits::block_size == number_);
  MUSTER_ASSERT(entry.token.size() <= limits::push_token_bytes_max);
  MUSTER_ASSERT(entry.magic.size() <= limits::push_magic_bytes_max);
  const auto magic = as_bytes(entry.magic);
  muster::put(
      bytes_.data() + place_of(entry.device),
      Entry{entry.registered_at_s, entry.user,
            static_cast<std::uint32_t>(bytes_.size() - heap_begin), entry.topic, entry.language,
            static_cast<std::uint8_t>(entry.token.size()), static_cast<std::uint8_t>(magic.size()),
            1, static_cast<std::uint8_t>(entry.hindrance)});
  bytes_.insert(bytes_.end(), entry.token.begin(), entry.token.end());
  bytes_.insert(bytes_.end(), magic.begin(), magic.end());
}

std::vector<Byte> BlockWriter::finish() {
  muster::put<std::uint32_t>(bytes_.data() + 4, block_magic);
  muster::put<std::uint32_t>(bytes_.data() + 8, number_);
  muster::put<std::uint32_t>(bytes_.data() + 12,
                             static_cast<std::uint32_t>(bytes_.size() - heap_begin));
  seal(bytes_);
  return std::move(bytes_);
}

BlockEntry entry_of(const store::DeviceRow& row, std::string_view topic, std::uint16_t language) {
  BlockEntry entry{.device = row.number,
                   .user = row.user,
                   .registered_at_s = row.registered_at_ms / 1000,
                   .topic = row.topic,
                   .language = row.user != store::no_user ? language : std::uint16_t{0},
                   .token = {},
                   .magic = {},
                   .hindrance = hindrance_of(row, topic)};
  // A device that is nobody's is not pushed, and nobody asks why.
  if (const auto target = target_of(row, topic);
      target && row.active && row.user != store::no_user) {
    entry.token = target->token;
    entry.magic = target->magic;
  }
  return entry;
}

std::vector<Byte> changed_block(std::vector<Byte> bytes, std::uint32_t number,
                                const BlockChanges& changes) {
  const Block before(std::move(bytes));
  BlockWriter writer(number);
  auto entry = changes.entries.begin();
  auto gone = changes.gone.begin();
  const auto first = number * limits::block_size;
  for (auto device = first; device < first + limits::block_size; ++device) {
    if (entry != changes.entries.end() && entry->device == device) {
      writer.put(*entry++);
    } else if (gone != changes.gone.end() && *gone == device) {
      ++gone;
    } else if (const auto kept = before.at(device); kept.known) {
      writer.put(BlockEntry{device, kept.user, kept.registered_at_s, kept.topic, kept.language,
                            kept.token, kept.magic, kept.hindrance});
    }
  }
  MUSTER_ASSERT(entry == changes.entries.end());
  MUSTER_ASSERT(gone == changes.gone.end());
  return writer.finish();
}

bool block_is_good(Bytes bytes, std::uint32_t number) {
  if (bytes.size() < heap_begin ||
      load<std::uint32_t>(bytes.data()) != checksum(bytes.subspan(checksum_bytes))) {
    return false;
  }
  const std::uint64_t heap_size = load<std::uint32_t>(bytes.data() + 12);
  if (load<std::uint32_t>(bytes.data() + 4) != block_magic ||
      load<std::uint32_t>(bytes.data() + 8) != number || heap_begin + heap_size != bytes.size()) {
    return false;
  }
  for (std::uint32_t i = 0; i < limits::block_size; ++i) {
    const auto entry = load<Entry>(bytes.data() + place_of(i));
    const auto end = std::uint64_t{entry.offset} + entry.token_size + entry.magic_size;
    if (end > heap_size || entry.token_size > limits::push_token_bytes_max ||
        entry.magic_size > limits::push_magic_bytes_max || entry.hindrance >= hindrances_count) {
      return false;
    }
  }
  return true;
}

void forget_in_block(std::vector<Byte>& bytes, std::span<const DeviceNumber> devices) {
  for (const auto device : devices) {
    MUSTER_ASSERT(bytes.size() >= heap_begin);
    MUSTER_ASSERT(device / limits::block_size == load<std::uint32_t>(bytes.data() + 8));
    auto entry = load<Entry>(bytes.data() + place_of(device));
    std::fill_n(bytes.data() + heap_begin + entry.offset,
                std::size_t{entry.token_size} + entry.magic_size, Byte{0});
    entry.token_size = 0;
    entry.magic_size = 0;
    entry.hindrance = static_cast<std::uint8_t>(Hindrance::token_gone);
    muster::put(bytes.data() + place_of(device), entry);
  }
  seal(bytes);
}

PushTarget Block::at(DeviceNumber device) const {
  if (bytes_.size() < heap_begin ||
      device / limits::block_size != load<std::uint32_t>(bytes_.data() + 8)) {
    return {};
  }
  const auto entry = load<Entry>(bytes_.data() + place_of(device));
  if (entry.known == 0) {
    return {};
  }
  const auto heap = Bytes(bytes_).subspan(heap_begin + entry.offset);
  return PushTarget{.known = true,
                    .user = entry.user,
                    .topic = entry.topic,
                    .language = entry.language,
                    .registered_at_s = entry.registered_at_s,
                    .hindrance = static_cast<Hindrance>(entry.hindrance),
                    .token = heap.first(entry.token_size),
                    .magic = as_text(heap.subspan(entry.token_size, entry.magic_size))};
}

}  // namespace muster::roster
