#include "crypto/tls.h"

#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <algorithm>

#include "base/random.h"
#include "tests/crypto/tls_pair.h"

namespace muster::crypto {
namespace {

constexpr const char* topic = "com.apple.mgmt.External.test";

std::string pattern(std::size_t size) {
  Random random(7);
  std::string text(size, '\0');
  for (auto& c : text) {
    c = static_cast<char>(random.below(256));
  }
  return text;
}

class TlsPairTest : public testing::Test {
 public:
  void SetUp() override {
    ThrowAwayAuthority wanted;
    wanted.dir = folder.path();
    wanted.topic = topic;
    make(wanted);
    settings = PairSettings::mutual(folder);
  }
  // Replaces the certificates by those of another authority.
  void make_again(const ThrowAwayAuthority& wanted) { make(wanted); }

  Folder folder;
  PairSettings settings;
};

TEST_F(TlsPairTest, EstablishesWithBothCertificatesAndAlpn) {
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::none);
  EXPECT_EQ(pair.server_error, ErrorCode::none);
  EXPECT_TRUE(pair.client->established());
  EXPECT_TRUE(pair.server->established());
  EXPECT_EQ(pair.server->peer_subject(),
            "CN=Muster throw-away client,UID=com.apple.mgmt.External.test");
}

TEST_F(TlsPairTest, EstablishesByteByByte) {
  Pair pair(settings);
  pair.talk(1);
  ASSERT_TRUE(pair.client->established());
  ASSERT_TRUE(pair.server->established());
  ASSERT_TRUE(pair.client->encrypt(as_bytes("hello")).has_value());
  pair.talk(1);
  EXPECT_EQ(pair.server_reads(), "hello");
}

TEST_F(TlsPairTest, CarriesBigDataBothWays) {
  const auto there = pattern(5'000'003);
  const auto back = pattern(3'000'001);
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.client->encrypt(as_bytes(there)).has_value());
  ASSERT_TRUE(pair.server->encrypt(as_bytes(back)).has_value());
  pair.talk(4'099);
  EXPECT_EQ(pair.server_reads(), there);
  EXPECT_EQ(pair.client_reads(), back);
}

TEST_F(TlsPairTest, ReadsWhileCiphertextTricklesIn) {
  const auto there = pattern(200'000);
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.client->encrypt(as_bytes(there)).has_value());
  std::string received;
  while (!pair.client->output().empty()) {
    const auto output = pair.client->output();
    const auto part = output.first(std::min<std::size_t>(1'000, output.size()));
    ASSERT_TRUE(pair.server->feed(part).has_value());
    pair.client->take(part.size());
    received += pair.server_reads();
  }
  EXPECT_EQ(received, there);
}

TEST_F(TlsPairTest, MakesOneRecordOfSixteenKibibytes) {
  constexpr std::size_t record_overhead = 5 + 1 + 16;  // header, content type, tag (TLS 1.3)
  Pair pair(settings);
  pair.talk();
  const auto text = pattern(16'384);
  ASSERT_TRUE(pair.client->encrypt(as_bytes(text)).has_value());
  EXPECT_EQ(pair.client->output().size(), text.size() + record_overhead);
}

TEST_F(TlsPairTest, EncryptsNothingIntoNothing) {
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.client->encrypt({}).has_value());
  EXPECT_TRUE(pair.client->output().empty());
}

TEST_F(TlsPairTest, SwapsOutWhatHasNotBeenTaken) {
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.client->encrypt(as_bytes("first and second")).has_value());
  const auto size = pair.client->output().size();
  ASSERT_TRUE(pair.server->feed(pair.client->output().first(10)).has_value());
  pair.client->take(10);
  std::vector<Byte> rest;
  pair.client->swap_output(rest);
  EXPECT_TRUE(pair.client->output().empty());
  EXPECT_EQ(rest.size(), size - 10);
  ASSERT_TRUE(pair.server->feed(rest).has_value());
  EXPECT_EQ(pair.server_reads(), "first and second");
}

TEST_F(TlsPairTest, ReadsWhatIsLentToItWhereItLies) {
  Pair pair(settings);
  pair.talk();
  const std::string text(100'000, 'x');
  ASSERT_TRUE(pair.client->encrypt(as_bytes(text)).has_value());
  std::vector<Byte> sealed;
  pair.client->swap_output(sealed);
  const TlsLoan loan(*pair.server, sealed);
  EXPECT_TRUE(*pair.server->feed({}));
  EXPECT_EQ(pair.server_reads(), text);
}

TEST_F(TlsPairTest, KeepsWhatWasNotReadWhenALoanEnds) {
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.client->encrypt(as_bytes("kept and lent")).has_value());
  std::vector<Byte> sealed;
  pair.client->swap_output(sealed);
  auto first = std::vector<Byte>(sealed.begin(), sealed.begin() + 10);
  {
    const TlsLoan loan(*pair.server, first);
  }
  std::fill(first.begin(), first.end(), Byte{0xff});  // the caller's again
  const TlsLoan loan(*pair.server, Bytes(sealed).subspan(10));
  EXPECT_EQ(pair.server_reads(), "kept and lent");
}

TEST_F(TlsPairTest, KeepsNothingOnceItHasFailed) {
  Pair pair(settings);
  pair.talk();
  const std::vector<Byte> garbage(100, Byte{0xff});
  {
    const TlsLoan loan(*pair.server, garbage);
    EXPECT_EQ(pair.server_reads(), "");
  }
  EXPECT_EQ(pair.server_error, ErrorCode::tls_protocol);
  EXPECT_EQ(pair.server->feed(garbage).error().code, ErrorCode::tls_protocol);
}

TEST_F(TlsPairTest, ShakesHandsFromLentBytes) {
  Pair pair(settings);
  ASSERT_TRUE(pair.client->feed({}).has_value());
  {
    const TlsLoan loan(*pair.server, pair.client->output());
    EXPECT_FALSE(*pair.server->feed({}));
  }
  pair.client->take(pair.client->output().size());
  pair.talk();
  EXPECT_TRUE(pair.server->established());
}

TEST_F(TlsPairTest, SendsNoTicketsAfterTheHandshake) {
  Pair pair(settings);
  pair.talk();
  EXPECT_TRUE(pair.server->output().empty());
  EXPECT_EQ(pair.client_reads(), "");
  EXPECT_EQ(pair.client_error, ErrorCode::none);
}

TEST_F(TlsPairTest, FindsThePeerByAddressAsWell) {
  settings.host = "127.0.0.1";
  Pair four(settings);
  four.talk();
  EXPECT_TRUE(four.client->established());
  settings.host = "::1";
  Pair six(settings);
  six.talk();
  EXPECT_TRUE(six.client->established());
}

TEST_F(TlsPairTest, RefusesAnotherName) {
  settings.host = "api.push.apple.com";
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::tls_certificate_wrong_name);
  EXPECT_FALSE(pair.client->established());
}

TEST_F(TlsPairTest, RefusesAnotherAddress) {
  settings.host = "127.0.0.2";
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::tls_certificate_wrong_name);
}

TEST_F(TlsPairTest, RefusesANameThatNoCertificateCanCarry) {
  settings.host = std::string(300, 'a');
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::tls_certificate_wrong_name);
}

TEST_F(TlsPairTest, RefusesAnAuthorityItDoesNotKnow) {
  settings.client.trust_file.clear();
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::tls_certificate_untrusted);
  // Our alert tells the server what is wrong with its certificate.
  EXPECT_EQ(pair.server_error, ErrorCode::tls_client_refused);
}

TEST_F(TlsPairTest, RefusesAnExpiredServer) {
  ThrowAwayAuthority wanted;
  wanted.dir = folder.path();
  wanted.topic = topic;
  wanted.server_valid_s = -60;
  make_again(wanted);
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::tls_certificate_expired);
}

TEST_F(TlsPairTest, LearnsThatItsCertificateIsMissing) {
  settings.client.certificate_file.clear();
  settings.client.key_file.clear();
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_reads(), "");
  EXPECT_EQ(pair.client_error, ErrorCode::tls_client_refused);
  EXPECT_EQ(pair.server_error, ErrorCode::tls_certificate_untrusted);
}

TEST_F(TlsPairTest, LearnsThatItsCertificateIsOfAForeignAuthority) {
  const Folder foreign;
  ThrowAwayAuthority wanted;
  wanted.dir = foreign.path();
  wanted.topic = topic;
  make_again(wanted);
  settings.client.certificate_file = foreign / "client.pem";
  settings.client.key_file = foreign / "client.key";
  Pair pair(settings);
  pair.talk();
  pair.client_reads();
  EXPECT_EQ(pair.client_error, ErrorCode::tls_client_refused);
  EXPECT_EQ(pair.server_error, ErrorCode::tls_certificate_untrusted);
}

TEST_F(TlsPairTest, TakesClientsWithoutCertificateWhereNoneIsRequired) {
  settings.client.certificate_file.clear();
  settings.client.key_file.clear();
  settings.server.client_required = false;
  Pair pair(settings);
  pair.talk();
  EXPECT_TRUE(pair.server->established());
  EXPECT_EQ(pair.server->peer_subject(), "");
  EXPECT_TRUE(pair.server->peer_certificate().empty());
}

TEST_F(TlsPairTest, TellsTheClientsCertificateWhole) {
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.server->established());
  const auto certificate = pair.server->peer_certificate();
  // A sequence of DER (X.690 §8.9) that is as long as it says, and holds the topic.
  ASSERT_GT(certificate.size(), 256U);
  EXPECT_EQ(certificate[0], 0x30);
  EXPECT_EQ(certificate[1], 0x82);
  EXPECT_EQ(certificate[2] * 256U + certificate[3] + 4U, certificate.size());
  EXPECT_NE(as_text(certificate).find(topic), std::string_view::npos);
}

TEST_F(TlsPairTest, TalksAsWellWhereSilenceGivesBuffersBack) {
  settings.server.mostly_idle = true;
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.server->established());
  for (const auto* text : {"one", "two"}) {
    ASSERT_TRUE(pair.client->encrypt(as_bytes(text)).has_value());
    pair.talk(7);
    EXPECT_EQ(pair.server_reads(), text);
    ASSERT_TRUE(pair.server->encrypt(as_bytes(text)).has_value());
    pair.talk(7);
    EXPECT_EQ(pair.client_reads(), text);
  }
}

TEST_F(TlsPairTest, RefusesAServerThatChoosesNoProtocol) {
  settings.server.alpn.clear();
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::alpn_refused);
  EXPECT_FALSE(pair.client->established());
}

TEST_F(TlsPairTest, RefusesAServerThatSpeaksAnotherProtocol) {
  settings.server.alpn = "http/1.1";
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.client_error, ErrorCode::alpn_refused);
  EXPECT_EQ(pair.server_error, ErrorCode::alpn_refused);
}

TEST_F(TlsPairTest, RefusesAClientThatAsksForNoProtocol) {
  settings.client.alpn.clear();
  Pair pair(settings);
  pair.talk();
  EXPECT_EQ(pair.server_error, ErrorCode::alpn_refused);
}

TEST_F(TlsPairTest, WorksWithoutProtocolNegotiation) {
  settings.client.alpn.clear();
  settings.server.alpn.clear();
  Pair pair(settings);
  pair.talk();
  EXPECT_TRUE(pair.client->established());
  EXPECT_TRUE(pair.server->established());
}

TEST_F(TlsPairTest, KeepsItsFirstErrorForEveryCall) {
  settings.host = "elsewhere.example";
  Pair pair(settings);
  pair.talk();
  std::vector<Byte> room(100);
  EXPECT_EQ(pair.client->feed({}).error().code, ErrorCode::tls_certificate_wrong_name);
  EXPECT_EQ(pair.client->decrypt(room).error().code, ErrorCode::tls_certificate_wrong_name);
  EXPECT_EQ(pair.client->encrypt(as_bytes("x")).error().code,
            ErrorCode::tls_certificate_wrong_name);
  pair.client->close_notify();
  EXPECT_TRUE(pair.client->output().empty());
}

TEST_F(TlsPairTest, CallsGarbageAProtocolError) {
  Pair pair(settings);
  ASSERT_TRUE(pair.client->feed({}).has_value());
  const auto fed = pair.client->feed(as_bytes("HTTP/1.1 400 Bad Request\r\n\r\n"));
  ASSERT_FALSE(fed.has_value());
  EXPECT_EQ(fed.error().code, ErrorCode::tls_protocol);
}

TEST_F(TlsPairTest, CallsABrokenRecordAProtocolErrorAfterWhatCameBefore) {
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.server->encrypt(as_bytes("good")).has_value());
  ASSERT_TRUE(pair.client->feed(pair.server->output()).has_value());
  pair.server->take(pair.server->output().size());
  ASSERT_TRUE(pair.server->encrypt(as_bytes("tampered")).has_value());
  std::vector<Byte> record;
  pair.server->swap_output(record);
  record.back() ^= 1;
  ASSERT_TRUE(pair.client->feed(record).has_value());
  EXPECT_EQ(pair.client_reads(), "good");
  EXPECT_EQ(pair.client_error, ErrorCode::tls_protocol);
}

TEST_F(TlsPairTest, TellsAnOrderlyCloseAfterTheLastBytes) {
  Pair pair(settings);
  pair.talk();
  ASSERT_TRUE(pair.server->encrypt(as_bytes("last words")).has_value());
  pair.server->close_notify();
  pair.server->close_notify();  // once is enough
  pair.talk();
  EXPECT_EQ(pair.client_reads(), "last words");
  EXPECT_EQ(pair.client_error, ErrorCode::connection_closed);
  pair.client->close_notify();
  pair.talk();
  EXPECT_EQ(pair.server_reads(), "");
  EXPECT_EQ(pair.server_error, ErrorCode::connection_closed);
}

TEST_F(TlsPairTest, DecryptsNothingBeforeTheHandshakeIsComplete) {
  Pair pair(settings);
  std::vector<Byte> room(10);
  const auto count = pair.client->decrypt(room);
  ASSERT_TRUE(count.has_value());
  EXPECT_EQ(*count, 0U);
  pair.client->close_notify();
  EXPECT_TRUE(pair.client->output().empty());
}

}  // namespace
}  // namespace muster::crypto
