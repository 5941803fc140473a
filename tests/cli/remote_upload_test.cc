#include "cli/remote_upload.h"

#include <gmock/gmock.h>

#include "tests/cli/upload_server.h"

namespace muster::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::size_t mebibyte = 1024UL * 1024;

class RemoteUploadTest : public UploadServer {
 protected:
  // Bytes that differ wherever one looks.
  static std::string content(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i) {
      text[i] = static_cast<char>(i * 31 + i / 251);
    }
    return text;
  }
  Checked<Done> send(const RosterFiles& files,
                     const std::function<bool(const ImportProgress&)>& progress = nullptr) {
    RemoteUpload upload(*link_, files, [&](Duration duration) { waits_.push_back(duration); });
    return upload.send(progress);
  }
  RosterFiles one(const std::string& text) {
    return {{{file("a.zip", text), "a.zip", text.size()}}, false, text.size()};
  }

  std::vector<Duration> waits_;
};

TEST_F(RemoteUploadTest, SendsPieceByPiece) {
  serve();
  const auto text = content(2 * mebibyte + 5);
  std::vector<std::uint64_t> seen;
  const auto sent = send(one(text), [&](const ImportProgress& progress) {
    EXPECT_EQ(progress.bytes_total, text.size());
    seen.push_back(progress.bytes_done);
    return true;
  });
  ASSERT_TRUE(sent) << sent.failure().line;
  EXPECT_EQ(bytes_kept(), text);
  EXPECT_THAT(pieces_, ElementsAre(mebibyte, mebibyte, 5U));
  EXPECT_THAT(seen, ElementsAre(0U, mebibyte, 2 * mebibyte, text.size()));
  EXPECT_EQ(made_, R"({"files":[{"name":"a.zip","bytes":2097157}],"folder":false})");
  EXPECT_TRUE(waits_.empty());
  EXPECT_TRUE(removed_);
}

TEST_F(RemoteUploadTest, SendsFilesBehindOneAnother) {
  serve();
  piece_bytes_max_ = 4;
  const RosterFiles files = {{{file("a.csv", "aaa"), "a.csv", 3},
                              {file("b.csv", ""), "b.csv", 0},
                              {file("c.csv", "cccccc"), "c.csv", 6}},
                             true,
                             9};
  ASSERT_TRUE(send(files));
  EXPECT_EQ(bytes_kept(), "aaacccccc");
  EXPECT_THAT(pieces_, ElementsAre(4U, 4U, 1U));
  EXPECT_THAT(made_, HasSubstr(R"("folder":true)"));
}

TEST_F(RemoteUploadTest, GoesOnWhereTheServerIsAfterABrokenConnection) {
  serve();
  const auto text = content(3 * mebibyte);
  // What is lost on a connection that was used before libcurl says once more by itself: so is the
  // piece that the server kept without a word.
  fates_ = {Fate::done, Fate::lost, Fate::lost, Fate::done, Fate::unheard};
  const auto sent = send(one(text));
  ASSERT_TRUE(sent) << sent.failure().line;
  EXPECT_EQ(bytes_kept(), text);
  constexpr auto half = mebibyte / 2;
  EXPECT_THAT(pieces_, ElementsAre(mebibyte, mebibyte, mebibyte, half, half, half, half, half));
  EXPECT_THAT(waits_, ElementsAre(std::chrono::milliseconds(250)));
}

TEST_F(RemoteUploadTest, BelievesTheServerWhatItHas) {
  serve();
  // The piece is kept, nobody says so, and the server is too busy to be asked.
  fates_ = {Fate::unheard, Fate::busy};
  const auto text = content(mebibyte + 1);
  const auto sent = send(one(text));
  ASSERT_TRUE(sent) << sent.failure().line;
  EXPECT_EQ(bytes_kept(), text);
}

TEST_F(RemoteUploadTest, WaitsForABusyServer) {
  serve();
  fates_ = {Fate::busy, Fate::busy, Fate::busy, Fate::busy, Fate::lost, Fate::lost};
  ASSERT_TRUE(send(one("abc")));
  EXPECT_EQ(bytes_kept(), "abc");
  EXPECT_THAT(waits_, ElementsAre(std::chrono::milliseconds(250), std::chrono::milliseconds(500),
                                  std::chrono::milliseconds(1000)));
}

TEST_F(RemoteUploadTest, GivesUpWhereNothingComesThrough) {
  serve();
  fates_ = std::deque<Fate>(100, Fate::lost);
  const auto lost = send(one(content(mebibyte)));
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.failure().kind, FailureKind::cannot_start);
  EXPECT_THAT(lost.failure().line, HasSubstr("cannot be asked"));
  EXPECT_EQ(waits_.size(), 8U);
  EXPECT_EQ(waits_.back(), std::chrono::seconds(8));
  EXPECT_EQ(pieces_.back(), 64UL * 1024) << "by small pieces at last";
  EXPECT_TRUE(removed_);
}

TEST_F(RemoteUploadTest, EndsWhereTheServerHasForgottenIt) {
  serve();
  fates_ = {Fate::gone};
  const auto gone = send(one("abc"));
  ASSERT_FALSE(gone);
  EXPECT_EQ(gone.failure().line, "not now");
  fates_ = {Fate::lost, Fate::gone};
  const auto forgotten = send(one("abc"));
  ASSERT_FALSE(forgotten);
  EXPECT_EQ(forgotten.failure().line, "not now");
}

TEST_F(RemoteUploadTest, EndsWhereSomethingElseAnswers) {
  serve();
  fates_ = {Fate::odd};
  EXPECT_FALSE(send(one("abc")));
  piece_bytes_max_ = 0;
  const auto odd = send(one("abc"));
  ASSERT_FALSE(odd);
  EXPECT_THAT(odd.failure().line, HasSubstr("is it a muster server?"));
  status_of_making_ = 507;
  const auto full = send(one("abc"));
  ASSERT_FALSE(full);
  EXPECT_EQ(full.failure().line, "no room");
}

TEST_F(RemoteUploadTest, StopsWhenItIsTold) {
  serve();
  const auto stopped = send(one(content(2 * mebibyte)), [](const ImportProgress& progress) {
    return progress.bytes_done == 0;
  });
  ASSERT_FALSE(stopped);
  EXPECT_EQ(stopped.failure().kind, FailureKind::refused);
  EXPECT_EQ(pieces_.size(), 1U);
  EXPECT_TRUE(removed_);
}

TEST_F(RemoteUploadTest, SaysWhichFileHasChangedMeanwhile) {
  serve();
  auto files = one("abc");
  files.files[0].bytes = files.bytes = 4;
  const auto shorter = send(files);
  ASSERT_FALSE(shorter);
  EXPECT_THAT(shorter.failure().line, HasSubstr("a.zip cannot be read to its end"));
  EXPECT_TRUE(removed_);
}

}  // namespace
}  // namespace muster::cli
