#include "cli/render_timeline.h"

#include <gtest/gtest.h>

namespace muster::cli {
namespace {

Timeline timeline() {
  Timeline made;
  made.row.number = 7;
  made.row.user_id = "ann";
  made.row.user_full_name = "Ann Lee";
  made.row.device_name = "Ann's\niPad";
  made.row.channel = "push";
  made.row.state = "shown";
  made.moments = {{"2026-11-23T10:00:00.000Z", "queued", "the send was confirmed"},
                  {"2026-11-23T10:00:05.000Z", "shown", "the device showed the invitation"}};
  return made;
}

TEST(RenderTimeline, SaysOneMomentALine) {
  EXPECT_EQ(timeline_text(timeline()),
            "Invitation 7 to Ann Lee, Ann's\\niPad (push): shown\n\n"
            "2026-11-23T10:00:00.000Z  queued  the send was confirmed\n"
            "2026-11-23T10:00:05.000Z  shown   the device showed the invitation\n");
  auto failed = timeline();
  failed.row.user_full_name.clear();
  failed.row.device_name.clear();
  failed.row.state = "failed";
  failed.row.reason = "BadDeviceToken";
  failed.moments.clear();
  EXPECT_EQ(timeline_text(failed), "Invitation 7 to ann (push): failed, BadDeviceToken\n\n");
}

TEST(RenderTimeline, IsTheInvitationWithItsMomentsForScripts) {
  const auto json = timeline_json(timeline());
  EXPECT_TRUE(json.starts_with(R"({"invitation":7,"user_id":"ann",)")) << json;
  EXPECT_TRUE(json.ends_with(
      R"(,"moments":[{"at":"2026-11-23T10:00:00.000Z","what":"queued",)"
      R"("words":"the send was confirmed"},{"at":"2026-11-23T10:00:05.000Z","what":"shown",)"
      R"("words":"the device showed the invitation"}]})"))
      << json;
}

}  // namespace
}  // namespace muster::cli
