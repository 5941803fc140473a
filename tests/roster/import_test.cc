// What an import stores: formats, updates, inheritance, rejects, and nothing at all when it ends
// early.
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "store/roster_store.h"
#include "tests/roster/fixture.h"

namespace muster::roster {
namespace {

class ImportOf : public RosterTest {
 protected:
  std::uint64_t users_in(const std::string& name) { return group(name).users_selected.size(); }
  // Two users with a device each in group g.
  void import_two() {
    file("users.csv", "user_id,full_name\nu1,Ann\nu2,Bo\n");
    file("groups.csv", "group_id,name\ng,G\n");
    file("members.csv", "group_id,user_id\ng,u1\ng,u2\n");
    file("devices.csv",
         "device_id,name,user_id,platform,topic,push_token,push_magic\n"
         "d1,Phone,u1,iOS," +
             std::string(mdm_topic) + "," + token(1) +
             ",m1\n"
             "d2,Pad,u2,iPadOS," +
             std::string(mdm_topic) + "," + token(2) + ",m2\n");
    good(import_all());
  }
};

TEST_F(ImportOf, ADirectoryCountsWhatItBrought) {
  file("users.csv", "full_name,user_id,shoe_size\nAnn,u1,38\n\"Bo, \"\"the\"\" boy\",u2,40\n");
  file("groups.csv", "group_id,name\ng,G\nh,H\n");
  file("members.csv", "group_id,user_id,member_group_id\ng,u1,\nh,,g\nh,u2,\nh,u2,\n");
  file("devices.csv", "device_id,user_id\nd1,u1\n");
  const auto counts = good(import_all());
  EXPECT_EQ(counts.users, 2U);
  EXPECT_EQ(counts.groups, 2U);
  EXPECT_EQ(counts.memberships, 4U);
  EXPECT_EQ(counts.devices, 1U);
  ASSERT_EQ(counts.warnings.size(), 2U);
  EXPECT_TRUE(
      counts.warnings[0].ends_with("users.csv: the column 'shoe_size' is not known and left out"))
      << counts.warnings[0];
  EXPECT_TRUE(counts.warnings[1].ends_with(
      "members.csv:5: this membership stands twice and counts once (1 such lines)"))
      << counts.warnings[1];
  EXPECT_EQ(user("u2").target_name, "Bo, \"the\" boy");
  EXPECT_EQ(users_in("H"), 2U);
}

TEST_F(ImportOf, MarksLineEndsAndBlankLinesAreTakenAsTheyCome) {
  good(
      import(file("users.csv",
                  "\xEF\xBB\xBFuser_id,full_name\r\nu1,Ann\ru2,Bo\n\n\"u3\",\"Cy\"\r\n\r\nu4,Di")));
  for (const auto* id : {"u1", "u2", "u3", "u4"}) {
    EXPECT_EQ(user(id).users_selected.size(), 1U) << id;
  }
}

TEST_F(ImportOf, AFlatFileMakesUsersGroupsAndDevices) {
  const auto counts = good(import(file("flat.csv",
                                       "user_id,full_name,group,device_id,name,topic,push_token\n"
                                       "u1,Ann,Year 7;Choir,d1,Phone,org.example.app," +
                                           token(1) +
                                           "\n"
                                           "u1,Ann,Year 7,d2,Pad,org.example.app," +
                                           token(2) +
                                           "\n"
                                           "u2,Bo,Choir,,,,\n")));
  EXPECT_EQ(counts.users, 2U);
  EXPECT_EQ(counts.groups, 2U);
  EXPECT_EQ(counts.devices, 2U);
  EXPECT_TRUE(counts.warnings.empty());
  EXPECT_EQ(group("Year 7").devices.size(), 2U);
  EXPECT_EQ(users_in("Choir"), 2U);
  // A later flat file adds; it does not take away.
  good(import(file("flat.csv", "user_id,group\nu3,Choir\n")));
  EXPECT_EQ(users_in("Choir"), 3U);
  EXPECT_EQ(user("u3").target_name, "u3");
}

TEST_F(ImportOf, NdjsonHasTheSameNames) {
  const auto counts = good(import(file(
      "roster.ndjson",
      R"({"user_id":7,"full_name":"Ann","group":["A;B","C"],"device_id":"d1","platform":"iOS",)"
      R"("topic":"org.example.app","push_token":")" +
          token(1) +
          R"(","x":{"y":1}})"
          "\r\n"
          R"({"user_id":"u2","managed_distribution":false,"group":"C"})")));
  EXPECT_EQ(counts.users, 2U);
  EXPECT_EQ(counts.groups, 2U);
  ASSERT_EQ(counts.warnings.size(), 1U);
  EXPECT_EQ(user("7").devices.size(), 1U);
  EXPECT_EQ(group("C").users_disabled, 1U);
  EXPECT_EQ(users_in("A;B"), 1U);
  EXPECT_EQ(refusal_of("bad.csv", "user_id,group\nu,\"C;\nD\"\n"),
            "bad.csv:2:3: a line feed (U+000A) in group_id");
}

TEST_F(ImportOf, AGroupNameOfSeveralGroupsIsRefused) {
  good(import(file("groups.csv", "group_id,name\na,Same\nb,Same\n")));
  EXPECT_EQ(refusal_of("flat.csv", "user_id,group\nu,Same\n"),
            "flat.csv:2:3: several groups are named 'Same'");
  good(import(file("flat.csv", "user_id,group\nu,a\n")));
  EXPECT_EQ(users_in("a"), 1U);
  const auto selection = reader().select_group("Same", Wanted::not_invited);
  ASSERT_FALSE(selection);
  EXPECT_EQ(selection.error().mend, "give its group_id, one of a, b");
}

TEST_F(ImportOf, AGroupThatIsRenamedIsNoLongerFoundByItsOldName) {
  good(import(file("groups.csv", "group_id,name\na,Old\n")));
  file("groups.csv", "group_id,name\na,New\n");
  file("flat.csv", "user_id,group\nu1,Old\nu2,New\n");
  good(import_plan(ImportPlan{{in("flat.csv"), in("groups.csv")}, "", false, ""}));
  EXPECT_EQ(users_in("a"), 1U);
  EXPECT_EQ(users_in("Old"), 1U);
}

TEST_F(ImportOf, AnUpdateChangesOnlyTheColumnsItHas) {
  import_two();
  good(import(file("devices.csv", "device_id,name\nd1,Renamed\n")));
  EXPECT_EQ(group("g").devices.size(), 2U);
  EXPECT_EQ(reader().texts({0})->at(0).device_name, "Renamed");
  good(import(file("devices.csv", "device_id,user_id\nd1,\n")));
  EXPECT_EQ(group("g").devices.size(), 1U);
  EXPECT_EQ(group("g").users_without_device, 1U);
  // A list of members is the whole list of that group.
  good(import(file("members.csv", "group_id,user_id\ng,u2\n")));
  EXPECT_EQ(users_in("g"), 1U);
}

TEST_F(ImportOf, ATokenThatStaysKeepsItsTimeAndANewOneIsAskedAgain) {
  import_two();
  const auto first_s = now_ms_ / 1000;
  now_ms_ += 60'000;
  good(import(in("devices.csv")));
  EXPECT_EQ(target(0).registered_at_s, first_s);
  ASSERT_TRUE(roster().forget_tokens({{0, now_ms_}}));
  good(import(in("devices.csv")));
  EXPECT_TRUE(target(0).token.empty());
  good(import(file("devices.csv", "device_id,push_token\nd1," + token(9) + "\n")));
  EXPECT_EQ(target(0).registered_at_s, now_ms_ / 1000);
  EXPECT_EQ(to_hex(target(0).token), token(9));
}

TEST_F(ImportOf, TokensAreTakenInTheFormsToolsPrint) {
  auto upper = token(0xABCDEF);
  for (auto& c : upper) {
    c = static_cast<char>(std::toupper(c));
  }
  auto spaced = "<" + token(2) + ">";
  spaced.insert(9, " ");
  file("users.csv", "user_id,full_name\nu,A\n");
  file("devices.csv",
       "device_id,user_id,topic,push_token\nd1,u,t," + upper + "\nd2,u,t," + spaced + "\n");
  good(import_all());
  EXPECT_EQ(to_hex(target(0).token), token(0xABCDEF));
  EXPECT_EQ(to_hex(target(1).token), token(2));
}

TEST_F(ImportOf, ADevicePushesToTheTokenOfItsChannel) {
  const std::string mdm = mdm_topic;
  const std::vector<std::pair<std::string, std::string>> cases = {
      {"iOS,device," + mdm, "device"},
      {",," + mdm, "device"},
      {"macOS,device," + mdm, "user"},
      {"iPadOS,shared," + mdm, "user"},
      {"tvOS,device," + mdm, ""},
      {"watchOS,," + mdm, ""},
      {"visionOS,," + mdm, ""},
      {"iOS,user," + mdm, ""},
      {"tvOS,,org.example.app", "device"},
      {"iOS,user,org.example.app", "device"},
      {"iOS,device,", ""},
  };
  std::string devices =
      "device_id,user_id,platform,enrollment,topic,push_token,push_magic,user_push_token,"
      "user_push_magic\n";
  for (unsigned i = 0; i < cases.size(); ++i) {
    devices += "d" + std::to_string(i) + ",u," + cases[i].first + "," + token(2 * i) + ",dm," +
               token(2 * i + 1) + ",um\n";
  }
  file("users.csv", "user_id,full_name\nu,A\n");
  file("devices.csv", devices);
  good(import_all());
  for (unsigned i = 0; i < cases.size(); ++i) {
    const auto found = target(i);
    EXPECT_TRUE(found.known);
    const bool of_device = cases[i].second == "device";
    const auto wanted = cases[i].second.empty() ? "" : token(of_device ? 2 * i : 2 * i + 1);
    EXPECT_EQ(to_hex(found.token), wanted) << cases[i].first;
    const bool alert = cases[i].first.ends_with("app");
    EXPECT_EQ(found.magic, wanted.empty() || alert ? "" : of_device ? "dm" : "um");
  }
  EXPECT_EQ(user("u").devices.size(), 6U);
}

TEST_F(ImportOf, AnMdmTokenWithoutItsMagicIsSaidAndNeverPushed) {
  file("users.csv", "user_id,full_name\nu,A\n");
  file("devices.csv", "device_id,user_id,topic,push_token\nd1,u," + std::string(mdm_topic) + "," +
                          token(1) + "\n");
  const auto counts = good(import_all());
  ASSERT_EQ(counts.warnings.size(), 1U);
  EXPECT_EQ(counts.warnings[0],
            "1 devices have a push token but no push_magic and cannot be woken; the first is 'd1'");
  EXPECT_EQ(user("u").users_without_device, 1U);
}

TEST_F(ImportOf, AUserWhoSaysNothingInheritsAndOffWins) {
  file("users.csv",
       "user_id,full_name,managed_distribution\nu1,A,\nu2,B,on\nu3,C,off\nu4,D,\nu5,E,\n");
  file("groups.csv", "group_id,name,managed_distribution\nall,All,on\ninner,Inner,\nout,Out,off\n");
  file("members.csv",
       "group_id,user_id,member_group_id\nall,u1,\nall,u2,\nall,u3,\nall,u4,\n"
       "all,,inner\nout,,inner\ninner,u1,\ninner,u2,\n");
  good(import_all());
  // u1 is below a group that is off; u2 says on itself; u4 is only below one that is on.
  EXPECT_EQ(group("all").users_disabled, 2U);
  EXPECT_EQ(user("u1").users_disabled, 1U);
  EXPECT_EQ(user("u2").users_disabled, 0U);
  EXPECT_EQ(user("u4").users_disabled, 0U);
  EXPECT_EQ(user("u5").users_disabled, 0U);
  good(import(file("groups.csv", "group_id,name,managed_distribution\nout,Out,on\n")));
  EXPECT_EQ(user("u1").users_disabled, 0U);
}

TEST_F(ImportOf, BadRowsArePutAsideWithTheirReason) {
  const auto path =
      file("users.csv", "user_id,full_name\nu1,Ann\nu2\n,\"C, d\"\nu4,Di\nu1,Again\n");
  const auto counts = good(import_plan(ImportPlan{{path}, "", false, dir_ + "/rejects.csv"}));
  EXPECT_EQ(counts.users, 2U);
  EXPECT_EQ(counts.rejected, 3U);
  EXPECT_EQ(read(dir_ + "/rejects.csv"),
            "file,line,column,reason,user_id,full_name\n" + path +
                ",3,1,\"1 fields; expected 2, as in the header; put fields that hold commas in "
                "quotes\",u2\n" +
                path + ",4,1,user_id is empty; expected an id,,\"C, d\"\n" + path +
                ",6,1,the user 'u1' twice (first on line 2); expected each user once,u1,Again\n");
  // What is wrong with the file itself is not skipped.
  const auto broken = file("users.csv", "user_id,full_name\nu1,\"A\n");
  EXPECT_FALSE(import_plan(ImportPlan{{broken}, "", false, dir_ + "/rejects.csv"}));
  const auto json = file("x.ndjson", "{\"user_id\":1}\n{\"user_id\":\n");
  EXPECT_EQ(good(import_plan(ImportPlan{{json}, "", false, dir_ + "/rejects.csv"})).rejected, 1U);
  EXPECT_EQ(
      read(dir_ + "/rejects.csv"),
      "file,line,column,reason,row\n" + json +
          ",2,12,this is not JSON; expected one JSON object on each line,\"{\"\"user_id\"\":\"\n");
}

TEST_F(ImportOf, ADryRunStoresNothing) {
  const auto path = file("users.csv", "user_id,full_name\nu1,Ann\n");
  EXPECT_EQ(good(import_plan(ImportPlan{{path}, "", true, ""})).users, 1U);
  EXPECT_FALSE(reader().select_user("u1", "", Wanted::not_invited));
  good(import(path));
  EXPECT_TRUE(reader().select_user("u1", "", Wanted::not_invited));
}

// The memory of a row's texts is used again by those behind it, here of the first hundred.
TEST_F(ImportOf, ARowTakesNothingFromThoseBefore) {
  std::string users =
      "user_id,full_name,email,language,managed_apple_account,managed_distribution,location\n";
  std::string devices =
      "device_id,name,user_id,platform,enrollment,serial,udid,imei,meid,topic,push_token,"
      "push_magic,user_push_token,user_push_magic\n";
  for (unsigned i = 0; i < 100; ++i) {
    const auto n = std::to_string(100 + i);
    users.append("u").append(n).append(",Ann,ann@school.example,de,ann@account.example,on,north\n");
    devices.append("d").append(n).append(",Ann's iPad,u").append(n).append(",iPadOS,user,S");
    devices.append(n).append(",UDID").append(n).append(",490154203237518,A10000009296F2,");
    devices.append(mdm_topic).append(",").append(token(2 * i)).append(",magic,");
    devices.append(token(2 * i + 1)).append(",usermagic\n");
  }
  std::string users_named = "user_id,full_name\n";
  std::string devices_named = "device_id\n";
  for (unsigned i = 200; i < 300; ++i) {
    users_named.append("u").append(std::to_string(i)).append(",\n");
    devices_named.append("d").append(std::to_string(i)).append("\n");
  }
  std::filesystem::create_directory(in("named"));
  file("users.csv", users);
  file("devices.csv", devices);
  file("named/users.csv", users_named);
  file("named/devices.csv", devices_named);
  good(import_plan(ImportPlan{{dir_ + "/in", in("named")}, "", false, ""}));
  auto store = store::RosterStore::open(dir_, store::OpenMode::read);
  ASSERT_TRUE(store && store->begin());
  for (std::uint32_t number = 100; number < 200; ++number) {
    store::UserRow user;
    user.number = number;
    user.id = user.full_name = "u" + std::to_string(100 + number);
    EXPECT_EQ(**store->user(number), user);
    store::DeviceRow device;
    device.number = number;
    device.id = "d" + std::to_string(100 + number);
    EXPECT_EQ(**store->device(number), device);
  }
  EXPECT_EQ((*store->device(99))->meid, "A10000009296F2");
  store->rollback();
}

TEST_F(ImportOf, FiftyThousandDevicesAreAllThere) {
  std::string users = "user_id,full_name,language\n";
  std::string members = "group_id,user_id\n";
  std::string devices = "device_id,name,user_id,platform,topic,push_token,push_magic\n";
  for (unsigned i = 0; i < 50'000; ++i) {
    const auto n = std::to_string(i);
    users += "u" + n + ",User " + n + "," + (i % 2 == 0 ? "de" : "en") + "\n";
    members += "g,u" + n + "\n";
    devices +=
        "d" + n + ",Phone " + n + ",u" + n + ",iOS," + mdm_topic + "," + token(i) + ",m" + n + "\n";
  }
  file("users.csv", users);
  file("groups.csv", "group_id,name\ng,G\n");
  file("members.csv", members);
  file("devices.csv", devices);
  good(import_all());
  EXPECT_EQ(group("g").devices.size(), 50'000U);
  const auto last = target(49'999);
  EXPECT_EQ(to_hex(last.token), token(49'999));
  EXPECT_EQ(last.magic, "m49999");
  EXPECT_EQ(last.user, 49'999U);
  EXPECT_EQ((*reader().languages())[last.language], "en");
  EXPECT_EQ((*reader().topics())[last.topic], mdm_topic);
  EXPECT_FALSE(target(50'000).known);
  EXPECT_FALSE(target(5'000'000).known);
  const auto texts = reader().texts({3, 4, 5, 40'000, 7, 60'000});
  ASSERT_TRUE(texts);
  ASSERT_EQ(texts->size(), 5U);
  EXPECT_EQ((*texts)[3].device_id, "d40000");
  EXPECT_EQ((*texts)[3].user_full_name, "User 40000");
  EXPECT_EQ((*texts)[4].user_id, "u7");
  // A language that changes reaches the block although no device is named.
  const auto version = *reader().version();
  good(import(file("users.csv", "user_id,full_name,language\nu49999,New,fr\n")));
  EXPECT_EQ((*reader().languages())[target(49'999).language], "fr");
  EXPECT_EQ(*reader().version(), version + 1);
}

TEST_F(ImportOf, AStepThatSaysNoLeavesTheOldRoster) {
  import_two();
  std::string users = "user_id,full_name\nu1,Changed\n";
  for (int i = 0; i < 20'000; ++i) {
    users += "n" + std::to_string(i) + ",New\n";
  }
  const auto path = file("users.csv", users);
  int steps = 0;
  const auto result = roster().import(
      ImportPlan{{path}, "", false, ""},
      [&](const ImportStep& step) {
        EXPECT_EQ(step.bytes_total, users.size());
        return ++steps < 2;
      },
      WallTime{now_ms_});
  EXPECT_EQ(refusal(result), "interrupted");
  EXPECT_EQ(user("u1").target_name, "Ann");
  EXPECT_FALSE(reader().select_user("n1", "", Wanted::not_invited));
  good(import(path));
  EXPECT_EQ(user("u1").target_name, "Changed");
}

TEST_F(ImportOf, AProcessKilledInTheMiddleLeavesTheOldRoster) {
  import_two();
  roster_.reset();
  std::string users = "user_id,full_name\nu1,Changed\n";
  for (int i = 0; i < 50'000; ++i) {
    users += "n" + std::to_string(i) + ",New\n";
  }
  const auto path = file("users.csv", users);
  const auto child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    auto opened = Roster::open(dir_);
    int steps = 0;
    static_cast<void>((*opened)->import(
        ImportPlan{{path}, "", false, ""},
        [&](const ImportStep&) {
          if (++steps == 4) {
            ::kill(::getpid(), SIGKILL);
          }
          return true;
        },
        WallTime{now_ms_}));
    ::_exit(0);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(user("u1").target_name, "Ann");
  EXPECT_EQ(group("g").devices.size(), 2U);
  EXPECT_FALSE(reader().select_user("n1", "", Wanted::not_invited));
  good(import(path));
  EXPECT_EQ(user("n1").target_name, "New");
}

}  // namespace
}  // namespace muster::roster
