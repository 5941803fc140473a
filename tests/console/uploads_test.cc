#include "console/uploads.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <thread>

#include "tests/service/house.h"

namespace muster::console {
namespace {

using testing::HasSubstr;

class UploadsTest : public testing::Test {
 protected:
  void open(const Uploads::Plan& plan = {}) {
    uploads_.reset();
    auto opened = Uploads::open(folder_.path(), clock_, plan);
    ASSERT_TRUE(opened.has_value()) << opened.error().line_of_text();
    uploads_ = std::move(*opened);
  }
  // The id of one that is to come.
  std::string make(const std::vector<UploadOrder::File>& files, bool folder = false) {
    const auto made = uploads_->make("ann", {files, folder});
    EXPECT_TRUE(made.has_value()) << made.error().detail;
    return made ? made->id : "";
  }
  // The status of what is refused; 0: nothing is.
  std::uint16_t status_of(const Result<Upload, Refusal>& upload) {
    refusal_ = upload ? Refusal{} : upload.error();
    return upload ? std::uint16_t{0} : upload.error().status;
  }
  std::uint16_t adding(const std::string& id, std::uint64_t offset, std::string_view piece) {
    return status_of(uploads_->add("ann", id, offset, piece));
  }
  [[nodiscard]] std::size_t left() const {
    const std::filesystem::directory_iterator all(folder_ / "uploads");
    return static_cast<std::size_t>(std::distance(begin(all), end(all)));
  }
  static std::string content(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }
  static mode_t mode_of(const std::string& path) {
    struct stat facts{};
    EXPECT_EQ(::stat(path.c_str(), &facts), 0) << path;
    return facts.st_mode & 0777U;
  }

  Folder folder_;
  FakeClock clock_;
  std::unique_ptr<Uploads> uploads_;
  Refusal refusal_;
};

TEST_F(UploadsTest, PutsPiecesBehindOneAnother) {
  open();
  const auto id = make({{"school.zip", 10}});
  EXPECT_EQ(uploads_->find("ann", id)->offset, 0U);
  EXPECT_EQ(uploads_->add("ann", id, 0, "0123")->offset, 4U);
  EXPECT_EQ(uploads_->add("ann", id, 4, "456789")->offset, 10U);
  const auto whole = uploads_->whole("ann", id);
  ASSERT_TRUE(whole.has_value());
  ASSERT_EQ(whole->paths.size(), 1U);
  EXPECT_EQ(content(whole->paths[0]), "0123456789");
  EXPECT_THAT(whole->paths[0], testing::EndsWith("/" + id + "/school.zip"));
}

TEST_F(UploadsTest, SpreadsPiecesOverTheFilesOfAFolder) {
  open();
  const auto id = make({{"users.csv", 3}, {"blank.csv", 0}, {"groups.csv", 4}}, true);
  EXPECT_EQ(uploads_->add("ann", id, 0, "uuugg")->offset, 5U);
  EXPECT_EQ(uploads_->add("ann", id, 5, "gg")->offset, 7U);
  const auto whole = uploads_->whole("ann", id);
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(whole->paths, std::vector{whole->folder});
  EXPECT_EQ(content(whole->folder + "/users.csv"), "uuu");
  EXPECT_EQ(content(whole->folder + "/blank.csv"), "");
  EXPECT_EQ(content(whole->folder + "/groups.csv"), "gggg");
  const auto each = make({{"a.csv", 0}, {"b.csv", 0}});
  EXPECT_EQ(uploads_->whole("ann", each)->paths.size(), 2U) << "no folder: each by itself";
}

TEST_F(UploadsTest, ShowsItsFilesToNobodyElse) {
  open();
  const auto id = make({{"users.csv", 3}});
  EXPECT_EQ(mode_of(folder_ / "uploads"), 0700U);
  EXPECT_EQ(mode_of(folder_ / ("uploads/" + id)), 0700U);
  EXPECT_EQ(mode_of(folder_ / ("uploads/" + id + "/users.csv")), 0600U);
  EXPECT_EQ(status_of(uploads_->find("bob", id)), 404);
  EXPECT_EQ(status_of(uploads_->add("bob", id, 0, "uuu")), 404);
  EXPECT_EQ(uploads_->whole("bob", id).error().status, 404);
  EXPECT_EQ(uploads_->remove("bob", id).error().status, 404);
  EXPECT_EQ(uploads_->find("ann", id)->offset, 0U);
}

TEST_F(UploadsTest, TakesTheLastPieceTwiceAndNoOther) {
  open();
  const auto id = make({{"a.csv", 4}, {"b.csv", 6}});
  EXPECT_EQ(adding(id, 0, "01"), 0);
  EXPECT_EQ(adding(id, 2, "2345"), 0);
  EXPECT_EQ(uploads_->add("ann", id, 2, "2345")->offset, 6U);
  EXPECT_EQ(adding(id, 2, "23x5"), 409) << "other bytes";
  EXPECT_EQ(refusal_.offset, 6U);
  EXPECT_EQ(adding(id, 0, "01"), 409) << "not the last";
  EXPECT_EQ(refusal_.offset, 6U);
  EXPECT_EQ(adding(id, 7, "7"), 409) << "a gap";
  EXPECT_EQ(refusal_.offset, 6U);
  EXPECT_THAT(refusal_.detail, HasSubstr("6 bytes are kept"));
  EXPECT_EQ(adding(id, 4, "45678"), 409) << "over the offset";
  EXPECT_EQ(adding(id, 6, "67890"), 413) << "beyond the end";
  EXPECT_EQ(adding(id, 6, "6789"), 0);
  const auto whole = uploads_->whole("ann", id);
  EXPECT_EQ(content(whole->paths[0]) + content(whole->paths[1]), "0123456789");
}

TEST_F(UploadsTest, IsNotImportedBeforeItIsWhole) {
  open();
  const auto id = make({{"a.csv", 4}});
  EXPECT_EQ(adding(id, 0, "012"), 0);
  const auto part = uploads_->whole("ann", id);
  ASSERT_FALSE(part.has_value());
  EXPECT_EQ(part.error().status, 409);
  EXPECT_EQ(part.error().offset, 3U);
}

TEST_F(UploadsTest, RefusesNamesThatAreNoFiles) {
  open();
  for (const auto* name :
       {"", ".", "..", ".hidden", "a/b.csv", "/etc/passwd", "a\nb.csv", "\xff.csv", "a\x7f"}) {
    EXPECT_EQ(status_of(uploads_->make("ann", {{{name, 1}}, false})), 400) << name;
  }
  EXPECT_EQ(status_of(uploads_->make("ann", {{{std::string(256, 'a'), 1}}, false})), 400);
  EXPECT_EQ(status_of(uploads_->make("ann", {{{std::string("a\0b", 3), 1}}, false})), 400);
  EXPECT_EQ(status_of(uploads_->make("ann", {{{"a.csv", 1}, {"a.csv", 1}}, false})), 400);
  EXPECT_EQ(status_of(uploads_->make("ann", {{}, false})), 400);
  EXPECT_EQ(status_of(uploads_->make(
                "ann", {std::vector<UploadOrder::File>(limits::upload_files_max + 1), false})),
            400);
  EXPECT_EQ(left(), 0U);
  EXPECT_NE(make({{"Année 7, é.csv", 1}}), "");
}

TEST_F(UploadsTest, TakesNoMoreThanItsPlanSays) {
  Uploads::Plan plan;
  plan.uploads_max = 2;
  plan.bytes_max = 100;
  plan.bytes_max_of_all = 150;
  open(plan);
  EXPECT_EQ(status_of(uploads_->make("ann", {{{"a", 101}}, false})), 413);
  EXPECT_EQ(status_of(uploads_->make("ann", {{{"a", 101}, {"b", 0}}, false})), 413);
  EXPECT_EQ(status_of(uploads_->make("ann", {{{"a", ~0UL}, {"b", 2}}, false})), 413);
  const auto first = make({{"a", 60}, {"b", 40}});
  EXPECT_EQ(status_of(uploads_->make("ann", {{{"a", 51}}, false})), 503) << "bytes of all";
  EXPECT_NE(refusal_.retry_after_s, 0U);
  make({{"a", 50}});
  EXPECT_EQ(status_of(uploads_->make("bob", {{{"a", 0}}, false})), 503) << "their number";
  ASSERT_TRUE(uploads_->remove("ann", first).has_value());
  EXPECT_EQ(status_of(uploads_->make("bob", {{{"a", 100}}, false})), 0);
  EXPECT_EQ(left(), 2U);
}

TEST_F(UploadsTest, RefusesWhatTheDiskHasNoRoomFor) {
  Uploads::Plan plan;
  plan.bytes_max = plan.bytes_max_of_all = 1UL << 60;
  open(plan);
  EXPECT_EQ(status_of(uploads_->make("ann", {{{"a", 1UL << 60}}, false})), 507);
  EXPECT_EQ(left(), 0U);
}

TEST_F(UploadsTest, CountsNothingOfAPieceThatCannotBeWritten) {
  open();
  const auto id = make({{"a", 3}, {"b", 3}});
  const auto second = folder_ / ("uploads/" + id + "/b");
  std::filesystem::remove(second);
  EXPECT_EQ(adding(id, 0, "aaabbb"), 503) << "no file";
  std::filesystem::create_symlink("/dev/full", second);
  EXPECT_EQ(adding(id, 0, "aaabbb"), 507) << "no room";
  EXPECT_EQ(uploads_->find("ann", id)->offset, 0U);
  std::filesystem::remove(second);
  std::ofstream(second, std::ios::binary).flush();
  EXPECT_EQ(adding(id, 0, "aaabbb"), 0);
  EXPECT_EQ(content(second), "bbb");
}

TEST_F(UploadsTest, SaysWhereItCannotMakeFiles) {
  open();
  std::filesystem::remove(folder_ / "uploads");
  EXPECT_EQ(status_of(uploads_->make("ann", {{{"a", 1}}, false})), 503);
  std::ofstream(folder_ / "file").flush();
  const auto nowhere = Uploads::open(folder_ / "file", clock_, {});
  ASSERT_FALSE(nowhere.has_value());
  EXPECT_THAT(nowhere.error().line_of_text(), HasSubstr("/file/uploads"));
}

TEST_F(UploadsTest, RemovesWhatIsRemovedOnceNobodyReadsIt) {
  open();
  const auto id = make({{"a.csv", 1}});
  EXPECT_EQ(adding(id, 0, "a"), 0);
  {
    const auto whole = uploads_->whole("ann", id);
    ASSERT_TRUE(whole.has_value());
    EXPECT_TRUE(uploads_->remove("ann", id).has_value());
    EXPECT_EQ(content(whole->paths[0]), "a");
    EXPECT_EQ(uploads_->remove("ann", id).error().status, 404);
  }
  EXPECT_EQ(left(), 0U);
}

TEST_F(UploadsTest, ForgetsWhatNothingComesFor) {
  open();
  const auto id = make({{"a.csv", 3}});
  EXPECT_EQ(uploads_->find("ann", id)->expires_at,
            (WallTime{clock_.wall().milliseconds + 3600'000}));
  clock_.turn(std::chrono::minutes(50));
  EXPECT_EQ(adding(id, 0, "a"), 0) << "each piece puts it off";
  clock_.turn(std::chrono::minutes(59));
  EXPECT_EQ(uploads_->find("ann", id)->offset, 1U) << "a look does not";
  clock_.turn(std::chrono::minutes(1));
  EXPECT_EQ(status_of(uploads_->find("ann", id)), 404);
  EXPECT_EQ(left(), 0U);
}

TEST_F(UploadsTest, RemovesByItselfWhatHasExpired) {
  const SystemClock system;
  Uploads::Plan plan;
  plan.life = Duration::zero();
  plan.sweep_every = std::chrono::milliseconds(1);
  auto uploads = Uploads::open(folder_.path(), system, plan);
  ASSERT_TRUE(uploads.has_value());
  ASSERT_TRUE((*uploads)->make("ann", {{{"a.csv", 3}}, false}).has_value());
  const auto until = system.now() + std::chrono::seconds(60);
  while (left() != 0 && system.now() < until) {
    std::this_thread::yield();
  }
  EXPECT_EQ(left(), 0U);
}

TEST_F(UploadsTest, LeavesNothingBehind) {
  std::filesystem::create_directories(folder_ / "uploads/of-a-crash");
  std::ofstream(folder_ / "uploads/of-a-crash/users.csv") << "names";
  std::ofstream(folder_ / "uploads/upload-x.rejects") << "names";
  open();
  EXPECT_EQ(left(), 0U);
  make({{"a.csv", 3}});
  EXPECT_EQ(left(), 1U);
  uploads_.reset();
  EXPECT_EQ(left(), 0U);
}

// Two that send the same upload: each piece counts once, and nobody writes over another.
TEST_F(UploadsTest, TakesEachPieceOnceFromWhomeverItComes) {
  open();
  constexpr std::uint64_t pieces = 200;
  const auto id = make({{"a.csv", pieces * 8}});
  const auto send = [&](char letter) {
    std::uint64_t offset = 0;
    while (offset < pieces * 8) {
      const auto added = uploads_->add("ann", id, offset, std::string(8, letter));
      offset = added ? added->offset : added.error().offset.value_or(offset);
    }
  };
  std::thread other([&] { send('b'); });
  send('a');
  other.join();
  const auto bytes = content(uploads_->whole("ann", id)->paths[0]);
  ASSERT_EQ(bytes.size(), pieces * 8);
  for (std::size_t at = 0; at < bytes.size(); at += 8) {
    EXPECT_EQ(bytes.substr(at, 8), std::string(8, bytes[at])) << at;
  }
}

}  // namespace
}  // namespace muster::console
