#include "loadgen/web_answer.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

using State = WebAnswerReader::State;

WebAnswerReader read(const std::string& text) {
  WebAnswerReader reader;
  reader.receive(text);
  return reader;
}

TEST(WebAnswer, IsReadInPiecesOfAnySize) {
  const std::string text = "HTTP/1.1 200 OK\r\ncontent-length:  5 \r\nX: y\r\n\r\nhello";
  WebAnswerReader reader;
  EXPECT_FALSE(reader.begun());
  for (std::size_t i = 0; i < text.size(); ++i) {
    EXPECT_EQ(reader.state(), State::reading) << i;
    reader.receive(text.substr(i, 1));
  }
  EXPECT_EQ(reader.state(), State::whole);
  EXPECT_TRUE(reader.begun());
  EXPECT_EQ(reader.status(), 200);
  EXPECT_EQ(reader.body(), "hello");
  EXPECT_TRUE(reader.keeps());
}

TEST(WebAnswer, MayHaveNoBody) {
  const auto empty = read("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(empty.state(), State::whole);
  EXPECT_EQ(empty.body(), "");
  EXPECT_EQ(read("HTTP/1.1 204 No Content\r\n\r\n").state(), State::whole);
}

TEST(WebAnswer, MayComeInChunks) {
  const auto reader = read(
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
      "5\r\nhello\r\nB;x=y\r\n, wide worl\r\n0\r\nTrailer: 1\r\n\r\n");
  EXPECT_EQ(reader.state(), State::whole);
  EXPECT_EQ(reader.body(), "hello, wide worl");
}

TEST(WebAnswer, WithoutALengthEndsWithTheConnection) {
  auto reader = read("HTTP/1.1 200 OK\r\n\r\nall of it");
  EXPECT_EQ(reader.state(), State::reading);
  reader.end();
  EXPECT_EQ(reader.state(), State::whole);
  EXPECT_EQ(reader.body(), "all of it");
  EXPECT_FALSE(reader.keeps());
}

TEST(WebAnswer, CutShortIsBroken) {
  auto reader = read("HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhel");
  reader.end();
  EXPECT_EQ(reader.state(), State::broken);
}

TEST(WebAnswer, SkipsWhatGoesBeforeIt) {
  const auto reader =
      read("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(reader.state(), State::whole);
  EXPECT_EQ(reader.status(), 503);
}

TEST(WebAnswer, SaysWhetherTheConnectionMayBeKept) {
  const std::string rest = "Content-Length: 0\r\n\r\n";
  EXPECT_FALSE(read("HTTP/1.1 200 OK\r\nConnection: close\r\n" + rest).keeps());
  EXPECT_FALSE(read("HTTP/1.0 200 OK\r\n" + rest).keeps());
  EXPECT_TRUE(read("HTTP/1.0 200 OK\r\nConnection: Keep-Alive\r\n" + rest).keeps());
}

TEST(WebAnswer, IsBrokenByWhatCannotBeRead) {
  const std::string fine = "HTTP/1.1 200 OK\r\n";
  const std::string chunked = fine + "Transfer-Encoding: chunked\r\n\r\n";
  for (const auto& text :
       {std::string("SMTP/1.1 200 OK\r\n\r\n"), std::string("HTTP/1.1 abc OK\r\n\r\n"),
        std::string("HTTP/1.1 99\r\n\r\n"), fine + "no colon\r\n\r\n",
        fine + "Content-Length: x\r\n\r\n", fine + "Content-Length: 1\r\nContent-Length: 2\r\n\r\n",
        fine + "Content-Length: 99999999\r\n\r\n", fine + "Transfer-Encoding: gzip\r\n\r\n",
        fine + "Content-Length: 0\r\n\r\nand more", chunked + "zz\r\n", chunked + "1\r\naXX\r\n",
        chunked + std::string(20'000, 'f'), std::string(20'000, 'H'),
        chunked + "200000\r\n" + std::string(0x200000, 'x'),
        fine + "\r\n" + std::string(0x200000, 'x')}) {
    EXPECT_EQ(read(text).state(), State::broken) << text.substr(0, 60);
  }
}

}  // namespace
}  // namespace muster::loadgen
