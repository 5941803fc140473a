#include "http/reply_text.h"

#include <gtest/gtest.h>

#include "http/date.h"

namespace muster::http {
namespace {

constexpr WallTime some_time{784'111'777'000};

TEST(HttpDate, IsWrittenAsTheRfcWritesIt) {
  EXPECT_EQ(date_text(some_time), "Sun, 06 Nov 1994 08:49:37 GMT");
  EXPECT_EQ(date_text(WallTime{0}), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_text(WallTime{1'709'251'199'999}), "Thu, 29 Feb 2024 23:59:59 GMT");
}

TEST(ReplyText, IsStatusLineAndFields) {
  EXPECT_EQ(head_of({404, {{"X-A", "1"}, {"X-A", "2"}}, "gone"}, {}, some_time),
            "HTTP/1.1 404 Not Found\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nX-A: 1\r\nX-A: 2\r\n"
            "Cache-Control: no-store\r\nContent-Length: 4\r\n\r\n");
}

TEST(ReplyText, LeavesOutWhatIsTheServersToSay) {
  const Reply reply{200,
                    {{"content-length", "9"},
                     {"CONNECTION", "upgrade"},
                     {"Date", "never"},
                     {"Transfer-Encoding", "chunked"},
                     {"Keep-Alive", "x"},
                     {"Server", "x"}},
                    ""};
  EXPECT_EQ(head_of(reply, {}, some_time),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: no-store\r\n"
            "Content-Length: 0\r\n\r\n");
}

TEST(ReplyText, SaysOfAStreamThatItComesInChunks) {
  ReplyManner manner;
  manner.stream = true;
  EXPECT_EQ(head_of({200, {}, ""}, manner, some_time),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nCache-Control: no-store\r\n"
            "Transfer-Encoding: chunked\r\n\r\n");
  EXPECT_EQ(head_of({304, {}, ""}, manner, some_time).find("Transfer-Encoding"), std::string::npos);
  manner.old = manner.last = true;
  EXPECT_TRUE(head_of({200, {}, ""}, manner, some_time)
                  .ends_with("Cache-Control: no-store\r\nConnection: close\r\n\r\n"));
}

TEST(ReplyText, CountsChunksInHexadecimal) {
  EXPECT_EQ(chunk_head(1), "1\r\n");
  EXPECT_EQ(chunk_head(255), "ff\r\n");
  EXPECT_EQ(chunk_head(8UL * 1024 * 1024), "800000\r\n");
}

TEST(ReplyText, KnowsStatusesWithoutAReason) {
  EXPECT_TRUE(head_of({299, {}, ""}, {}, some_time).starts_with("HTTP/1.1 299 \r\n"));
}

TEST(ReplyText, IsNotWrittenWhereItWouldForge) {
  const auto sendable = [](const std::string& name, const std::string& value) {
    return is_sendable({200, {{name, value}}, ""});
  };
  EXPECT_TRUE(sendable("X-Name", "any \t \xc3\xa4 text"));
  EXPECT_TRUE(sendable("X-Name", ""));
  EXPECT_FALSE(sendable("", "x"));
  EXPECT_FALSE(sendable("X Name", "x"));
  EXPECT_FALSE(sendable("X:", "x"));
  EXPECT_FALSE(sendable("X\r\nY", "x"));
  EXPECT_FALSE(sendable("X", "a\nb"));
  EXPECT_FALSE(sendable("X", "a\rb"));
  EXPECT_FALSE(sendable("X", std::string("a\0b", 3)));
}

TEST(ReplyText, IsOfAFinalStatusAlone) {
  EXPECT_FALSE(is_sendable({0, {}, ""}));
  EXPECT_FALSE(is_sendable({100, {}, ""}));
  EXPECT_FALSE(is_sendable({199, {}, ""}));
  EXPECT_TRUE(is_sendable({200, {}, ""}));
  EXPECT_TRUE(is_sendable({599, {}, ""}));
  EXPECT_FALSE(is_sendable({600, {}, ""}));
}

}  // namespace
}  // namespace muster::http
