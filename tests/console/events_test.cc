// The stream of events as a page reads it.
#include "console/events.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <thread>

#include "tests/console/knocking.h"

namespace muster::console {
namespace {

using testing::HasSubstr;
using testing::Not;

class ConsoleEvents : public Knocking {
 protected:
  // What is heard until `enough` of it; the stream is left then.
  [[nodiscard]] std::string listen(const std::function<bool(const std::string&)>& enough,
                                   http::Fields fields = {}) const {
    std::string heard;
    fields.push_back({"Authorization", "Bearer " + tokens.at(Scope::read)});
    http::Request request{"GET", url("/api/v1/events"), std::move(fields), {}};
    request.patience = std::chrono::seconds(20);
    auto listener = http::Client::open({});
    (void)(*listener)->stream(request, [&](std::string_view piece) {
      heard += piece;
      return !enough(heard);
    });
    return heard;
  }
  static std::function<bool(const std::string&)> has(const std::string& text) {
    return [text](const std::string& heard) { return heard.find(text) != std::string::npos; };
  }
  [[nodiscard]] std::string send() const {
    const auto preview = dispatcher->preview(group("all"));
    EXPECT_TRUE(preview);
    const auto id = dispatcher->send(*preview);
    EXPECT_TRUE(id) << id.failure().line;
    return *id;
  }
  // What a device says when it begins to be managed.
  static std::string check_in(const std::string& udid) {
    return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<plist version=\"1.0\"><dict>"
           "<key>MessageType</key><string>Authenticate</string><key>UDID</key><string>" +
           udid + "</string><key>Topic</key><string>" + mdm_topic +
           "</string><key>SerialNumber</key><string>C0U9</string><key>DeviceName</key>"
           "<string>a device</string><key>ProductName</key><string>iPhone14,5</string></dict>"
           "</plist>\n";
  }
  // The number of the last event in what was heard.
  static std::string last_id(const std::string& heard) {
    const auto at = heard.rfind("id: ") + 4;
    return heard.substr(at, heard.find('\n', at) - at);
  }
};

TEST_F(ConsoleEvents, TellWhoComesOfAllActiveTasks) {
  open_console();
  EXPECT_THAT(listen(has("tasks\":[]")), HasSubstr("event: tasks\ndata: {\"tasks\":[]}\n\n"));
  const auto id = send();
  const auto heard = listen(has(id));
  EXPECT_THAT(heard, HasSubstr("\"id\":\"" + id + "\",\"state\":\"running\""));
}

TEST_F(ConsoleEvents, TellWhoComesBackWhatChangedSince) {
  open_console();
  const auto id = send();
  const auto first = listen(has(id));
  ASSERT_TRUE(dispatcher->pause(id));
  const auto since = listen(has("paused"), {{"Last-Event-ID", last_id(first)}});
  EXPECT_THAT(since, HasSubstr("\"id\":\"" + id + "\",\"state\":\"paused\""));
  const auto unknown = listen(has(id), {{"Last-Event-ID", "99999999999999999"}});
  EXPECT_THAT(unknown, HasSubstr(id));
}

TEST_F(ConsoleEvents, TellThatTheRosterHasChanged) {
  open_console();
  bool changed = false;
  const auto heard = listen([&](const std::string& text) {
    if (!changed && text.find("event: tasks") != std::string::npos) {
      changed = true;
      EXPECT_EQ(say(Scope::admin, "DELETE", "/api/v1/users/appy").status(), 204);
    }
    return text.find("event: roster") != std::string::npos;
  });
  EXPECT_THAT(heard, HasSubstr("event: roster\ndata: {}\n\n"));
}

TEST_F(ConsoleEvents, TellWhatADeviceChangedByCheckingIn) {
  settings.mdm.mode = "builtin";
  settings.books.url = "http://127.0.0.1:1/mdm/v2";
  open_console();
  bool changed = false;
  const auto heard = listen([&](const std::string& text) {
    if (!changed && text.find("event: tasks") != std::string::npos) {
      changed = true;
      const auto said = ask({"PUT",
                             url("/mdm/checkin"),
                             {{"Content-Type", "application/x-apple-aspen-mdm-checkin"}},
                             check_in("U-9")});
      EXPECT_EQ(said.status(), 200) << said.response.body;
    }
    return text.find("event: roster") != std::string::npos;
  });
  EXPECT_THAT(heard, HasSubstr("event: roster\ndata: {}\n\n"));
}

// As a directory that is read every hour brings them: nobody asks the console for it.
TEST_F(ConsoleEvents, TellWhatAnImportChangedThatNobodyAskedTheConsoleFor) {
  open_console();
  bool changed = false;
  const auto heard = listen([&](const std::string& text) {
    if (!changed && text.find("event: tasks") != std::string::npos) {
      changed = true;
      write("users.csv", "user_id,full_name\nann,Ann Leigh\n");
      const auto report =
          dispatcher->import_roster({{folder / "school/users.csv"}, "", false, ""}, nullptr);
      EXPECT_TRUE(report) << report.failure().line;
    }
    return text.find("event: roster") != std::string::npos;
  });
  EXPECT_THAT(heard, HasSubstr("event: roster\ndata: {}\n\n"));
}

TEST_F(ConsoleEvents, SayGoodbyeWhenTheServerEnds) {
  open_console();
  std::thread ending;
  const auto heard = listen([&](const std::string& text) {
    if (!ending.joinable() && text.find("event: tasks") != std::string::npos) {
      ending = std::thread([&] { console.reset(); });
    }
    return false;
  });
  ending.join();
  EXPECT_THAT(heard, HasSubstr("event: bye\ndata: {}\n\n"));
}

}  // namespace
}  // namespace muster::console
