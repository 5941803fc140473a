// A data directory with accounts in it, a clock to turn, and passwords that cost next to nothing.
#pragma once

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "base/time.h"
#include "console/accounts.h"
#include "console/audit.h"
#include "model/limits.h"

namespace muster::console {

inline constexpr crypto::PasswordCost cheap{.log2_n = 2, .r = 1, .p = 1};
inline const std::string mias_password = "four words in a row";
inline const Actor owner{"local:root", ""};

class Counter : public testing::Test {
 protected:
  Counter() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-console-XXXXXX";
    dir = ::mkdtemp(pattern.data());
    accounts = opened();
    audit = std::move(*Audit::open(dir, clock));
  }
  ~Counter() override {
    accounts.reset();
    audit.reset();
    std::filesystem::remove_all(dir);
  }
  [[nodiscard]] std::unique_ptr<Accounts> opened(const crypto::PasswordCost& cost = cheap) const {
    auto made = Accounts::open(dir, clock, cost);
    EXPECT_TRUE(made) << made.error().line_of_text();
    return std::move(*made);
  }
  void add_mia(Scope role = Scope::admin) const {
    ASSERT_TRUE(accounts->create_administrator("Mia", mias_password, role, owner));
  }
  [[nodiscard]] auto log_in(const std::string& password = mias_password,
                            const std::string& address = "192.0.2.1",
                            const std::string& name = "mia") const {
    return accounts->log_in({name, password, address});
  }
  // Of Mia, who must get in.
  [[nodiscard]] Session session() const {
    auto made = log_in();
    EXPECT_TRUE(made) << made.error().detail;
    return made ? *made : Session{};
  }
  // The secret of a token, which must be made.
  [[nodiscard]] std::string token(const std::string& name, Scope scope = Scope::admin,
                                  const std::string& account = {},
                                  std::optional<std::uint32_t> days = {}) const {
    auto made = accounts->create_token({name, scope, account, days}, owner);
    EXPECT_TRUE(made) << made.error().detail;
    return made ? made->secret : std::string();
  }
  // The newest row's action.
  [[nodiscard]] std::string last_deed() const {
    const auto page = audit->list(0, 1);
    return page && !page->entries.empty() ? page->entries[0].action : std::string();
  }

  std::string dir;
  FakeClock clock;
  std::unique_ptr<Accounts> accounts;
  std::unique_ptr<Audit> audit;
};

// The status of what was refused; 0: it was not.
template <class T>
[[nodiscard]] int status_of(const Result<T, Refusal>& result) {
  return result ? 0 : result.error().status;
}

}  // namespace muster::console
