// `muster-loadgen run school`: plays Managed Distribution from an empty folder to the verdict, with
// real processes on loopback.
//
//   make a roster ─▶ books and devices start ─▶ muster import ─▶ muster serve: devices enrol
//     ─▶ muster token install ─▶ muster send --until enrolled ─▶ … until nothing happens any more
//     ─▶ muster tasks --csv ─▶ judged against the journals of books and devices
//
// Where muster says that the content token was taken or revoked, it is stopped, the next one is
// installed and what failed for want of it is sent again, as an administrator would. Nothing
// happens any more once nobody has done anything for a while and the hand-over is complete; or, as
// a bad end, not complete for much longer. SIGINT and SIGTERM end the run, and every program that
// it started. Called on the program's first thread.
#pragma once

#include <string>
#include <vector>

#include "base/result.h"
#include "loadgen/school_verdict.h"
#include "loadgen/school_watch.h"
#include "loadgen/school_world.h"

namespace muster::loadgen {

struct SchoolRunReport {
  struct Took {
    std::string what;
    double seconds = 0;
  };
  struct Funnel {
    SchoolStage stage{};
    std::uint64_t count = 0;
    double first_s = 0;  // since Send; of what came before it, below 0
    double last_s = 0;
  };

  std::string dir;  // empty: it was removed
  std::uint32_t users = 0;
  std::uint64_t devices = 0;
  std::uint64_t seed = 0;
  bool faults = false;
  std::vector<Took> took;
  std::vector<Funnel> funnel;
  std::uint64_t mends = 0;  // how often the content token was installed anew
  std::string task_json;    // as `muster tasks TASK --json` says it
  std::string books_json;   // the simulators' last words
  std::string devices_json;
  SchoolReport verdict;
};

[[nodiscard]] Result<SchoolRunReport, Complaint> run_school(const SchoolRunWishes& wishes);

// For people, ending in the verdict's line; and as one line of JSON. Neither ends in a newline.
[[nodiscard]] std::string text_of(const SchoolRunReport& report);
[[nodiscard]] std::string json_of(const SchoolRunReport& report);

}  // namespace muster::loadgen
