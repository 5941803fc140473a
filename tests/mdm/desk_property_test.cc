// Devices, tasks, reports and crashes by chance, against a model in a few lines: what the desk
// answers and what it has stored must be what the model says, whatever the order.
//
// A crash is one of two: after the commit (the answer was lost; the desk is opened anew), or before
// it (the files are put back as they were; nothing was answered). A seed that failed is repeated by
// MUSTER_SEED=<seed>.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/random.h"
#include "mdm/plist.h"
#include "tests/mdm/desk_fixture.h"

namespace muster::mdm {
namespace {

struct ModelCommand {
  DeviceNumber device = 0;
  CommandResult result = CommandResult::none;
  std::uint32_t handed = 0;
  std::uint32_t not_now = 0;
};

struct ModelDevice {
  std::string udid;
  bool mac = false;
  bool there = true;           // it has authenticated and not checked out
  bool enrolled = false;       // its own channel
  bool user_enrolled = false;  // of a Mac
};

class DeskProperty : public DeskFixture {
 protected:
  static constexpr std::size_t devices_count = 4;
  static constexpr Byte tasks_count = 3;

  void run(std::uint64_t seed) {
    random_ = std::make_unique<Random>(seed);
    for (std::size_t i = 0; i < devices_count; ++i) {
      devices_.push_back({"D" + std::to_string(i), i == 0, true, false, false});
      // What it is, it says first.
      ASSERT_EQ(check_in(authenticate(devices_[i].udid, i == 0 ? "Mac14,2" : "iPhone14,5")).status,
                200);
    }
    for (int step = 0; step < 120 && !HasFatalFailure(); ++step) {
      change_what_waits();
      auto& device = devices_[random_->below(devices_.size())];
      if (random_->chance(0.3)) {
        check_in_by_chance(device);
      } else {
        report_by_chance(device);
      }
      if (random_->chance(0.1)) {
        reopen();
      }
    }
    check_rows();
  }

 private:
  // Asks, or dies in the middle: then nothing has happened and false is returned.
  bool survives(Call& call) {
    if (!random_->chance(0.1)) {
      call = ask(call);
      return true;
    }
    desk_.reset();
    const auto kept = dir_ + "-kept";
    std::filesystem::copy(dir_, kept, std::filesystem::copy_options::recursive);
    static_cast<void>(ask(call));
    desk_.reset();
    std::filesystem::remove_all(dir_);
    std::filesystem::rename(kept, dir_);
    return false;
  }

  void change_what_waits() {
    const auto number = static_cast<DeviceNumber>(10 + random_->below(devices_count));
    const auto task = static_cast<Byte>(1 + random_->below(tasks_count));
    if (random_->chance(0.3)) {
      auto& waiting = house_.wait[number];
      const auto before = waiting.size();
      std::erase_if(waiting, [&](const Waiting& each) { return each.task == task_of(task); });
      if (waiting.size() == before) {
        let_wait(number, task, number);
        std::ranges::sort(waiting, [](const Waiting& left, const Waiting& right) {
          return left.task > right.task;
        });
      }
    }
  }

  void check_in_by_chance(ModelDevice& device) {
    const auto what = random_->below(4);
    auto call = of(Call::Kind::check_in,
                   what == 0   ? authenticate(device.udid, device.mac ? "Mac14,2" : "iPhone14,5")
                   : what == 1 ? token_update(device.udid)
                   : what == 2 ? user_token_update(device.udid, "5B0E")
                               : check_out(device.udid));
    if ((what == 2 && !device.mac) || !survives(call)) {
      return;
    }
    ASSERT_EQ(call.status, 200);
    if (what == 0) {
      for (auto& [name, command] : commands_) {
        if (command.device == house_.numbers[device.udid] &&
            command.result == CommandResult::postponed) {
          command.result = CommandResult::none;
        }
      }
    }
    if (what == 0 || (what == 3 && device.there)) {  // its users' channels end with it
      device.enrolled = false;
      device.user_enrolled = false;
    }
    device.there = what == 0 || what == 1 || (what == 2 && device.there);
    device.enrolled = what == 1 || device.enrolled;
    device.user_enrolled = what == 2 || device.user_enrolled;
  }

  // A command that this device was handed, most often; else one of anybody's.
  std::string name_by_chance(const ModelDevice& device) {
    const auto number = house_.numbers.contains(device.udid) ? house_.numbers[device.udid] : 0;
    const auto task = static_cast<Byte>(1 + random_->below(tasks_count));
    return uuid_of(task, random_->chance(0.9) ? number : 10);
  }

  void report_by_chance(ModelDevice& device) {
    static constexpr const char* statuses[] = {"Idle",  "Idle",   "Idle",  "Acknowledged",
                                               "Error", "NotNow", "NotNow"};
    const std::string status = statuses[random_->below(std::size(statuses))];
    const auto name = name_by_chance(device);
    const bool by_user = device.mac && random_->chance(0.7);
    const std::string user = by_user ? "5B0E" : "";
    const bool valid = random_->chance(0.5);
    auto call = of(Call::Kind::command,
                   report(device.udid, status, name, valid ? "" : "InvalidProgramID", user));
    if (!survives(call)) {
      return;
    }
    ASSERT_EQ(call.status, 200);
    if (known(device, by_user)) {
      apply(device, status, name, valid);
    }
    check_answer(device, by_user, status, call);
  }

  // Whether the desk has a row for this channel.
  bool known(const ModelDevice& device, bool by_user) {
    return enrolment(by_user ? device.udid + ":5B0E" : device.udid).has_value();
  }

  void apply(const ModelDevice& device, const std::string& status, const std::string& name,
             bool valid) {
    const auto found = commands_.find(name);
    if (status == "Idle" || found == commands_.end() ||
        found->second.device != house_.numbers[device.udid]) {
      return;
    }
    auto& command = found->second;
    if (command.result == CommandResult::shown || command.result == CommandResult::refused) {
      return;
    }
    if (status == "NotNow") {
      command.not_now += command.result == CommandResult::postponed ? 0 : 1;
      command.result = CommandResult::postponed;
    } else {
      command.result =
          status == "Acknowledged" && valid ? CommandResult::shown : CommandResult::refused;
    }
  }

  void check_answer(const ModelDevice& device, bool by_user, const std::string& status,
                    const Call& call) {
    const auto number = house_.numbers.contains(device.udid) ? house_.numbers[device.udid] : 0;
    const auto& waiting = house_.wait[number];
    const bool channel = device.mac ? by_user && device.user_enrolled : device.enrolled;
    std::string due;
    if (channel && status != "NotNow" && !waiting.empty()) {
      due = command_uuid(waiting.front().task, waiting.front().invitation);
      const auto result = commands_[due].result;
      if (result == CommandResult::shown || result == CommandResult::refused) {
        due.clear();
      }
    }
    const auto answer = read_plist(call.answer);
    ASSERT_EQ(answer ? answer->text("CommandUUID") : "", due) << device.udid << " " << status;
    if (!due.empty()) {
      auto& command = commands_[due];
      command.device = number;
      command.result = CommandResult::none;
      ++command.handed;
    }
  }

  void check_rows() {
    reopen();
    for (const auto& [name, command] : commands_) {
      if (command.handed == 0) {
        continue;
      }
      const auto invitation = read_command_uuid(name)->invitation;
      for (Byte task = 1; task <= tasks_count; ++task) {
        if (uuid_of(task, invitation) == name) {
          const auto row = row_of(task, invitation);
          EXPECT_EQ(row.device, command.device) << name;
          EXPECT_EQ(row.handed, command.handed) << name;
          EXPECT_EQ(row.not_now, command.not_now) << name;
          EXPECT_EQ(row.result, static_cast<std::uint8_t>(command.result)) << name;
        }
      }
    }
  }

  std::unique_ptr<Random> random_;
  std::vector<ModelDevice> devices_;
  std::map<std::string, ModelCommand> commands_;  // by CommandUUID
};

class DeskBySeed : public DeskProperty, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(Seeds, DeskBySeed, ::testing::Range(0, 20));

TEST_P(DeskBySeed, DoesWhatTheModelSays) {
  const char* given = std::getenv("MUSTER_SEED");  // NOLINT(concurrency-mt-unsafe): one thread
  const std::uint64_t seed = given != nullptr ? std::strtoull(given, nullptr, 10)
                                              : 7'919 * static_cast<std::uint64_t>(GetParam()) + 1;
  SCOPED_TRACE("MUSTER_SEED=" + std::to_string(seed));
  run(seed);
}

}  // namespace
}  // namespace muster::mdm
