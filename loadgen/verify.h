// `muster-loadgen verify`: reads the roster, the sender's table and the journals, and lets
// verdict.h judge.
//
// The table comes from the program under test itself (`muster tasks TASK --csv`), so that what is
// judged is what an administrator sees. Trouble (no such task, a damaged journal, a table that
// cannot be read) is one Complaint: then nothing is proved, which is not the same as a bad verdict.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "loadgen/verdict.h"

namespace muster::loadgen {

struct VerifyWishes {
  std::string muster = "muster";  // the program under test
  std::string data;               // its data directory
  std::vector<std::string> journals;
  std::string roster;              // directory; empty: none
  std::uint64_t expected = 0;      // devices, where there is no roster; 0: any number
  std::vector<std::string> tasks;  // empty: the latest
  bool every_task = false;
};

struct VerifyOutcome {
  std::vector<std::string> tasks;
  std::uint64_t torn_journals = 0;  // end inside a record, as after a kill
  VerdictReport report;
};
[[nodiscard]] Result<VerifyOutcome, Complaint> verify(const VerifyWishes& wishes);

// Pieces, exposed for tests.
// The ids of `muster tasks --json`, the latest task first.
[[nodiscard]] Result<std::vector<std::string>, Complaint> read_task_ids(const std::string& json);
// What these tasks say was sent again, together; nothing where one of them does not say.
[[nodiscard]] std::optional<std::uint64_t> read_repeats(const std::string& json,
                                                        const std::vector<std::string>& tasks);
// devices.csv, and users.csv where there is one.
[[nodiscard]] Result<void, Complaint> read_roster(const std::string& dir, Verdict& verdict);
// From a descriptor, which is taken over.
[[nodiscard]] Result<void, Complaint> read_rows(int fd, const std::string& name, std::uint32_t task,
                                                Verdict& verdict);

// The table for people, ending in the verdict's line; and the same as one line of JSON.
[[nodiscard]] std::string table_of(const VerifyOutcome& outcome);
[[nodiscard]] std::string json_of(const VerifyOutcome& outcome, std::uint64_t repeats_max);

}  // namespace muster::loadgen
