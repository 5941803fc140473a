#include "cli/password_input.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>

#include <array>
#include <thread>

namespace muster::cli {
namespace {

// A terminal of which the test is the keyboard and the screen. What is asked is written to it too.
class TerminalTest : public testing::Test {
 protected:
  TerminalTest() : keyboard_(::posix_openpt(O_RDWR | O_NOCTTY)) {
    EXPECT_EQ(::grantpt(keyboard_), 0);
    EXPECT_EQ(::unlockpt(keyboard_), 0);
    std::array<char, 64> name{};
    EXPECT_EQ(::ptsname_r(keyboard_, name.data(), name.size()), 0);
    terminal_ = ::open(name.data(), O_RDWR | O_NOCTTY);
  }
  ~TerminalTest() override {
    ::close(terminal_);
    ::close(keyboard_);
  }
  // Reads the screen until `awaited` stands there.
  void await(const std::string& awaited) {
    while (screen_.find(awaited, seen_) == std::string::npos) {
      pollfd watched{.fd = keyboard_, .events = POLLIN, .revents = 0};
      ASSERT_EQ(::poll(&watched, 1, 20'000), 1) << screen_;
      std::array<char, 256> piece{};
      const auto got = ::read(keyboard_, piece.data(), piece.size());
      ASSERT_GT(got, 0);
      screen_.append(piece.data(), static_cast<std::size_t>(got));
    }
    seen_ = screen_.find(awaited, seen_) + awaited.size();
  }
  void type(const std::string& text) const {
    ASSERT_EQ(::write(keyboard_, text.data(), text.size()), static_cast<ssize_t>(text.size()));
  }
  // Asks on a thread of its own, while the test types.
  Checked<std::string> asked(const std::string& first, const std::string& second) {
    Checked<std::string> answer = std::string();
    std::thread asking([&] {
      Output person(terminal_);
      answer = password_of_terminal(terminal_, person);
    });
    await("New password: ");
    type(first);
    if (!second.empty()) {
      await("Once more: ");
      type(second);
    }
    asking.join();
    return answer;
  }
  [[nodiscard]] bool echoes() const {
    termios state{};
    EXPECT_EQ(::tcgetattr(terminal_, &state), 0);
    return (state.c_lflag & static_cast<tcflag_t>(ECHO)) != 0;
  }

  int keyboard_;
  int terminal_ = -1;
  std::string screen_;
  std::size_t seen_ = 0;
};

TEST_F(TerminalTest, AsksTwiceAndShowsNeither) {
  const auto password = asked("four words in a row\n", "four words in a row\n");
  ASSERT_TRUE(password);
  EXPECT_EQ(*password, "four words in a row");
  EXPECT_EQ(screen_.find("four"), std::string::npos);
  EXPECT_TRUE(echoes());
}

TEST_F(TerminalTest, RefusesTwoThatDiffer) {
  const auto password = asked("four words in a row\n", "four words in a roe\n");
  ASSERT_FALSE(password);
  EXPECT_THAT(password.failure().line, testing::HasSubstr("differ"));
  EXPECT_TRUE(echoes());
}

TEST_F(TerminalTest, TakesTheEndOfInputForNoPassword) {
  const auto password = asked("\x04", "");
  ASSERT_FALSE(password);
  EXPECT_THAT(password.failure().line, testing::HasSubstr("no password was given"));
  EXPECT_TRUE(echoes());
}

TEST(PasswordOfTerminal, WantsATerminal) {
  const int nothing = ::open("/dev/null", O_RDONLY);
  Output person(nothing);
  const auto password = password_of_terminal(nothing, person);
  ::close(nothing);
  ASSERT_FALSE(password);
  EXPECT_THAT(password.failure().line, testing::HasSubstr("--password-file"));
}

}  // namespace
}  // namespace muster::cli
