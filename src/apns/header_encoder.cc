#include "apns/header_encoder.h"

#include <algorithm>
#include <charconv>

#include "apns/huffman.h"
#include "apns/session.h"
#include "base/assert.h"

// A block, in the order of RequestBuilder's fields:
//
//   before_   :method :scheme :authority, :path's name, its length, the first bits of its value
//   the token's code
//   middle    authorization, apns-topic, apns-push-type, apns-priority, apns-expiration,
//             apns-id's name
//   the id's length and code
//   after_    apns-collapse-id's name; then the id once more. Alerts only.
namespace muster::apns {
namespace {

constexpr std::uint32_t table_bytes_at_start = 4096;  // RFC 9113 §6.5.2; we want no more either
constexpr std::size_t table_entry_overhead = 32;      // §4.1
constexpr std::size_t static_entries = 61;
constexpr std::size_t authority_name = 1;  // places in the static table, appendix A
constexpr Byte method_post = 0x80 | 3;
constexpr std::size_t path_name = 4;
constexpr Byte scheme_https = 0x80 | 7;
constexpr std::size_t authorization_name = 23;

constexpr std::string_view path_prefix = "/3/device/";
// Whole bytes of its 57 bits.
constexpr std::size_t path_prefix_bytes = 7;
constexpr std::size_t id_digits = 36;
constexpr std::string_view priority_at_once = "10";

// Every hex digit and the dash takes 5 or 6 bits, so these are always shorter coded than raw, and
// their lengths fit into one byte.
constexpr std::size_t path_bytes_max =
    path_prefix_bytes + (7 + limits::push_token_bytes_max * huffman_hex_bits_max) / 8 + 1;
constexpr std::size_t id_bytes_max = (id_digits * 6 + 7) / 8;
// All but an id's last 8 digits: 28 codes, at most 21 bytes. Copied as three words.
constexpr std::size_t id_head_bytes = 24;
constexpr std::size_t length_of_one_byte_max = 126;
static_assert(path_bytes_max <= length_of_one_byte_max);
static_assert(id_bytes_max <= length_of_one_byte_max);
constexpr Byte huffman_flag = 0x80;

constexpr std::size_t integer_bytes_max = 6;  // of 32 bits
constexpr std::size_t size_updates_max = 2 * integer_bytes_max;
// A run of up to so many bytes is copied as if it had them all: two moves instead of a call. The
// room ahead must hold as much.
constexpr std::size_t short_run = 32;
static_assert(short_run >= BitWriter::slack);

// The entries of the peer's table, in the order in which the opening block adds them.
enum class Entry : std::uint8_t { authority, topic, push_type, priority, expiration, id, collapse };

// §6.2: the first bits of a literal, and how many are left in that byte for the name's index.
struct Indexing {
  Byte flag = 0;
  std::uint32_t prefix_bits = 0;
};
constexpr Indexing incremental{0x40, 6};
constexpr Indexing without{0x00, 4};
constexpr Indexing never{0x10, 4};

struct ExpirationText {
  explicit ExpirationText(std::int64_t expiration_s) {
    const auto written = std::to_chars(digits.data(), digits.data() + digits.size(), expiration_s);
    size = static_cast<std::size_t>(written.ptr - digits.data());
  }
  [[nodiscard]] std::string_view text() const { return {digits.data(), size}; }

  std::array<char, 20> digits{};
  std::size_t size = 0;
};

// §5.1.
Byte* write_integer(std::size_t value, Indexing prefix, Byte* to) {
  const std::size_t full = (std::size_t{1} << prefix.prefix_bits) - 1;
  if (value < full) {
    *to++ = static_cast<Byte>(prefix.flag | value);
    return to;
  }
  *to++ = static_cast<Byte>(prefix.flag | full);
  for (value -= full; value >= 128; value >>= 7) {
    *to++ = static_cast<Byte>(value | 0x80);
  }
  *to++ = static_cast<Byte>(value);
  return to;
}

// §5.2: coded where that is shorter.
Byte* write_text(std::string_view text, Byte* to) {
  const std::size_t coded = huffman_size(text);
  if (coded < text.size()) {
    to = write_integer(coded, {huffman_flag, 7}, to);
    return write_huffman(text, to);
  }
  to = write_integer(text.size(), {0, 7}, to);
  return std::copy(text.begin(), text.end(), to);
}

// `index` 0: the name stands nowhere in the tables.
Byte* write_name(Indexing indexing, std::size_t index, std::string_view name, Byte* to) {
  to = write_integer(index, indexing, to);
  return index == 0 ? write_text(name, to) : to;
}

constexpr std::size_t field_bytes_max(std::size_t name, std::size_t value) {
  return 3 * integer_bytes_max + name + value;
}

std::string_view name_of(Entry entry) {
  constexpr std::array<std::string_view, 7> names{
      ":authority",      "apns-topic", "apns-push-type",  "apns-priority",
      "apns-expiration", "apns-id",    "apns-collapse-id"};
  return names[static_cast<std::size_t>(entry)];
}

std::string_view push_type_name(bool alert) {
  return alert ? "alert" : "mdm";
}

std::size_t entry_count(bool alert) {
  return alert ? 7 : 6;
}

// The newest entry comes first behind the static ones (§2.3.3).
std::size_t index_of(Entry entry, bool alert) {
  return static_entries + entry_count(alert) - static_cast<std::size_t>(entry);
}

Byte* copy_run(const Byte* from, std::size_t size, Byte* to) {
  if (size <= short_run) {
    std::memcpy(to, from, short_run);
  } else {
    std::memcpy(to, from, size);
  }
  return to + size;
}

}  // namespace

HeaderEncoder::HeaderEncoder(const SessionSettings& settings)
    : authority_(settings.authority),
      topic_(settings.topic),
      alert_(settings.push_type == PushType::alert),
      table_limit_(table_bytes_at_start),
      table_in_use_(table_bytes_at_start) {
  take_room();
  prepare_id(Content{});
}

void HeaderEncoder::set_authorization(std::string_view value) {
  authorization_.clear();
  if (!value.empty()) {
    authorization_.resize(field_bytes_max(0, value.size()) + BitWriter::slack);
    Byte* end = write_name(never, authorization_name, {}, authorization_.data());
    end = write_text(value, end);
    authorization_.resize(static_cast<std::size_t>(end - authorization_.data()));
  }
  take_room();
  if (!opening_due_) {
    prepare_middle(common_, true);
    prepare_middle(other_, false);
  }
}

void HeaderEncoder::limit_table(std::uint32_t bytes) {
  table_limit_ = bytes;
  if (bytes < table_in_use_) {
    opening_due_ = true;
    update_due_ = true;
  }
}

Byte* HeaderEncoder::encode(const Job& job, const Content& content, Byte* to) {
  MUSTER_ASSERT(job.token_size > 0);
  MUSTER_ASSERT(job.token_size <= limits::push_token_bytes_max);
  if (opening_due_) [[unlikely]] {
    return encode_opening(job, content, to);
  }
  return write_block(job, content, to);
}

Byte* HeaderEncoder::encode_opening(const Job& job, const Content& content, Byte* to) {
  const bool fits =
      table_bytes_needed(content.expiration_s) <= std::min(table_limit_, table_bytes_at_start);
  to = write_size_updates(fits, to);
  prepare(fits ? Form::opening : Form::literal, content.expiration_s);
  to = write_block(job, content, to);
  if (fits) {
    prepare(Form::indexed, content.expiration_s);
  }
  opening_due_ = false;
  return to;
}

// §4.2: the smallest size the peer asked for since the last block, then the one we use. Zero is
// never larger than what it asked for and empties the table, so that its entries are known again.
Byte* HeaderEncoder::write_size_updates(bool fits, Byte* to) {
  constexpr Indexing size_update{0x20, 5};
  if (!update_due_) {
    return to;
  }
  to = write_integer(0, size_update, to);
  table_in_use_ = 0;
  if (fits) {
    table_in_use_ = std::min(table_limit_, table_bytes_at_start);
    to = write_integer(table_in_use_, size_update, to);
  }
  update_due_ = false;
  return to;
}

Byte* HeaderEncoder::write_block(const Job& job, const Content& content, Byte* to) {
  to = copy_run(before_.bytes.data(), before_.size, to);

  Byte* const path = to - path_prefix_bytes;
  BitWriter writer(to, path_word_, path_bits_);
  const Byte* byte = job.target.data();
  const Byte* const end = byte + job.token_size;
  for (; end - byte >= 4; byte += 4) {
    writer.add_hex4(byte);
    writer.flush();
  }
  for (; byte != end; ++byte) {
    writer.add_hex(*byte);
  }
  to = writer.finish();
  path[-1] = static_cast<Byte>(huffman_flag | (to - path));

  const Run& middle = middle_of(content.expiration_s);
  to = copy_run(middle.bytes.data(), middle.size, to);
  return write_ids(job, content, to);
}

Byte* HeaderEncoder::write_ids(const Job& job, const Content& content, Byte* to) {
  if (content.push_prefix != id_.prefix || job.generation != id_.generation) [[unlikely]] {
    id_.generation = job.generation;
    prepare_id(content);
  }
  const std::uint32_t invitation = __builtin_bswap32(job.invitation);
  std::array<Byte, sizeof invitation> digits{};
  put(digits.data(), invitation);
  std::array<Byte, BitWriter::slack> last{};
  BitWriter writer(last.data(), id_.word, id_.bits);
  writer.add_hex4(digits.data());
  const std::size_t size = id_.size + static_cast<std::size_t>(writer.finish() - last.data());

  const auto write_id = [&](Byte* at) {
    *at++ = static_cast<Byte>(huffman_flag | size);
    std::memcpy(at, id_.bytes.data(), id_head_bytes);
    std::memcpy(at + id_.size, last.data(), last.size());
    return at + size;
  };
  to = write_id(to);
  if (alert_) {
    to = copy_run(after_.bytes.data(), after_.size, to);
    to = write_id(to);
  }
  return to;
}

const HeaderEncoder::Run& HeaderEncoder::middle_of(std::int64_t expiration_s) {
  if (expiration_s == common_.expiration_s) [[likely]] {
    return common_.run;
  }
  if (expiration_s != other_.expiration_s) {
    other_.expiration_s = expiration_s;
    prepare_middle(other_, false);
  }
  return other_.run;
}

// ── what blocks share ──

void HeaderEncoder::prepare(Form form, std::int64_t expiration_s) {
  form_ = form;
  common_.expiration_s = expiration_s;
  prepare_before();
  prepare_middle(common_, true);
  prepare_middle(other_, false);
  prepare_after();
}

void HeaderEncoder::prepare_before() {
  Byte* to = before_.bytes.data();
  *to++ = method_post;
  *to++ = scheme_https;
  if (form_ == Form::indexed) {
    to = write_integer(index_of(Entry::authority, alert_), {0x80, 7}, to);
  } else {
    const Indexing indexing = form_ == Form::opening ? incremental : without;
    to = write_text(authority_, write_name(indexing, authority_name, {}, to));
  }
  to = write_name(without, path_name, {}, to);
  ++to;  // the length, known when the token is written
  BitWriter writer(to);
  for (const Byte byte : as_bytes(path_prefix)) {
    writer.add(huffman_codes[byte]);
    writer.flush();
  }
  MUSTER_ASSERT(writer.to() == to + path_prefix_bytes);
  path_word_ = writer.word();
  path_bits_ = writer.bits();
  before_.size = static_cast<std::size_t>(writer.to() - before_.bytes.data());
  MUSTER_ASSERT(before_.size + short_run <= before_.bytes.size());
}

void HeaderEncoder::prepare_middle(Middle& middle, bool expiration_is_common) {
  Byte* to = std::copy(authorization_.begin(), authorization_.end(), middle.run.bytes.data());
  const Indexing indexing = form_ == Form::opening ? incremental : without;
  const auto write_entry_name = [&](Entry entry) {
    const std::size_t index = form_ == Form::indexed ? index_of(entry, alert_) : 0;
    to = write_name(indexing, index, name_of(entry), to);
  };
  const auto write_entry = [&](Entry entry, std::string_view value, bool in_table) {
    if (form_ == Form::indexed && in_table) {
      to = write_integer(index_of(entry, alert_), {0x80, 7}, to);
    } else {
      write_entry_name(entry);
      to = write_text(value, to);
    }
  };
  write_entry(Entry::topic, topic_, true);
  write_entry(Entry::push_type, push_type_name(alert_), true);
  write_entry(Entry::priority, priority_at_once, true);
  write_entry(Entry::expiration, ExpirationText(middle.expiration_s).text(), expiration_is_common);
  write_entry_name(Entry::id);
  middle.run.size = static_cast<std::size_t>(to - middle.run.bytes.data());
  MUSTER_ASSERT(middle.run.size + short_run <= middle.run.bytes.size());
}

void HeaderEncoder::prepare_after() {
  const Indexing indexing = form_ == Form::opening ? incremental : without;
  const std::size_t index = form_ == Form::indexed ? index_of(Entry::collapse, alert_) : 0;
  Byte* to = write_name(indexing, index, name_of(Entry::collapse), after_.bytes.data());
  after_.size = static_cast<std::size_t>(to - after_.bytes.data());
  MUSTER_ASSERT(after_.size + short_run <= after_.bytes.size());
}

void HeaderEncoder::prepare_id(const Content& content) {
  id_.prefix = content.push_prefix;
  const std::array<Byte, 16> id = apns_id(content.push_prefix, 0, id_.generation);
  const HuffmanCode dash = huffman_codes['-'];
  BitWriter writer(id_.bytes.data());
  constexpr std::size_t invitation_at = 12;
  for (std::size_t i = 0; i < invitation_at; ++i) {
    if (i == 4 || i == 6 || i == 8 || i == 10) {
      writer.add(dash);
    }
    writer.add_hex(id[i]);
    writer.flush();
  }
  id_.word = writer.word();
  id_.bits = writer.bits();
  id_.size = static_cast<std::size_t>(writer.to() - id_.bytes.data());
}

// ── room ──

std::size_t HeaderEncoder::table_bytes_needed(std::int64_t expiration_s) const {
  const std::size_t names_and_values =
      name_of(Entry::authority).size() + authority_.size() + name_of(Entry::topic).size() +
      topic_.size() + name_of(Entry::push_type).size() + push_type_name(alert_).size() +
      name_of(Entry::priority).size() + priority_at_once.size() +
      name_of(Entry::expiration).size() + ExpirationText(expiration_s).size +
      name_of(Entry::id).size() + id_digits +
      (alert_ ? name_of(Entry::collapse).size() + id_digits : 0);
  return names_and_values + entry_count(alert_) * table_entry_overhead;
}

void HeaderEncoder::take_room() {
  constexpr std::size_t name_max = 16;  // apns-collapse-id
  const std::size_t before =
      2 + field_bytes_max(0, authority_.size()) + field_bytes_max(0, path_prefix_bytes);
  const std::size_t middle = authorization_.size() + field_bytes_max(name_max, topic_.size()) +
                             3 * field_bytes_max(name_max, sizeof ExpirationText::digits) +
                             field_bytes_max(name_max, 0);
  const std::size_t after = field_bytes_max(name_max, 0);
  before_.bytes.resize(before + short_run);
  common_.run.bytes.resize(middle + short_run);
  other_.run.bytes.resize(middle + short_run);
  after_.bytes.resize(after + short_run);
  block_bytes_max_ = size_updates_max + before + path_bytes_max + middle + after +
                     2 * (1 + id_bytes_max) + short_run;
}

}  // namespace muster::apns
