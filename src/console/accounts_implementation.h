// What Accounts is made of. Private to src/console/accounts*.cc.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/assert.h"
#include "console/accounts.h"
#include "console/gate.h"
#include "console/login_throttle.h"
#include "console/records.h"
#include "model/limits.h"

namespace muster::console {

struct Accounts::Implementation {
  Implementation(std::unique_ptr<Records> opened, const Clock& asked,
                 const crypto::PasswordCost& price)
      : records(std::move(opened)), clock(asked), cost(price) {}

  // ── passwords: none of them under a lock but the gate ──
  [[nodiscard]] std::string hash(const std::string& password);
  // `stored` empty: nobody is there, which takes as long.
  [[nodiscard]] bool matches(const std::string& password, const std::string& stored);

  [[nodiscard]] Result<std::optional<store::AdministratorRow>, Refusal> look_up(
      const std::string& name);
  // The row, whose password `login` knows. Throttled; a failure is put down as `action`.
  [[nodiscard]] Result<store::AdministratorRow, Refusal> recognise(const Login& login,
                                                                   std::uint16_t wrong_status,
                                                                   const std::string& action);
  void put_down_failure(const Login& login, const std::string& action, bool known);
  [[nodiscard]] Result<void, Refusal> replace_password(const store::AdministratorRow& before,
                                                       const std::string& password,
                                                       const Actor& actor);

  // ── when something was used ──
  // Writes by `note`, which is told the time, unless it was written within use_noted_every. A check
  // does not fail for it: what cannot be written now is written at a later one.
  template <class Note>
  void note_use(WallTime last, Note note);

  const std::unique_ptr<Records> records;
  const Clock& clock;
  const crypto::PasswordCost cost;
  Gate passwords{limits::passwords_at_once_max};
  LoginThrottle throttle;
  // After a use could not be written, the next try is not before this instant. Relaxed: a hint that
  // orders nothing.
  std::atomic<std::int64_t> noting_not_before_ns{0};
};

// ── for all of accounts*.cc ──

// Numbers out of the file are believed as far as they make sense: anything else may least.
[[nodiscard]] inline Scope scope_of_number(std::uint8_t number) {
  return number <= static_cast<std::uint8_t>(Scope::admin) ? static_cast<Scope>(number)
                                                           : Scope::read;
}

[[nodiscard]] inline WallTime before(WallTime at, Duration by) {
  return {at.milliseconds - std::chrono::duration_cast<std::chrono::milliseconds>(by).count()};
}

// One text for every way in which somebody is not let in.
[[nodiscard]] inline tl::unexpected<Refusal> nobody() {
  return refuse(401, "log in, or send an API token that holds");
}
[[nodiscard]] inline tl::unexpected<Refusal> no_such_administrator(const std::string& name) {
  return refuse(404, "there is no administrator '" + name + "'; see muster admin list");
}

// Inside a change: the row in the audit log.
[[nodiscard]] Result<void, Refusal> put_down(store::AccountStore& store, const Clock& clock,
                                             const Actor& actor, const Deed& deed);

// The row of an administrator who must be there.
[[nodiscard]] Result<store::AdministratorRow, Refusal> administrator_named(
    store::AccountStore& store, const std::string& name);

template <class Note>
void Accounts::Implementation::note_use(WallTime last, Note note) {
  const WallTime now = clock.wall();
  const bool due = before(now, use_noted_every) >= last;
  if (!due || clock.now().nanoseconds < noting_not_before_ns.load(std::memory_order_relaxed)) {
    return;
  }
  if (!records->change_if_free(
          [&](store::AccountStore& store) -> Result<void, Refusal> { return note(store, now); })) {
    constexpr Duration pause = std::chrono::seconds(10);
    noting_not_before_ns.store((clock.now() + pause).nanoseconds, std::memory_order_relaxed);
  }
}

}  // namespace muster::console
