#include "smtp/encoding.h"

#include <gtest/gtest.h>

namespace muster::smtp {
namespace {

// Fed in pieces of `size`, none of which divides a line end.
template <class Encoder>
std::string encoded(std::string_view text, std::size_t size = 1000) {
  Octets octets;
  Encoder encoder(octets);
  while (!text.empty()) {
    auto end = std::min(size, text.size());
    end += end < text.size() && text[end - 1] == '\r' && text[end] == '\n' ? 1 : 0;
    encoder.feed(text.substr(0, end));
    text.remove_prefix(end);
  }
  encoder.finish();
  return std::string(as_text(octets));
}
const auto qp = encoded<QuotedPrintable>;
const auto b64 = encoded<Base64>;

TEST(QuotedPrintable, EscapesWhatMayNotStand) {
  EXPECT_EQ(qp("a=b\u00e9\tc\x7f", 1000), "a=3Db=C3=A9\tc=7F\r\n");
  EXPECT_EQ(qp("", 1000), "\r\n");
}

TEST(QuotedPrintable, EscapesBlanksAtTheEndOfALine) {
  for (const std::size_t size : {1U, 2U, 100U}) {
    EXPECT_EQ(qp("a \r\nb\t\r\n c  ", size), "a=20\r\nb=09\r\n c =20\r\n");
  }
}

TEST(QuotedPrintable, BeginsNoLineWithADotOrFrom) {
  EXPECT_EQ(qp(".\r\n..a\r\nFrom me\r\nFro me\r\n From", 1000),
            "=2E\r\n=2E.a\r\n=46rom me\r\nFro me\r\n From\r\n");
  EXPECT_EQ(qp(std::string(75, 'x') + ".y", 1000), std::string(75, 'x') + "=\r\n=2Ey\r\n");
  EXPECT_EQ(qp(std::string(75, 'x') + "From ", 1000), std::string(75, 'x') + "=\r\n=46rom=20\r\n");
  EXPECT_EQ(qp("From x", 2), "=46rom x\r\n");
}

TEST(QuotedPrintable, EndsLinesWithin76) {
  for (std::size_t pad = 0; pad < 100; ++pad) {
    const auto text = qp(std::string(pad, 'x') + "\u00e9=  \u00e9" + std::string(100, 'y'), 7);
    for (std::size_t at = 0; at < text.size();) {
      const auto end = text.find("\r\n", at);
      EXPECT_LE(end - at, 76U);
      at = end + 2;
    }
  }
}

TEST(Base64Body, BreaksLinesAt76) {
  EXPECT_EQ(b64("", 1000), "");
  EXPECT_EQ(b64("foob", 1000), "Zm9vYg==\r\n");
  const std::string line(76, 'A');
  for (const std::size_t size : {1U, 56U, 57U, 58U, 1000U}) {
    EXPECT_EQ(b64(std::string(57, '\0'), size), line + "\r\n");
    EXPECT_EQ(b64(std::string(115, '\0'), size), line + "\r\n" + line + "\r\nAA==\r\n");
  }
}

}  // namespace
}  // namespace muster::smtp
