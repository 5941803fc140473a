// What the desk's tests share: a house that answers as it is told, and devices' requests.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "mdm/desk.h"
#include "tests/mdm/plists.h"

namespace muster::mdm {

class FakeHouse final : public House {
 public:
  Result<std::vector<roster::CheckedIn>> check_in(
      std::span<const roster::CheckIn> devices) override {
    ++check_ins;
    if (refuses) {
      return trouble(ErrorCode::store_busy);
    }
    std::vector<roster::CheckedIn> known;
    for (const auto& device : devices) {
      told.push_back(device);
      const auto [at, created] =
          numbers.emplace(device.udid, static_cast<DeviceNumber>(10 + numbers.size()));
      known.push_back({.device = at->second, .created = created, .enrollment = enrollment});
    }
    return known;
  }
  Result<std::vector<Waiting>> waiting(DeviceNumber device) override {
    if (refuses) {
      return trouble(ErrorCode::store_busy);
    }
    return wait[device];
  }

  bool refuses = false;
  roster::Enrollment enrollment = roster::Enrollment::unknown;  // what it knows of every device
  int check_ins = 0;                                            // how often it was asked
  std::vector<roster::CheckIn> told;
  std::map<std::string, DeviceNumber> numbers;
  std::map<DeviceNumber, std::vector<Waiting>> wait;
};

inline TaskId task_of(Byte number) {
  TaskId task;
  task.bytes[0] = number;
  return task;
}

class DeskFixture : public ::testing::Test {
 protected:
  DeskFixture() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-mdm-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    settings_.identity_required = false;
  }
  ~DeskFixture() override {
    desk_.reset();
    std::filesystem::remove_all(dir_);
  }

  // As after a kill.
  void reopen() {
    desk_.reset();
    auto opened = Desk::open(dir_, settings_, house_);
    ASSERT_TRUE(opened) << opened.error().line_of_text();
    desk_ = std::move(*opened);
  }
  Desk& desk() {
    if (!desk_) {
      reopen();
    }
    return *desk_;
  }

  static Call of(Call::Kind kind, std::string body) {
    Call call;
    call.kind = kind;
    call.body = std::move(body);
    return call;
  }
  Call ask(Call call) {
    now_.milliseconds += 1000;
    desk().answer({&call, 1}, now_);
    return call;
  }
  Call check_in(std::string body) { return ask(of(Call::Kind::check_in, std::move(body))); }
  Call say(std::string body) { return ask(of(Call::Kind::command, std::move(body))); }
  // An iPhone that can be handed commands; its number.
  DeviceNumber enrol(const std::string& udid, std::string_view product = "iPhone14,5") {
    EXPECT_EQ(check_in(authenticate(udid, product)).status, 200);
    EXPECT_EQ(check_in(token_update(udid)).status, 200);
    return house_.numbers[udid];
  }
  void let_wait(DeviceNumber device, Byte task, InvitationNumber invitation = 5) {
    house_.wait[device].insert(house_.wait[device].begin(),
                               {task_of(task), invitation, url_of(task)});
  }
  static std::string url_of(Byte task) {
    return "https://buy.example/x?inviteCode=secret" + std::to_string(task) + "&mt=8";
  }
  static std::string uuid_of(Byte task, InvitationNumber invitation = 5) {
    return command_uuid(task_of(task), invitation);
  }
  // What happened, each as "task:result:device".
  std::vector<std::string> events() {
    std::vector<std::string> texts;
    for (const auto& event : desk().take_events()) {
      texts.push_back(std::to_string(event.task.bytes[0]) + ":" +
                      std::to_string(static_cast<int>(event.result)) + ":" +
                      std::to_string(event.device));
    }
    return texts;
  }
  store::CommandRow row_of(Byte task, InvitationNumber invitation = 5) {
    auto store = store::CommandStore::open(dir_, store::OpenMode::read);
    EXPECT_TRUE(store);
    const auto row = store->command(task_of(task), invitation);
    EXPECT_TRUE(row && *row);
    return row && *row ? **row : store::CommandRow{};
  }
  std::optional<store::EnrolmentRow> enrolment(const std::string& id) {
    auto store = store::CommandStore::open(dir_, store::OpenMode::read);
    EXPECT_TRUE(store);
    const auto row = store->enrolment(id);
    EXPECT_TRUE(row);
    return row ? *row : std::nullopt;
  }

  std::string dir_;
  FakeHouse house_;
  DeskSettings settings_;
  WallTime now_{1'700'000'000'000};
  std::unique_ptr<Desk> desk_;
};

}  // namespace muster::mdm
