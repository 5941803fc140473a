#include "cli/screen.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <string>

namespace muster::cli {
namespace {

using std::chrono::milliseconds;

// Both ends of a pipe, closed with it.
struct Pipe {
  Pipe() { EXPECT_EQ(pipe2(ends.data(), O_CLOEXEC), 0); }
  ~Pipe() {
    close_writer();
    close(ends[0]);
  }
  Pipe(const Pipe&) = delete;
  Pipe& operator=(const Pipe&) = delete;
  [[nodiscard]] int reader() const { return ends[0]; }
  [[nodiscard]] int writer() const { return ends[1]; }
  void close_writer() {
    if (ends[1] >= 0) {
      close(ends[1]);
    }
    ends[1] = -1;
  }
  void put(const std::string& text) const {
    EXPECT_EQ(write(ends[1], text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // What has been written so far, a page at most.
  [[nodiscard]] std::string read_all() const {
    std::array<char, 4096> text{};
    pollfd watched{.fd = ends[0], .events = POLLIN, .revents = 0};
    if (poll(&watched, 1, 0) <= 0) {
      return {};
    }
    const ssize_t got = read(ends[0], text.data(), text.size());
    return {text.data(), static_cast<std::size_t>(got > 0 ? got : 0)};
  }
  std::array<int, 2> ends{-1, -1};
};

TEST(Screen, ComplainsInOneLineWhateverTheWordsHold) {
  const Pipe out;
  const Pipe error;
  Screen screen(false, out.writer(), error.writer());
  screen.complain("no file 'a\nb'");
  EXPECT_EQ(error.read_all(), "muster: no file 'a\\nb'\n");
  EXPECT_EQ(out.read_all(), "");
}

TEST(Screen, SpeaksToThePersonOnStandardErrorWhereJsonWasAskedFor) {
  const Pipe out;
  const Pipe error;
  Screen json(true, out.writer(), error.writer());
  json.person().write("progress\n");
  json.answer().write("{}\n");
  EXPECT_EQ(out.read_all(), "{}\n");
  EXPECT_EQ(error.read_all(), "progress\n");
  Screen plain(false, out.writer(), error.writer());
  plain.person().write("progress\n");
  EXPECT_EQ(out.read_all(), "progress\n");
}

TEST(Screen, SaysWhenTheAnswerCouldNotBeWritten) {
  const Pipe error;
  const int full = open("/dev/full", O_WRONLY | O_CLOEXEC);
  ASSERT_GE(full, 0);
  Screen screen(false, full, error.writer());
  EXPECT_FALSE(screen.answer().write("x"));
  EXPECT_EQ(screen.finish(0), 3);
  EXPECT_EQ(screen.finish(5), 5);
  EXPECT_NE(error.read_all().find("cannot write to standard output: the disk is full"),
            std::string::npos);
  close(full);
}

TEST(Screen, TakesAReaderThatHadEnoughForNoTrouble) {
  ignore_broken_pipes();
  const Pipe error;
  Pipe out;
  close(out.ends[0]);
  out.ends[0] = -1;
  Screen screen(false, out.writer(), error.writer());
  EXPECT_FALSE(screen.answer().write("x"));
  EXPECT_EQ(screen.finish(0), 0);
  EXPECT_EQ(error.read_all(), "");
}

TEST(Screen, KnowsATerminalAndItsWidth) {
  ASSERT_EQ(setenv("TERM", "xterm", 1), 0);
  const int terminal = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
  ASSERT_GE(terminal, 0);
  const Output output(terminal);
  EXPECT_TRUE(output.terminal());
  winsize size{};
  size.ws_col = 132;
  ASSERT_EQ(ioctl(terminal, TIOCSWINSZ, &size), 0);
  EXPECT_EQ(output.columns(), 132U);
  ASSERT_EQ(setenv("TERM", "dumb", 1), 0);
  EXPECT_FALSE(output.terminal());
  close(terminal);
}

TEST(Screen, TakesAPipeForNoTerminalAndAssumesEightyColumns) {
  const Pipe pipe;
  EXPECT_FALSE(Output(pipe.writer()).terminal());
  EXPECT_EQ(Output(pipe.writer()).columns(), 80U);
}

TEST(LiveLine, IsWrittenAboutOnceASecondWhereItCannotBeRedrawn) {
  const Pipe pipe;
  Output output(pipe.writer());
  LiveLine line(output, false);
  FakeClock clock;
  clock.turn(milliseconds(1));
  EXPECT_FALSE(line.due(clock.now()));
  clock.turn(milliseconds(999));
  EXPECT_FALSE(line.due(clock.now()));
  clock.turn(milliseconds(1));
  EXPECT_TRUE(line.due(clock.now()));
  EXPECT_FALSE(line.due(clock.now()));
  line.show("half");
  line.end();
  EXPECT_EQ(pipe.read_all(), "half\n");
}

TEST(LiveLine, IsRedrawnInPlaceTenTimesASecondAndEndsOnItsOwnLine) {
  const Pipe pipe;
  Output output(pipe.writer());
  LiveLine line(output, true);
  FakeClock clock;
  clock.turn(milliseconds(1));
  EXPECT_FALSE(line.due(clock.now()));
  clock.turn(milliseconds(100));
  EXPECT_TRUE(line.due(clock.now()));
  clock.turn(milliseconds(99));
  EXPECT_FALSE(line.due(clock.now()));
  line.show("a");
  line.show("b");
  line.end();
  line.end();
  EXPECT_EQ(pipe.read_all(), "\ra\x1b[K\rb\x1b[K\n");
}

TEST(ReadAnswer, TakesOnlyYForYes) {
  Signals signals;
  for (const char* yes : {"y\n", "Y\n", "yes\n", "YES\n"}) {
    const Pipe pipe;
    pipe.put(yes);
    EXPECT_EQ(read_answer(pipe.reader(), signals), Answer::yes) << yes;
  }
  for (const char* no : {"\n", "n\n", "yess\n", " y\n"}) {
    const Pipe pipe;
    pipe.put(no);
    EXPECT_EQ(read_answer(pipe.reader(), signals), Answer::no) << no;
  }
}

TEST(ReadAnswer, TakesTheEndOfInputForNo) {
  Signals signals;
  Pipe pipe;
  pipe.put("y");
  pipe.close_writer();
  EXPECT_EQ(read_answer(pipe.reader(), signals), Answer::no);
}

TEST(ReadAnswer, TakesALineWithoutEndForNo) {
  Signals signals;
  const Pipe pipe;
  pipe.put(std::string(100, 'y'));
  EXPECT_EQ(read_answer(pipe.reader(), signals), Answer::no);
}

TEST(ReadAnswer, IsEndedByASignal) {
  Signals signals;
  const Pipe pipe;
  ASSERT_EQ(raise(SIGINT), 0);
  EXPECT_EQ(read_answer(pipe.reader(), signals), Answer::interrupted);
}

}  // namespace
}  // namespace muster::cli
