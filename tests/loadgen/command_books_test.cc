#include "loadgen/command_books.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "loadgen/json_shape.h"
#include "scratch.h"

namespace muster::loadgen {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

BooksWishes wishes_in(const Scratch& scratch) {
  BooksWishes wishes;
  wishes.serving.listen = "127.0.0.1:0";
  wishes.serving.idle_s = 1;
  wishes.serving.port_file = scratch / "port";
  wishes.serving.stats_file = scratch / "stats";
  wishes.token_file = scratch / "token";
  wishes.journal_file = scratch / "journal";
  wishes.faults_file = MUSTER_SOURCE_DIR "/loadgen/faults/books.toml";
  return wishes;
}

TEST(CommandBooks, ServesUntilNobodyComesAndLeavesItsFiles) {
  const Scratch scratch;
  auto wishes = wishes_in(scratch);
  wishes.serving.tls_dir = scratch / "tls";
  ::testing::internal::CaptureStdout();
  const auto served = serve_books(wishes);
  const auto said = ::testing::internal::GetCapturedStdout();
  ASSERT_TRUE(served.has_value()) << served.error().line_of_text();
  EXPECT_GT(std::stoi(scratch.read("port")), 0);
  EXPECT_THAT(scratch.read("token"), EndsWith("\n"));
  EXPECT_EQ(scratch.read("stats"), said);
  EXPECT_TRUE(valid_json(said));
  EXPECT_THAT(said, HasSubstr("\"violations\":{\"batch_over_limit\":0,"));
}

TEST(CommandBooks, SaysWhichFileKeepsItFromServing) {
  const Scratch scratch;
  const auto complaint = [&scratch](const std::function<void(BooksWishes&)>& spoil) {
    auto wishes = wishes_in(scratch);
    spoil(wishes);
    const auto served = serve_books(wishes);
    return served ? std::string() : served.error().line_of_text();
  };
  const std::string nowhere = "/nowhere/at/all";
  EXPECT_THAT(complaint([&](auto& wishes) { wishes.faults_file = nowhere; }), HasSubstr(nowhere));
  EXPECT_THAT(complaint([&](auto& wishes) { wishes.journal_file = nowhere; }), HasSubstr(nowhere));
  EXPECT_THAT(complaint([&](auto& wishes) { wishes.token_file = nowhere; }), HasSubstr(nowhere));
  EXPECT_THAT(complaint([&](auto& wishes) { wishes.serving.tls_dir = nowhere; }),
              HasSubstr(nowhere));
  EXPECT_THAT(complaint([&](auto& wishes) { wishes.serving.port_file = nowhere; }),
              HasSubstr(nowhere));
  EXPECT_THAT(complaint([&](auto& wishes) { wishes.serving.stats_file = nowhere; }),
              HasSubstr(nowhere));
}

}  // namespace
}  // namespace muster::loadgen
