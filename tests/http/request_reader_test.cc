#include "http/request_reader.h"

#include <gtest/gtest.h>

#include <array>

namespace muster::http {
namespace {

using State = RequestReader::State;

constexpr std::size_t header_max = 512;
constexpr std::size_t body_max = 64;

State after(RequestReader& reader, std::string_view bytes) {
  reader.input() += bytes;
  return reader.advance();
}

// The status that these bytes are refused with; 0: they are not.
int refusal_of_bytes(std::string_view bytes) {
  RequestReader reader(header_max, body_max);
  return after(reader, bytes) == State::refused ? reader.refusal() : 0;
}

std::string with_fields(const std::string& fields) {
  return "POST / HTTP/1.1\r\nHost: a\r\n" + fields + "\r\n";
}

TEST(RequestReader, ReadsARequestWhole) {
  RequestReader reader(header_max, body_max);
  ASSERT_EQ(after(reader,
                  "PUT /a%20b?c=d HTTP/1.1\r\nHost: a\r\nX-Odd: 1 \r\n"
                  "Content-Length: 5\r\n\r\nhello"),
            State::whole);
  const auto request = reader.take();
  EXPECT_EQ(request.method, "PUT");
  EXPECT_EQ(request.path, "/a b");
  EXPECT_EQ(request.query, "c=d");
  EXPECT_EQ(request.body, "hello");
  ASSERT_EQ(request.fields.size(), 3U);
  EXPECT_EQ(request.fields[1].name, "X-Odd");
  EXPECT_EQ(request.fields[1].value, "1");
  EXPECT_TRUE(reader.keeps_connection());
  EXPECT_FALSE(reader.has_input());
}

TEST(RequestReader, ReadsByteByByte) {
  RequestReader reader(header_max, body_max);
  const std::string request =
      "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
      "3;ext=\"1\"\r\nabc\r\n2\r\nde\r\n0\r\nX-Trailer: t\r\n\r\n";
  for (std::size_t at = 0; at + 1 < request.size(); ++at) {
    ASSERT_EQ(after(reader, request.substr(at, 1)), State::more) << at;
  }
  ASSERT_EQ(after(reader, "\n"), State::whole);
  const auto read = reader.take();
  EXPECT_EQ(read.body, "abcde");
  EXPECT_FALSE(field(read.fields, "X-Trailer").has_value());
}

TEST(RequestReader, ReadsPipelinedRequestsOneByOne) {
  RequestReader reader(header_max, body_max);
  reader.input() =
      "GET /1 HTTP/1.1\r\nHost: a\r\n\r\nPOST /2 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
      "\r\n\r\nGET /3 HTTP/1.1\r\nHost: a\r\n\r\nGET /4";
  ASSERT_EQ(reader.advance(), State::whole);
  EXPECT_EQ(reader.take().path, "/1");
  EXPECT_TRUE(reader.has_input());
  ASSERT_EQ(reader.advance(), State::whole);
  EXPECT_EQ(reader.take().body, "hi");
  ASSERT_EQ(reader.advance(), State::whole);
  EXPECT_EQ(reader.take().path, "/3");
  EXPECT_EQ(reader.advance(), State::more);
}

TEST(RequestReader, IsEmptyBetweenRequestsAndKeepsNoMemory) {
  RequestReader reader(header_max, body_max);
  EXPECT_EQ(reader.advance(), State::empty);
  EXPECT_EQ(after(reader, "\r\n\r\n"), State::empty);
  EXPECT_LT(reader.input().capacity(), 64U);
  ASSERT_EQ(after(reader, "GET / HTTP/1.1\r\nHost: a\r\n\r\n"), State::whole);
  static_cast<void>(reader.take());
  EXPECT_EQ(reader.advance(), State::empty);
  EXPECT_LT(reader.input().capacity(), 64U);
}

TEST(RequestReader, SaysOnceThatTheClientWaits) {
  RequestReader reader(header_max, body_max);
  EXPECT_EQ(after(reader, with_fields("Expect: 100-Continue\r\nContent-Length: 2\r\n")),
            State::expects);
  EXPECT_EQ(after(reader, "h"), State::more);
  EXPECT_EQ(after(reader, "i"), State::whole);
}

TEST(RequestReader, LetsNobodyWaitWhoHasSentTheBodyOrIsTooOld) {
  RequestReader reader(header_max, body_max);
  EXPECT_EQ(after(reader, with_fields("Expect: 100-continue\r\nContent-Length: 2\r\n") + "hi"),
            State::whole);
  RequestReader old(header_max, body_max);
  EXPECT_EQ(after(old, "POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"),
            State::more);
}

TEST(RequestReader, KnowsWhetherTheConnectionIsKept) {
  struct Case {
    const char* bytes;
    bool kept;
  };
  for (const auto& [bytes, kept] : std::array{
           Case{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", true},
           Case{"GET / HTTP/1.1\r\nHost: a\r\nConnection: foo, Close\r\n\r\n", false},
           Case{"GET / HTTP/1.0\r\n\r\n", false},
           Case{"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", true},
       }) {
    RequestReader reader(header_max, body_max);
    ASSERT_EQ(after(reader, bytes), State::whole);
    EXPECT_EQ(reader.keeps_connection(), kept) << bytes;
  }
}

TEST(RequestReader, RefusesWhatIsNoHttp) {
  EXPECT_EQ(refusal_of_bytes("\x16\x03\x01\x02\x01"), 400);  // the beginning of TLS
  EXPECT_EQ(refusal_of_bytes("hello\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("GET / HTTP/2.0\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("GET / HTTP/1.1\r\nHost a\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("GET / HTTP/1.1\r\nHost : a\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("GET / HTTP/1.1\nHost: a\n\n"), 400);
  EXPECT_EQ(refusal_of_bytes(std::string_view("GET / HTTP/1.1\r\nHost: a\0b\r\n\r\n", 28)), 400);
  EXPECT_EQ(refusal_of_bytes("GET /../a HTTP/1.1\r\nHost: a\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesWhereTwoCouldReadTwoRequests) {
  const auto of = [](const std::string& fields) { return refusal_of_bytes(with_fields(fields)); };
  EXPECT_EQ(of("Content-Length: 1\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(of("Transfer-Encoding: chunked\r\nContent-Length: 1\r\n"), 400);
  EXPECT_EQ(of("Transfer-Encoding: identity\r\nContent-Length: 1\r\n"), 400);
  EXPECT_EQ(of("Content-Length: 1\r\nContent-Length: 1\r\n"), 400);
  EXPECT_EQ(of("Content-Length: 1\r\nContent-Length: 2\r\n"), 400);
  EXPECT_EQ(of("Content-Length: 1, 1\r\n"), 400);
  EXPECT_EQ(of("Content-Length: +1\r\n"), 400);
  EXPECT_EQ(of("Content-Length: -1\r\n"), 400);
  EXPECT_EQ(of("Content-Length: 0x1\r\n"), 400);
  EXPECT_EQ(of("Content-Length:\r\n"), 400);
  EXPECT_EQ(of("Content-Length: 99999999999999999999999\r\n"), 400);
  EXPECT_EQ(of("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(of("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n"), 400);
  EXPECT_EQ(of("Transfer-Encoding: gzip, chunked\r\n"), 501);
  EXPECT_EQ(of("Transfer-Encoding: identity\r\n"), 501);
  EXPECT_EQ(of("Transfer-Encoding: xchunked\r\n"), 501);
  EXPECT_EQ(of("Host: b\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("GET / HTTP/1.1\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("GET / HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes("POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n"), 400);
}

TEST(RequestReader, RefusesAnExpectationItDoesNotKnow) {
  EXPECT_EQ(refusal_of_bytes(with_fields("Expect: cake\r\n")), 417);
}

TEST(RequestReader, BoundsTheHeaderHoweverItComes) {
  const std::string fitting = "GET / HTTP/1.1\r\nHost: a\r\nX: ";
  const auto padded = [&](std::size_t size) {
    return fitting + std::string(size - fitting.size() - 4, 'x') + "\r\n\r\n";
  };
  EXPECT_EQ(refusal_of_bytes(padded(header_max)), 0);
  EXPECT_EQ(refusal_of_bytes(padded(header_max + 1)), 431);
  EXPECT_EQ(refusal_of_bytes(padded(100 * header_max)), 431);
  EXPECT_EQ(refusal_of_bytes(std::string(header_max + 1, 'G')), 431);
  EXPECT_EQ(refusal_of_bytes("GET /" + std::string(header_max, 'x')), 431);

  RequestReader reader(header_max, body_max);
  auto state = after(reader, "GET / HTTP/1.1\r\nHost: a\r\n");
  for (std::size_t sent = 25; state == State::more; sent += 6) {
    ASSERT_LE(sent, header_max + 6);
    state = after(reader, "a: b\r\n");
  }
  EXPECT_EQ(state, State::refused);
  EXPECT_EQ(reader.refusal(), 431);
}

TEST(RequestReader, RefusesALongBodyBeforeItComes) {
  EXPECT_EQ(refusal_of_bytes(with_fields("Content-Length: 64\r\n")), 0);
  EXPECT_EQ(refusal_of_bytes(with_fields("Content-Length: 65\r\n")), 413);
  EXPECT_EQ(refusal_of_bytes(with_fields("Expect: 100-continue\r\nContent-Length: 65\r\n")), 413);
}

TEST(RequestReader, RefusesChunksThatAreTooMuch) {
  const auto chunked = with_fields("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(refusal_of_bytes(chunked + "41\r\n"), 413);
  EXPECT_EQ(refusal_of_bytes(chunked + "40\r\n" + std::string(64, 'x') + "\r\n1\r\n"), 413);
  EXPECT_EQ(refusal_of_bytes(chunked + "ffffffffffffffff\r\n"), 413);
  EXPECT_EQ(refusal_of_bytes(chunked + "10000000000000000\r\n"), 400);
}

TEST(RequestReader, RefusesBrokenChunks) {
  const auto chunked = with_fields("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(refusal_of_bytes(chunked + "g\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes(chunked + "-1\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes(chunked + "1\r\nxyz\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes(chunked + "0\r\nContent-Length: 3\r\n\r\n"), 400);
  EXPECT_EQ(refusal_of_bytes(chunked + "0\r\nbroken\r\n\r\n"), 400);
}

TEST(RequestReader, BoundsWhatStandsBetweenAndBehindChunks) {
  const auto chunked = with_fields("Transfer-Encoding: chunked\r\n");
  EXPECT_EQ(refusal_of_bytes(chunked + "1;" + std::string(header_max, 'x')), 431);
  EXPECT_EQ(refusal_of_bytes(chunked + "0\r\nX: " + std::string(header_max, 'x')), 431);
}

}  // namespace
}  // namespace muster::http
