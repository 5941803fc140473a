// A data directory with a roster of n users, each with one device, and m more with an address
// alone: what a task needs to run.
//
// In memory where the system has /dev/shm; removed with the object. Tokens and magics follow from
// the device's number, so that a test can say which push belongs to whom. Benchmarks use it too:
// any trouble ends the program.
#pragma once

#include <unistd.h>

#include <array>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "base/assert.h"
#include "ledger/ledger.h"
#include "roster/roster.h"

namespace muster::testing {

class Household {
 public:
  explicit Household(std::uint32_t devices, std::uint32_t mailboxes = 0) {
    const std::string parent = ::access("/dev/shm", W_OK) == 0
                                   ? "/dev/shm/"
                                   : std::filesystem::temp_directory_path().string() + "/";
    std::string pattern = parent + "muster-test-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    import(devices, mailboxes);
  }
  ~Household() { std::filesystem::remove_all(dir_); }
  Household(const Household&) = delete;
  Household& operator=(const Household&) = delete;

  [[nodiscard]] const std::string& dir() const { return dir_; }
  [[nodiscard]] roster::Roster& roster() { return *roster_; }
  [[nodiscard]] const roster::Selection& all() const { return all_; }
  [[nodiscard]] std::unique_ptr<roster::RosterReader> reader() const {
    auto opened = roster::RosterReader::open(dir_);
    MUSTER_ASSERT(opened.has_value());
    return std::move(*opened);
  }
  [[nodiscard]] std::unique_ptr<ledger::Ledger> open_ledger() const {
    auto opened = ledger::Ledger::open(dir_);
    MUSTER_ASSERT(opened.has_value());
    return std::move(*opened);
  }
  // The task with every device as its audience.
  [[nodiscard]] ledger::NewTask new_task(std::int64_t expiration_s) const {
    ledger::NewTask task;
    task.id.bytes = {1, 2, 3, 4, 5, 6, 0x47, 8, 0x89};
    task.target_name = "all";
    task.devices = all_.devices;
    task.users = all_.users;
    task.push_prefix = {9, 8, 7, 6, 5, 4, 0x83, 2};
    task.expiration_s = expiration_s;
    return task;
  }
  // The same with a letter to everybody who has an address alone.
  [[nodiscard]] ledger::NewTask new_mail_task(std::int64_t expiration_s) const {
    auto task = new_task(expiration_s);
    task.mailboxes = mailboxes_;
    task.users |= mailboxes_;
    task.mail_prefix = {9, 8, 7, 6, 5, 4, 0x83, 3};
    return task;
  }
  [[nodiscard]] const NumberSet& mailboxes() const { return mailboxes_; }
  // Of the n-th user with an address alone.
  [[nodiscard]] static std::string address(std::uint32_t n) {
    return "m" + std::to_string(n) + "@d" + std::to_string(n % 5) + ".school.example";
  }
  // Imports a row of users.csv: user_id, full_name, email.
  void import_user(const std::string& row) {
    const auto in = dir_ + "/in/";
    std::filesystem::remove_all(in);
    std::filesystem::create_directory(in);
    std::ofstream(in + "users.csv") << "user_id,full_name,email\n" << row << "\n";
    MUSTER_ASSERT(
        roster_
            ->import(roster::ImportPlan{{in}, "", false, ""}, nullptr, WallTime{1'700'000'000'001})
            .has_value());
  }
  // Lower-case hexadecimal.
  [[nodiscard]] static std::string token(std::uint32_t number) {
    std::array<char, 65> text{};
    std::snprintf(text.data(), text.size(), "%064x", number + 1U);
    return text.data();
  }

 private:
  void import(std::uint32_t devices, std::uint32_t mailboxes) {
    const auto in = dir_ + "/in/";
    std::filesystem::create_directory(in);
    std::string users = "user_id,full_name,email\n";
    std::string members = "group_id,user_id\n";
    std::string rows = "device_id,user_id,topic,push_token,push_magic\n";
    for (std::uint32_t i = 0; i < devices; ++i) {
      const auto n = std::to_string(i);
      users.append("u").append(n).append(",U,\n");
      members.append("all,u").append(n).append("\n");
      rows.append("d").append(n).append(",u").append(n).append(",com.apple.mgmt.External.1,");
      rows.append(token(i)).append(",magic-").append(n).append("\n");
    }
    for (std::uint32_t i = 0; i < mailboxes; ++i) {
      const auto n = std::to_string(i);
      users.append("m").append(n).append(",M ").append(n).append(",");
      users.append(address(i)).append("\n");
      members.append("all,m").append(n).append("\n");
    }
    std::ofstream(in + "users.csv") << users;
    std::ofstream(in + "groups.csv") << "group_id,name\nall,All\n";
    std::ofstream(in + "members.csv") << members;
    std::ofstream(in + "devices.csv") << rows;
    auto opened = roster::Roster::open(dir_);
    MUSTER_ASSERT(opened.has_value());
    roster_ = std::move(*opened);
    const auto counts = roster_->import(roster::ImportPlan{{in}, "", false, ""}, nullptr,
                                        WallTime{1'700'000'000'000});
    MUSTER_ASSERT(counts.has_value());
    auto selection = reader()->select_group("all", roster::Wanted::not_invited);
    MUSTER_ASSERT(selection.has_value());
    all_ = std::move(*selection);
    if (mailboxes != 0) {
      selection = reader()->select_group("all", roster::Wanted::not_invited, roster::Means::mail);
      MUSTER_ASSERT(selection.has_value());
      mailboxes_ = std::move(selection->mailboxes);
      MUSTER_ASSERT(mailboxes_.size() == mailboxes);
    }
    MUSTER_ASSERT(all_.devices.size() == devices);
  }

  std::string dir_;
  std::unique_ptr<roster::Roster> roster_;
  roster::Selection all_;
  NumberSet mailboxes_;
};

}  // namespace muster::testing
