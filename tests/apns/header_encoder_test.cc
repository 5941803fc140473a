#include "apns/header_encoder.h"

#include <gtest/gtest.h>
#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <iostream>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "apns/request.h"
#include "apns/session.h"

namespace muster::apns {
namespace {

// Seen by a reader of the block: name, value, and whether it must never be indexed.
struct Seen {
  std::string name;
  std::string value;
  bool never_indexed = false;
  friend bool operator==(const Seen&, const Seen&) = default;
};
std::ostream& operator<<(std::ostream& out, const Seen& seen) {
  return out << seen.name << ": " << seen.value << (seen.never_indexed ? " (never)" : "");
}

SessionSettings settings_of(PushType type) {
  SessionSettings settings;
  settings.authority = "api.push.apple.com:443";
  settings.topic = type == PushType::mdm ? "com.apple.mgmt.External.1" : "com.example.muster";
  settings.push_type = type;
  return settings;
}

// As ProviderToken makes it, with all letters of base64url in the signature's place: signatures
// differ from one signing to the next, and so would the sizes here.
constexpr std::string_view authorization_of_apple =
    "bearer "
    "eyJhbGciOiJFUzI1NiIsImtpZCI6IkFCQzEyM0RFRkcifQ."
    "eyJpc3MiOiJURUFNNDU2Nzg5IiwiaWF0IjoxNzAwMDAwMDAwfQ."
    "AlKvU5eDoNyX8hGrQ1a_kJuT4dCnMxW7gFqP0Z-jItS3cBmLwV6fEpOzY9iHsR2bAlKvU5eDoNyX8hGrQ1a_kJ";

std::string authorization_of(std::size_t size) {
  std::string value;
  while (value.size() < size) {
    value += authorization_of_apple.substr(0, size - value.size());
  }
  return value;
}

// An encoder, and nghttp2's decompressor at the other end of the connection.
class Connection {
 public:
  explicit Connection(const SessionSettings& settings)
      : settings_(settings), encoder(settings_), builder_(settings_) {
    EXPECT_EQ(nghttp2_hd_inflate_new(&inflater_), 0);
  }
  ~Connection() { nghttp2_hd_inflate_del(inflater_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  void authorize(const std::string& value) {
    authorization_ = value;
    encoder.set_authorization(value);
  }
  void limit_table(std::uint32_t bytes) {
    encoder.limit_table(bytes);
    EXPECT_EQ(nghttp2_hd_inflate_change_table_size(inflater_, bytes), 0);
  }
  std::string block(const Job& job, const Content& content) {
    // Exactly the room promised, on the heap, so that a sanitizer sees a byte too many.
    const std::size_t most = encoder.block_bytes_max();
    std::vector<Byte> room(most);
    Byte* const end = encoder.encode(job, content, room.data());
    EXPECT_LE(static_cast<std::size_t>(end - room.data()), most);
    return {room.data(), end};
  }
  std::vector<Seen> read(std::string_view block) {
    std::vector<Seen> all;
    for (Bytes rest = as_bytes(block);;) {
      nghttp2_nv field{};
      int flags = 0;
      const ssize_t taken =
          nghttp2_hd_inflate_hd2(inflater_, &field, &flags, rest.data(), rest.size(), 1);
      if (taken < 0) {
        ADD_FAILURE() << nghttp2_strerror(static_cast<int>(taken));
        return all;
      }
      rest = rest.subspan(static_cast<std::size_t>(taken));
      if ((flags & NGHTTP2_HD_INFLATE_EMIT) != 0) {
        all.push_back({std::string(as_text(Bytes(field.name, field.namelen))),
                       std::string(as_text(Bytes(field.value, field.valuelen))),
                       (field.flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0});
      }
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        EXPECT_EQ(rest.size(), 0U);
        EXPECT_EQ(nghttp2_hd_inflate_end_headers(inflater_), 0);
        return all;
      }
    }
  }
  std::vector<Seen> expected(const Job& job, const Content& content) {
    std::vector<Seen> all;
    for (const Field& field : builder_.fields(job, content, authorization_)) {
      all.push_back(
          {std::string(field.name), std::string(field.value), field.name == "authorization"});
    }
    return all;
  }
  // Returns the block's size.
  std::size_t check(const Job& job, const Content& content) {
    const std::string bytes = block(job, content);
    EXPECT_EQ(read(bytes), expected(job, content));
    return bytes.size();
  }
  [[nodiscard]] std::size_t table_entries() const {
    return nghttp2_hd_inflate_get_num_table_entries(inflater_) - 61;
  }
  [[nodiscard]] std::size_t table_bytes() const {
    return nghttp2_hd_inflate_get_dynamic_table_size(inflater_);
  }

 private:
  const SessionSettings settings_;

 public:
  HeaderEncoder encoder;

 private:
  RequestBuilder builder_;
  std::string authorization_;
  nghttp2_hd_inflater* inflater_ = nullptr;
};

class Chance {
 public:
  explicit Chance(unsigned seed) : random_(seed) {}

  [[nodiscard]] std::uint32_t below(std::uint32_t end) {
    return static_cast<std::uint32_t>(random_() % end);
  }
  template <class T, std::size_t count>
  T one_of(const std::array<T, count>& all) {
    return all[below(count)];
  }
  Job job() {
    Job job;
    job.invitation = static_cast<std::uint32_t>(random_()) >> below(32);
    job.generation = below(4) == 0 ? below(3) : 0;
    job.token_size = static_cast<std::uint8_t>(
        limits::push_token_bytes_min +
        below(limits::push_token_bytes_max - limits::push_token_bytes_min + 1));
    for (Byte& byte : job.target) {
      byte = static_cast<Byte>(random_());
    }
    return job;
  }
  Content content() {
    Content content;
    for (Byte& byte : content.push_prefix) {
      byte = static_cast<Byte>(random_());
    }
    content.expiration_s = one_of(std::array<std::int64_t, 5>{
        0, 1, 1'700'604'800, 1'700'604'801, std::numeric_limits<std::int64_t>::min()});
    return content;
  }

 private:
  std::mt19937 random_;
};

Job plain_job(std::size_t token_size = 32) {
  Job job;
  job.invitation = 0x00012345;
  job.token_size = static_cast<std::uint8_t>(token_size);
  for (std::size_t i = 0; i < job.token_size; ++i) {
    job.target[i] = static_cast<Byte>(i * 37 + 11);
  }
  return job;
}
Content plain_content() {
  Content content;
  content.push_prefix = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7};
  content.expiration_s = 1'700'604'800;
  return content;
}

void carry_many(PushType type, const std::string& authorization, Chance& chance) {
  Connection connection(settings_of(type));
  connection.authorize(authorization);
  const std::array<Content, 3> tasks{chance.content(), chance.content(), chance.content()};
  for (int i = 0; i < 300; ++i) {
    if (chance.below(20) == 0) {
      connection.limit_table(
          chance.one_of(std::array<std::uint32_t, 7>{0, 100, 300, 1000, 2000, 4096, 65536}));
    }
    if (!authorization.empty() && chance.below(30) == 0) {
      connection.authorize(authorization.substr(0, 1 + chance.below(200)));
    }
    connection.check(chance.job(), chance.one_of(tasks));
    if (::testing::Test::HasFailure()) {
      return;
    }
  }
}

TEST(HeaderEncoder, SaysWhatTheRequestHolds) {
  const unsigned seed = std::random_device{}();
  std::cout << "seed " << seed << "\n";
  SCOPED_TRACE(seed);
  Chance chance(seed);
  const std::string token = authorization_of(207);
  for (int round = 0; round < 20 && !HasFailure(); ++round) {
    carry_many(PushType::mdm, "", chance);
    carry_many(PushType::mdm, token, chance);
    carry_many(PushType::alert, "", chance);
    carry_many(PushType::alert, token, chance);
  }
}

TEST(HeaderEncoder, TakesTokensOfAnySize) {
  Connection connection(settings_of(PushType::alert));
  for (std::size_t size = 1; size <= limits::push_token_bytes_max; ++size) {
    connection.check(plain_job(size), plain_content());
  }
}

TEST(HeaderEncoder, WritesASteadyWakeInTheseBytes) {
  Connection connection(settings_of(PushType::mdm));
  connection.check(plain_job(), plain_content());
  Job job = plain_job(16);
  job.target.fill(0x12);
  job.invitation = 7;
  EXPECT_EQ(to_hex(as_bytes(connection.block(job, plain_content()))),
            "8387c3"  // :method and :scheme of the static table, :authority of the dynamic one
            "049c"    // :path, not indexed; 28 coded bytes:
            "6196242f7310ac"                              // "/3/device/", 57 bits
            "04411044110441104411044110441104411044117f"  // "12" × 16, padded with ones
            "c2c1c0bf"                                    // topic, push type, priority, expiration
            "0f2f98"  // apns-id by its place 62, not indexed; 24 coded bytes:
            "180611886cac3686dacf383756780002c00000000000001d");
}

TEST(HeaderEncoder, FillsTheTableOnceAndAddsNothingLater) {
  Connection connection(settings_of(PushType::alert));
  const std::size_t first = connection.check(plain_job(), plain_content());
  EXPECT_EQ(connection.table_entries(), 7U);
  Content other = plain_content();
  other.expiration_s += 60;
  for (int i = 0; i < 100; ++i) {
    EXPECT_LT(connection.check(plain_job(), plain_content()), first - 60);
    EXPECT_LT(connection.check(plain_job(), other), first - 60);
    EXPECT_EQ(connection.table_entries(), 7U);
  }
}

TEST(HeaderEncoder, SendsAnotherExpirationAsItsLiteral) {
  Connection connection(settings_of(PushType::mdm));
  const std::size_t first = connection.check(plain_job(), plain_content());
  const std::size_t steady = connection.check(plain_job(), plain_content());
  EXPECT_LT(steady, first);
  for (int i = 1; i < 4; ++i) {
    Content other = plain_content();
    other.expiration_s += i;
    // Its name by index in two bytes, its length, ten digits.
    const std::size_t literal = connection.check(plain_job(), other);
    EXPECT_GT(literal, steady + 2);
    EXPECT_LE(literal, steady - 1 + 2 + 1 + 8);
    EXPECT_EQ(connection.check(plain_job(), other), literal);
    EXPECT_EQ(connection.check(plain_job(), plain_content()), steady);
  }
}

TEST(HeaderEncoder, NewAuthorizationLeavesTheTableAlone) {
  Connection connection(settings_of(PushType::alert));
  connection.authorize("bearer a");
  connection.check(plain_job(), plain_content());
  for (const std::size_t size : {1, 100, 127, 128, 165, 207, 4000}) {
    connection.authorize(authorization_of(size));
    connection.check(plain_job(), plain_content());
    EXPECT_EQ(connection.table_entries(), 7U);
  }
  connection.authorize("");
  connection.check(plain_job(), plain_content());
  EXPECT_EQ(connection.table_entries(), 7U);
}

TEST(HeaderEncoder, SendsAValueRawWhereItsCodeIsLonger) {
  Connection connection(settings_of(PushType::alert));
  connection.authorize(std::string(200, '\x01'));
  EXPECT_GT(connection.check(plain_job(), plain_content()), 200U);
}

TEST(HeaderEncoder, UsesNoTableThatIsTooSmall) {
  for (const std::uint32_t limit : {0U, 100U, 300U}) {
    Connection connection(settings_of(PushType::mdm));
    connection.limit_table(limit);
    const std::string first = connection.block(plain_job(), plain_content());
    EXPECT_EQ(first.front(), '\x20') << limit;
    connection.read(first);
    EXPECT_EQ(connection.check(plain_job(), plain_content()), first.size() - 1);
    EXPECT_EQ(connection.table_entries(), 0U);
    connection.limit_table(4096);
    connection.check(plain_job(), plain_content());
    connection.limit_table(50);
    EXPECT_EQ(connection.check(plain_job(), plain_content()), first.size() - 1);
  }
}

TEST(HeaderEncoder, NeedsTheTableItSaysItNeeds) {
  Connection measure(settings_of(PushType::alert));
  measure.check(plain_job(), plain_content());
  const auto needed = static_cast<std::uint32_t>(measure.table_bytes());

  Connection enough(settings_of(PushType::alert));
  enough.limit_table(needed);
  enough.check(plain_job(), plain_content());
  enough.check(plain_job(), plain_content());
  EXPECT_EQ(enough.table_entries(), 7U);

  Connection scarce(settings_of(PushType::alert));
  scarce.limit_table(needed - 1);
  scarce.check(plain_job(), plain_content());
  scarce.check(plain_job(), plain_content());
  EXPECT_EQ(scarce.table_entries(), 0U);
}

TEST(HeaderEncoder, FillsASmallerTableAnew) {
  Connection connection(settings_of(PushType::mdm));
  const std::string first = connection.block(plain_job(), plain_content());
  connection.read(first);
  const std::size_t steady = connection.check(plain_job(), plain_content());
  connection.limit_table(1000);
  const std::string again = connection.block(plain_job(), plain_content());
  // Size updates to 0 and to 1,000: 31 in the prefix, 969 behind it (RFC 7541 §5.1).
  EXPECT_EQ(again, "\x20\x3f\xc9\x07" + first);
  connection.read(again);
  EXPECT_EQ(connection.table_entries(), 6U);
  EXPECT_EQ(connection.check(plain_job(), plain_content()), steady);
}

TEST(HeaderEncoder, TakesTheLastOfSeveralLimitsAndNoMoreThanItWants) {
  Connection connection(settings_of(PushType::mdm));
  const std::string first = connection.block(plain_job(), plain_content());
  connection.read(first);
  for (const std::uint32_t limit : {300U, 1000U, 65536U}) {
    connection.limit_table(limit);
  }
  // Size updates to 0, the least that was asked for being below what we had, and to 4,096.
  const std::string again = connection.block(plain_job(), plain_content());
  EXPECT_EQ(again, "\x20\x3f\xe1\x1f" + first);
  connection.read(again);
  EXPECT_EQ(connection.table_entries(), 6U);
  connection.check(plain_job(), plain_content());
}

TEST(HeaderEncoder, SaysNothingOfALargerTable) {
  for (const std::uint32_t limit : {4096U, 65536U}) {
    Connection before(settings_of(PushType::mdm));
    Connection after(settings_of(PushType::mdm));
    after.limit_table(limit);
    for (int i = 0; i < 2; ++i) {
      EXPECT_EQ(after.block(plain_job(), plain_content()),
                before.block(plain_job(), plain_content()));
      after.limit_table(limit);
    }
  }
}

TEST(HeaderEncoder, DoesWithoutTheTableForATopicThatFillsIt) {
  auto settings = settings_of(PushType::alert);
  settings.topic = std::string(4000, 'x');
  Connection connection(settings);
  for (int i = 0; i < 3; ++i) {
    connection.check(plain_job(), plain_content());
    EXPECT_EQ(connection.table_entries(), 0U);
  }
}

TEST(HeaderEncoder, KeepsAnAlertWithinItsShareOfTheWire) {
  constexpr std::size_t frame_head = 9;
  constexpr std::size_t body = 184;
  constexpr double tls_share = 22.0 / 16'384;
  Connection connection(settings_of(PushType::alert));
  connection.authorize(std::string(authorization_of_apple));
  Chance chance(1);
  const Content content = chance.content();
  connection.check(plain_job(), content);
  std::size_t bytes = 0;
  constexpr std::uint32_t pushes = 1000;
  for (std::uint32_t i = 0; i < pushes; ++i) {
    Job job = chance.job();
    job.token_size = 32;
    job.invitation = i * 1000;
    job.generation = 0;
    bytes += frame_head + connection.check(job, content) + frame_head + body;
  }
  const double bytes_a_push = static_cast<double>(bytes) / pushes * (1 + tls_share);
  RecordProperty("bytes_a_push", std::to_string(bytes_a_push));
  EXPECT_LE(bytes_a_push, 480);
}

TEST(HeaderEncoderDeathTest, RefusesATokenThatCannotBe) {
  Connection connection(settings_of(PushType::mdm));
  EXPECT_DEATH(static_cast<void>(connection.block(plain_job(0), plain_content())), "token_size");
  Job job = plain_job();
  job.token_size = limits::push_token_bytes_max + 1;
  EXPECT_DEATH(static_cast<void>(connection.block(job, plain_content())), "token_size");
}

}  // namespace
}  // namespace muster::apns
