#include "apns/request.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "apns/payload.h"
#include "json/small_object.h"
#include "tests/apns/pair.h"

namespace muster::apns {
namespace {

using ::testing::ElementsAre;
using testing::Pair;

std::vector<std::string> names(const testing::ReceivedRequest& request) {
  std::vector<std::string> all;
  for (const auto& field : request.fields) {
    all.push_back(field.name);
  }
  return all;
}

TEST(ApnsRequest, WakesADeviceForItsMdmServer) {
  Pair pair;
  pair.connect();
  pair.submit(1);
  pair.turn();
  const auto& request = pair.peer.requests[1];
  EXPECT_THAT(names(request),
              ElementsAre(":method", ":scheme", ":authority", ":path", "apns-topic",
                          "apns-push-type", "apns-priority", "apns-expiration", "apns-id"));
  EXPECT_EQ(request.field(":method"), "POST");
  EXPECT_EQ(request.field(":scheme"), "https");
  EXPECT_EQ(request.field(":authority"), "api.push.apple.com:443");
  EXPECT_EQ(request.field(":path"), "/3/device/" + to_hex(pair.jobs[0].token()));
  EXPECT_EQ(request.field("apns-topic"), "com.apple.mgmt.External.1");
  EXPECT_EQ(request.field("apns-push-type"), "mdm");
  EXPECT_EQ(request.field("apns-priority"), "10");
  EXPECT_EQ(request.field("apns-expiration"), "1700604800");
  EXPECT_EQ(request.field("apns-id"), "a0a1a2a3-a4a5-86a7-8000-000100000000");
  EXPECT_EQ(request.body, R"({"mdm":"3C5F2A7E-0000-4000-8000-0123456789AB"})");
  EXPECT_TRUE(request.complete);
}

TEST(ApnsRequest, AlertsInTheLanguageOfTheJob) {
  Pair pair(Pair::alert());
  pair.content.alert_payloads = {"{\"aps\":0}", "{\"aps\":1}"};
  pair.connect();
  for (const int language : {1, 0, 9}) {
    pair.add_job();
    pair.jobs.back().language = static_cast<std::uint8_t>(language);
    pair.session->submit(static_cast<Slot>(pair.jobs.size() - 1), pair.jobs.back(), pair.content,
                         pair.clock.now());
  }
  pair.turn();
  EXPECT_EQ(pair.peer.requests[1].body, "{\"aps\":1}");
  EXPECT_EQ(pair.peer.requests[3].body, "{\"aps\":0}");
  EXPECT_EQ(pair.peer.requests[5].body, "{\"aps\":0}");
  EXPECT_EQ(pair.peer.requests[1].field("apns-push-type"), "alert");
  EXPECT_EQ(pair.peer.requests[1].field("apns-collapse-id"),
            pair.peer.requests[1].field("apns-id"));
  EXPECT_LE(pair.peer.requests[1].field("apns-collapse-id").size(), 64U);
}

TEST(ApnsRequest, CarriesTheSameIdsAtEveryAttempt) {
  std::vector<std::string> ids;
  for (int attempt = 1; attempt <= 2; ++attempt) {
    Pair pair(Pair::alert());
    pair.connect();
    pair.add_job();
    pair.jobs[0].attempts = static_cast<std::uint8_t>(attempt);
    pair.session->submit(0, pair.jobs[0], pair.content, pair.clock.now());
    pair.turn();
    ids.push_back(pair.peer.requests[1].field("apns-id") +
                  pair.peer.requests[1].field("apns-collapse-id"));
  }
  EXPECT_EQ(ids[0], ids[1]);
}

TEST(ApnsRequest, TakesTokensOfAnySize) {
  for (const std::size_t size : {limits::push_token_bytes_min, limits::push_token_bytes_max}) {
    Pair pair;
    pair.connect();
    pair.add_job();
    pair.jobs[0].token_size = static_cast<std::uint8_t>(size);
    pair.session->submit(0, pair.jobs[0], pair.content, pair.clock.now());
    pair.turn();
    EXPECT_EQ(pair.peer.requests[1].field(":path").size(), 10 + 2 * size);
  }
}

// The header blocks that a session writes, one after the other through one decompressor.
class HeaderBlocks {
 public:
  HeaderBlocks() { EXPECT_EQ(nghttp2_hd_inflate_new(&inflater_), 0); }
  ~HeaderBlocks() { nghttp2_hd_inflate_del(inflater_); }
  HeaderBlocks(const HeaderBlocks&) = delete;
  HeaderBlocks& operator=(const HeaderBlocks&) = delete;

  // Returns the sizes of the blocks of the HEADERS frames in what the session transmits next.
  std::vector<std::size_t> read(Pair& pair) {
    testing::Buffer room(1 << 20);
    const std::size_t size = pair.session->transmit(room, pair.clock.now());
    std::vector<std::size_t> sizes;
    std::size_t at = 0;
    while (at + 9 <= size) {
      const std::size_t length =
          std::size_t{room[at]} << 16 | std::size_t{room[at + 1]} << 8 | room[at + 2];
      if (room[at + 3] == NGHTTP2_HEADERS) {
        inflate(room.data() + at + 9, length);
        sizes.push_back(length);
      }
      at += 9 + length;
    }
    return sizes;
  }

  // The names in the dynamic table, oldest last, with how often.
  std::map<std::string, int> table() {
    std::map<std::string, int> names;
    constexpr std::size_t static_entries = 61;
    const std::size_t entries = nghttp2_hd_inflate_get_num_table_entries(inflater_);
    for (std::size_t i = static_entries + 1; i <= entries; ++i) {
      const nghttp2_nv* field = nghttp2_hd_inflate_get_table_entry(inflater_, i);
      ++names[std::string(as_text(Bytes(field->name, field->namelen)))];
    }
    return names;
  }

 private:
  void inflate(const std::uint8_t* block, std::size_t size) {
    for (;;) {
      nghttp2_nv field{};
      int flags = 0;
      const ssize_t taken = nghttp2_hd_inflate_hd2(inflater_, &field, &flags, block, size, 1);
      ASSERT_GE(taken, 0);
      block += taken;
      size -= static_cast<std::size_t>(taken);
      if ((flags & NGHTTP2_HD_INFLATE_FINAL) != 0) {
        break;
      }
    }
    ASSERT_EQ(nghttp2_hd_inflate_end_headers(inflater_), 0);
  }

  nghttp2_hd_inflater* inflater_ = nullptr;
};

TEST(ApnsRequest, CompressesAsAppleAsks) {
  FakeClock clock;
  ProviderToken token{crypto::Es256Key::generate(), {"K", "T"}, clock};
  auto settings = Pair::alert();
  settings.token = &token;
  Pair pair(settings);
  pair.connect();
  HeaderBlocks blocks;
  pair.submit(1);
  const std::size_t first = blocks.read(pair).at(0);
  pair.receive(testing::status_frame(1, "200", true));
  pair.submit(99);
  const auto sizes = blocks.read(pair);
  ASSERT_EQ(sizes.size(), 99U);

  // Whatever a hundred requests have in common stands in the table once; of the ids only the first.
  const std::map<std::string, int> expected{
      {":authority", 1},      {"apns-topic", 1}, {"apns-push-type", 1},  {"apns-priority", 1},
      {"apns-expiration", 1}, {"apns-id", 1},    {"apns-collapse-id", 1}};
  EXPECT_EQ(blocks.table(), expected);
  // Then a request is its token, its path, two ids, and a byte for each of the rest.
  const std::size_t authorization = token.read().authorization->size();
  for (const std::size_t size : sizes) {
    EXPECT_LT(size, authorization + 74 + 2 * 36 + 20);
    EXPECT_LT(size, first - 60);
  }
}

// What changes with each request would push everything else out of a table of 4,096 bytes.
TEST(ApnsRequest, PutsNothingIntoTheTableAfterTheFirst) {
  FakeClock clock;
  ProviderToken token{crypto::Es256Key::generate(), {"K", "T"}, clock};
  auto settings = Pair::alert();
  settings.token = &token;
  Pair pair(settings);
  pair.connect();
  pair.submit(1);
  pair.turn();
  pair.peer.respond(1, 200);
  pair.turn();
  const auto table = pair.peer.table_bytes();
  pair.submit(10);
  pair.turn();
  EXPECT_GT(table, 0U);
  EXPECT_EQ(pair.peer.table_bytes(), table);
  const auto& request = pair.peer.requests[3];
  EXPECT_TRUE(request.never_indexed("authorization"));
  for (const char* name : {":method", ":authority", "apns-topic", "apns-push-type", "apns-priority",
                           "apns-expiration"}) {
    EXPECT_FALSE(request.never_indexed(name)) << name;
  }
}

TEST(ApnsPayload, EscapesAMagicThatNeedsIt) {
  MdmPayload payload;
  const std::string plain = "a-B_9";
  EXPECT_EQ(std::string(payload.data(), write_mdm_payload(plain, payload)), R"({"mdm":"a-B_9"})");
  const std::string odd = "\"\\\n\x01 \xc3\xa9";
  EXPECT_EQ(std::string(payload.data(), write_mdm_payload(odd, payload)),
            "{\"mdm\":\"\\\"\\\\\\u000a\\u0001 \xc3\xa9\"}");
  const std::string worst(limits::push_magic_bytes_max, '\0');
  EXPECT_EQ(write_mdm_payload(worst, payload), mdm_payload_bytes_max);
  const std::string all(payload.data(), mdm_payload_bytes_max);
  json::SmallObject object;
  ASSERT_TRUE(object.read(all));
  EXPECT_EQ(object.string("mdm"), std::string_view(worst));
}

TEST(ApnsPayload, SendsAMagicThatGrowsThroughASmallWindow) {
  Pair pair(Pair::certificate(), {.window = 7});
  pair.connect();
  pair.add_job();
  pair.jobs[0].target.fill('"');
  pair.jobs[0].magic_size = limits::push_magic_bytes_max;
  pair.session->submit(0, pair.jobs[0], pair.content, pair.clock.now());
  pair.turn();
  EXPECT_TRUE(pair.peer.requests[1].complete);
  EXPECT_EQ(pair.peer.requests[1].body.size(), 10 + 2 * limits::push_magic_bytes_max);
}

TEST(ApnsPayload, BuildsAnAlert) {
  const auto payload =
      alert_payload({"Einladung", "Say \"yes\"\n", "https://example.com/i?c=1&d=2"});
  ASSERT_TRUE(payload.has_value());
  EXPECT_EQ(
      *payload,
      R"({"aps":{"alert":{"title":"Einladung","body":"Say \"yes\"\u000a"},"sound":"default"},)"
      R"("url":"https://example.com/i?c=1&d=2"})");
}

TEST(ApnsPayload, ComplainsOfAnAlertThatIsTooLong) {
  const auto overhead = alert_payload({"", "", ""})->size();
  const std::string most(limits::payload_bytes_max - overhead, 'x');
  EXPECT_TRUE(alert_payload({"", most, ""}).has_value());
  const auto longer = alert_payload({"x", most, ""});
  ASSERT_FALSE(longer.has_value());
  EXPECT_EQ(
      longer.error().line_of_text(),
      "the notification's payload has 4097 bytes; expected at most 4096, Apple's limit; shorten "
      "the notification's title or text");
}

}  // namespace
}  // namespace muster::apns
