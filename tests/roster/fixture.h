// A roster in a directory of its own, and files to import into it.
#pragma once

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "model/limits.h"
#include "roster/roster.h"

namespace muster::roster {

class RosterTest : public testing::Test {
 protected:
  RosterTest() {
    std::string pattern = testing::TempDir() + "roster-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(dir_ + "/in");
  }
  ~RosterTest() override { std::filesystem::remove_all(dir_); }

  std::string file(const std::string& name, const std::string& text) {
    const auto path = dir_ + "/in/" + name;
    std::ofstream(path, std::ios::binary) << text;
    return path;
  }
  static std::string read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path, std::ios::binary).rdbuf();
    return text.str();
  }
  Roster& roster() {
    if (!roster_) {
      auto opened = Roster::open(dir_);
      EXPECT_TRUE(opened) << opened.error().line_of_text();
      roster_ = std::move(*opened);
    }
    return *roster_;
  }
  RosterReader& reader() {
    roster();
    if (!reader_) {
      auto opened = RosterReader::open(dir_);
      EXPECT_TRUE(opened) << opened.error().line_of_text();
      reader_ = std::move(*opened);
    }
    return *reader_;
  }
  Result<ImportCounts, Complaint> import_plan(const ImportPlan& plan) {
    return roster().import(plan, nullptr, WallTime{now_ms_});
  }
  Result<ImportCounts, Complaint> import(const std::string& path) {
    return import_plan(ImportPlan{{path}, "", false, ""});
  }
  // The import of everything in the directory that file() filled.
  Result<ImportCounts, Complaint> import_all() { return import(dir_ + "/in"); }
  ImportCounts good(const Result<ImportCounts, Complaint>& result) {
    EXPECT_TRUE(result) << result.error().line_of_text();
    return result ? *result : ImportCounts{};
  }
  // "users.csv:3:7: what was found": without the directory and without what is expected.
  std::string refusal(const Result<ImportCounts, Complaint>& result) {
    if (result) {
      return "it was taken";
    }
    Complaint complaint = result.error();
    complaint.file = std::filesystem::path(complaint.file).filename();
    complaint.expected.clear();
    complaint.mend.clear();
    return complaint.line_of_text();
  }
  std::string refusal_of(const std::string& name, const std::string& text) {
    return refusal(import(file(name, text)));
  }
  Selection group(const std::string& name, Wanted wanted = Wanted::not_invited,
                  Means means = Means::push) {
    auto selection = reader().select_group(name, wanted, means);
    EXPECT_TRUE(selection) << selection.error().line_of_text();
    return selection ? std::move(*selection) : Selection{};
  }
  Selection user(const std::string& id, const std::string& device = "",
                 Wanted wanted = Wanted::not_invited, Means means = Means::push) {
    auto selection = reader().select_user(id, device, wanted, means);
    EXPECT_TRUE(selection) << selection.error().line_of_text();
    return selection ? std::move(*selection) : Selection{};
  }
  // What a push to the device of that id would need; its block is kept while the next is asked for.
  PushTarget target(DeviceNumber device) {
    auto block = reader().block(device / limits::block_size);
    EXPECT_TRUE(block);
    block_ = std::make_unique<Block>(std::move(*block));
    return block_->at(device);
  }
  std::string in(const std::string& name) const { return dir_ + "/in/" + name; }

  std::string dir_;
  std::int64_t now_ms_ = 1'700'000'000'000;
  std::unique_ptr<Roster> roster_;
  std::unique_ptr<RosterReader> reader_;
  std::unique_ptr<Block> block_;
};

// A token of `size` bytes that differs by `seed`.
inline std::string token(unsigned seed, std::size_t size = 32) {
  std::string text;
  for (std::size_t i = 0; i < size; ++i) {
    constexpr char digits[] = "0123456789abcdef";
    const unsigned byte = i < 4 ? seed >> (8 * i) & 255U : 0xA5U;
    text += digits[byte >> 4];
    text += digits[byte & 15U];
  }
  return text;
}

inline constexpr const char* mdm_topic = "com.apple.mgmt.External.test";

}  // namespace muster::roster
