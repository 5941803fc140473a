// Where words go: the answer, the person, the complaint.
//
// The answer (JSON, CSV, tables) is standard output's. What is said to a person meanwhile goes
// there too, but to standard error where JSON was asked for, so that a script finds one JSON value
// and nothing else. Nothing is buffered: what was written is out even where the process ends at
// once. A write that fails is remembered, not repeated: sending goes on though nobody reads.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/time.h"
#include "cli/signals.h"

namespace muster::cli {

class Output {
 public:
  explicit Output(int fd) : fd_(fd) {}
  // False once anything could not be written.
  bool write(std::string_view text);
  [[nodiscard]] int os_error() const { return os_error_; }  // of the first failure; 0: none
  [[nodiscard]] bool terminal() const;                      // one that can redraw a line
  [[nodiscard]] std::size_t columns() const;

 private:
  int fd_;
  int os_error_ = 0;
};

class Screen {
 public:
  explicit Screen(bool json, int out = 1, int error = 2) : json_(json), out_(out), error_(error) {}
  [[nodiscard]] bool json() const { return json_; }
  [[nodiscard]] Output& answer() { return out_; }
  [[nodiscard]] Output& person() { return json_ ? error_ : out_; }
  // "muster: …", one line, on standard error.
  void complain(std::string_view line);
  // Complains if the answer could not be written; `exit_code` unless that says 0 wrongly. A reader
  // that had enough (EPIPE) is no trouble.
  [[nodiscard]] int finish(int exit_code);

 private:
  bool json_;
  Output out_;
  Output error_;
};

// A line that says how far something is: redrawn in place on a terminal (≤ 10 times a second),
// otherwise written again about once a second.
class LiveLine {
 public:
  LiveLine(Output& output, bool redrawn) : output_(output), redrawn_(redrawn) {}
  [[nodiscard]] bool redrawn() const { return redrawn_; }
  // Whether show() may be called now; the first time is one interval after the first question.
  [[nodiscard]] bool due(Instant now);
  void show(const std::string& text);
  // Leaves the last text standing on a line of its own.
  void end();

 private:
  Output& output_;
  bool redrawn_;
  bool drawn_ = false;
  Instant next_{};
};

enum class Answer : std::uint8_t { yes, no, interrupted };
// Reads a line from `in`: y or yes, in either case, is yes; the end of input is no.
[[nodiscard]] Answer read_answer(int in, Signals& signals);

}  // namespace muster::cli
