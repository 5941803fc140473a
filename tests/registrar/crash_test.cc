// A process that dies at any request, and the one that opens what it left: nobody is registered
// twice and nobody is forgotten. The directory is copied as it stands when the request is made;
// whatever the first process does afterwards is lost.
#include <gmock/gmock.h>

#include <filesystem>

#include "tests/registrar/school.h"

namespace muster::registrar {
namespace {

using std::chrono::minutes;

class CrashTest : public School {
 protected:
  // Dies at the n-th request from now; true: it came to that.
  bool die_at(std::size_t n, bool processed) {
    const auto copy = dir_ + "-copy";
    std::filesystem::remove_all(copy);
    std::size_t made = 0;
    bool dead = false;
    books_.before = [&](const http::Request&) {
      if (++made == n) {
        std::filesystem::copy(dir_, copy);
        dead = true;
        books_.faults.lost_before = processed ? 0 : 1;
        books_.faults.lost_after = 1;
      } else if (dead) {
        books_.faults.lost_before = 1;
      }
    };
    for (int i = 0;
         i < 200 && !dead && registrar_->next() < clock_.now() + std::chrono::seconds(20); ++i) {
      clock_.turn_to(std::max(clock_.now(), registrar_->next()));
      registrar_->turn();
    }
    books_.before = nullptr;
    books_.faults = {};
    if (dead) {
      registrar_.reset();
      std::filesystem::remove_all(dir_);
      std::filesystem::rename(copy, dir_);
      open();
    }
    return dead;
  }
};

TEST_F(CrashTest, RegistersEverybodyOnceWhereverItDies) {
  for (const bool processed : {true, false}) {
    bool died = true;
    for (std::size_t n = 1; died; ++n) {
      registrar_.reset();
      std::filesystem::remove_all(dir_);
      std::filesystem::create_directory(dir_);
      books_.users.clear();
      books_.mdm_id.clear();
      open();
      install();
      want(1, 8);
      books_.users_max = 3;
      died = die_at(n, processed);
      run(minutes(10));
      EXPECT_EQ(count(1, 8, Standing::registered), 7U) << "request " << n;
      EXPECT_EQ(books_.users.size(), 7U) << "request " << n;
      expect_no_breach();
      ASSERT_LT(n, 50U);
    }
  }
}

TEST_F(CrashTest, KeepsAnEventThatWasStored) {
  books_.pending_asks = 3;
  install();
  want(1, 3);
  while (books_.asked("POST /v2/users/create") == 0) {
    registrar_->turn();
  }
  open();
  run();
  EXPECT_EQ(count(1, 3, Standing::registered), 2U);
  EXPECT_EQ(books_.asked("POST /v2/users/create"), 1U);
  EXPECT_GE(books_.asked("GET /v2/status"), 4U);
}

}  // namespace
}  // namespace muster::registrar
