#include "loadgen/fast_smtp.h"

#include <gtest/gtest.h>

namespace muster::loadgen {
namespace {

std::string heard(FastSmtp& smtp) {
  std::vector<Byte> bytes;
  smtp.transmit(bytes);
  return std::string(as_text(bytes));
}

TEST(FastSmtp, FindsTheEndOfATextWhereverReadsAreSplit) {
  const std::string flight =
      "MAIL FROM:<a@b>\r\nRCPT "
      "TO:<a@b>\r\nDATA\r\nx\r\n..\r\n.y\r\n\r\n.\r\nRSET\r\nDATA\r\n.\r\nQUIT"
      "\r\n";
  for (std::size_t piece = 1; piece <= flight.size(); ++piece) {
    SmtpPeer peer;
    FastSmtp smtp(peer, false);
    for (std::size_t at = 0; at < flight.size(); at += piece) {
      smtp.receive(as_bytes(flight).subspan(at, std::min(piece, flight.size() - at)), {});
    }
    EXPECT_EQ(peer.stats.messages, 2U) << piece;
    EXPECT_EQ(peer.stats.resets, 1U) << piece;
    EXPECT_TRUE(smtp.wants_close()) << piece;
  }
}

TEST(FastSmtp, TakesChunksAndAnswersEveryCommandOnce) {
  SmtpPeer peer;
  FastSmtp smtp(peer, false);
  (void)heard(smtp);
  smtp.receive(as_bytes("MAIL FROM:<a@b>\r\nRCPT TO:<a@b>\r\nBDAT 3\r\nabcBDAT 0 LAST\r\nWHAT\r\n"),
               {});
  EXPECT_EQ(heard(smtp),
            "250 2.1.0 Ok\r\n250 2.1.5 Ok\r\n250 2.0.0 Ok\r\n250 2.0.0 Ok: queued as FAST\r\n500 "
            "5.5.2 Command unrecognized\r\n");
}

TEST(FastSmtp, AnswersAfterItsDelay) {
  SmtpPeer peer;
  peer.delay = std::chrono::milliseconds(5);
  FastSmtp smtp(peer, false);
  (void)heard(smtp);
  smtp.receive(as_bytes("NOOP\r\n"), Instant{});
  EXPECT_EQ(heard(smtp), "");
  EXPECT_EQ(smtp.deadline(), Instant{} + peer.delay);
  smtp.expire(smtp.deadline());
  EXPECT_EQ(heard(smtp), "250 2.0.0 Ok\r\n");
}

TEST(FastSmtp, LetsAnybodyLogInAndBeginTls) {
  SmtpPeer peer;
  peer.rules.user = "bob";
  peer.rules.starttls = true;
  FastSmtp smtp(peer, false);
  (void)heard(smtp);
  smtp.receive(as_bytes("AUTH LOGIN\r\nYQ==\r\nYg==\r\nAUTH PLAIN AGEAYg==\r\nSTARTTLS\r\n"), {});
  EXPECT_EQ(heard(smtp),
            "334 VXNlcm5hbWU6\r\n334 UGFzc3dvcmQ6\r\n235 2.7.0 Ok\r\n235 2.7.0 Ok\r\n220 2.0.0 "
            "Ready\r\n");
  EXPECT_TRUE(smtp.wants_tls());
  smtp.secured({});
  EXPECT_FALSE(smtp.wants_tls());
}

}  // namespace
}  // namespace muster::loadgen
