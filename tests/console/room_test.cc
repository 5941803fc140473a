// How much at once, and what who comes beyond it is told.
#include <gmock/gmock.h>

#include "tests/console/knocking.h"

namespace muster::console {
namespace {

using testing::HasSubstr;

using ConsoleRoomTest = Knocking;

TEST_F(ConsoleRoomTest, RefusesWhatAFullLaneCannotTake) {
  ConsoleRoom room;
  room.workers.quick_waiting_max = 0;
  open_console(room);
  const auto heard = get("/api/v1/tasks");
  EXPECT_EQ(heard.status(), 503);
  EXPECT_EQ(heard.field("Retry-After"), "1");
  EXPECT_THAT(heard.text("detail"), HasSubstr("too many requests"));
  EXPECT_EQ(ask({"GET", url("/"), {}, {}}).status(), 200) << "the page needs no lane";
}

TEST_F(ConsoleRoomTest, AnswersWhatIsQuickWhereTheSlowLaneIsFull) {
  ConsoleRoom room;
  room.workers.slow_waiting_max = 0;
  open_console(room);
  const http::Fields csv = {{"Content-Type", "text/csv"}};
  EXPECT_EQ(say(Scope::admin, "POST", "/api/v1/roster", "user_id\nzoe\n", csv).status(), 503);
  EXPECT_EQ(get("/api/v1/users/zoe").status(), 404);
  EXPECT_EQ(get("/api/v1/tasks").status(), 200);
}

TEST_F(ConsoleRoomTest, ListensToNoMorePagesThanItMay) {
  ConsoleRoom room;
  room.listeners = 1;
  open_console(room);
  http::Request request{
      "GET", url("/api/v1/events"), {{"Authorization", "Bearer " + tokens.at(Scope::read)}}, {}};
  request.patience = std::chrono::seconds(20);
  auto listener = http::Client::open({});
  Heard second;
  std::string heard;
  (void)(*listener)->stream(request, [&](std::string_view piece) {
    heard += piece;
    if (heard.find("event: tasks") == std::string::npos) {
      return true;
    }
    second = get("/api/v1/events");
    return false;
  });
  EXPECT_EQ(second.status(), 503);
  EXPECT_EQ(second.field("Retry-After"), "10");
  EXPECT_THAT(second.text("detail"), HasSubstr("listening"));
}

TEST_F(ConsoleRoomTest, ExportsNoMoreAtOnceThanItMay) {
  ConsoleRoom room;
  room.exports = 0;
  open_console(room);
  const auto refused = say(Scope::read, "POST", "/api/v1/previews/unreached", R"({"group":"all"})",
                           {{"Accept", "text/csv"}});
  EXPECT_EQ(refused.status(), 503);
  EXPECT_EQ(refused.field("Retry-After"), "10");
  EXPECT_THAT(refused.text("detail"), HasSubstr("exports"));
  EXPECT_EQ(say(Scope::read, "POST", "/api/v1/previews/unreached", R"({"group":"all"})").status(),
            200)
      << "a page of it is no export";
}

TEST_F(ConsoleRoomTest, GivesAnExportsPlaceBackWhenItIsOver) {
  ConsoleRoom room;
  room.exports = 1;
  open_console(room);
  for (int times = 0; times < 3; ++times) {
    const auto heard = say(Scope::read, "POST", "/api/v1/previews/unreached", R"({"group":"none"})",
                           {{"Accept", "text/csv"}});
    EXPECT_EQ(heard.status(), 404) << "refused at its first part, and over at once";
  }
}

}  // namespace
}  // namespace muster::console
