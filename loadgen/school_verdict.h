// Judges every invitation of a rehearsal: what muster says of it against what the devices did.
//
// The fleet's journal is what happened on devices, the Apps and Books simulator's who accepted;
// both are believed. Fill in this order: add() every row of the tasks, hear() every line of the
// journals, judge(). Pure: no file, no clock. Pushes and accounts are judged here; mail has
// verdict.h.
//
//   the device at the end                          what muster may say
//   ─────────────────────────────────────────────  ─────────────────────────────────────────
//   its user accepted                              enrolled, superseded; failed or unreachable
//   where
//                                                  this device refused or left
//   showed the invitation                          shown
//   refused it                                     failed
//   left the management                            unreachable
//   said NotNow last                               postponed, expired
//   was woken and never asked                      sent, expired
//   was missed by every push (410)                 unreachable
//   asked, and was given nothing                   nothing that hands over: lost
//   was never reached                              nothing that hands over: lost
//
// A row by Managed Apple Account is enrolled where Apps and Books associated its user by it, and
// otherwise is not; that needs the users' addresses, by which both know them.
//
//   lost         a row not at rest; handed over, but the device was never reached or got nothing
//   doubled      a device was shown its invitation under two CommandUUIDs; Apps and Books has a
//                user twice
//   misreported  any other state than the table allows
//
// Asking for a user anew whose answer was lost is no breach, but counted: asked_again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "loadgen/json_shape.h"
#include "model/outcome.h"

namespace muster::loadgen {

struct SchoolRow {
  std::uint32_t invitation = 0;
  std::string device_id;
  std::string user_id;
  State state = State::queued;
  bool account = false;  // by Managed Apple Account: of no device
};

enum class SchoolDefect : std::uint8_t {
  not_at_rest,
  never_reached,  // handed over, but no push came to the device
  given_nothing,  // handed over, and the device asked in vain
  shown_twice,
  wrong_state,
  violation,  // the fleet, or Apps and Books, caught a broken rule
  registered_twice,
  wrong_account,  // another state than Apps and Books has of the user's account
};
inline constexpr std::size_t school_defects_count = 8;
[[nodiscard]] std::string_view words(SchoolDefect defect);

struct SchoolReport {
  std::uint64_t rows = 0;
  std::uint64_t accounts = 0;  // rows of them
  std::uint64_t users_accepted = 0;
  std::uint64_t asked_again = 0;
  std::array<std::uint64_t, states_count> by_state{};
  std::array<std::uint64_t, school_defects_count> by_defect{};
  std::vector<std::string> examples;  // the first few of each defect, in words
  std::uint64_t lost = 0;
  std::uint64_t doubled = 0;
  std::uint64_t misreported = 0;
  std::uint64_t violations = 0;

  [[nodiscard]] bool good() const {
    return lost == 0 && doubled == 0 && misreported == 0 && violations == 0;
  }
};

class SchoolVerdict {
 public:
  // Where a user is known by another name to Apps and Books: by his address.
  void know(std::string user_id, const std::string& email) { users_[email] = std::move(user_id); }
  void add(SchoolRow row) { rows_.push_back(std::move(row)); }
  // A line of the fleet's journal (fleet_journal.h) or of the Apps and Books simulator's
  // (books_journal.h); false: neither.
  [[nodiscard]] bool hear(std::string_view line);
  [[nodiscard]] SchoolReport judge();

 private:
  enum class Said : std::uint8_t { nothing, shown, refused, not_now };
  struct Past {  // of a device
    bool woken = false;
    bool missed = false;
    bool asked = false;
    bool handed = false;
    bool left = false;
    Said said = Said::nothing;
    std::string code;                        // SHA-256 of the one it was handed last
    std::unordered_set<std::string> showed;  // CommandUUIDs
  };

  void hear_device(Past& past, std::string_view fact, const std::vector<JsonMember>& members);
  void hear_books(std::string_view fact, const std::vector<JsonMember>& members);
  void hear_registered(const std::string& id, const std::string& email);
  [[nodiscard]] bool accepted(const SchoolRow& row, const Past& past) const;
  void judge_row(const SchoolRow& row, const Past& past);
  void judge_account(const SchoolRow& row, const std::string& who);
  void blame(SchoolDefect defect, const std::string& what);

  std::vector<SchoolRow> rows_;
  std::unordered_map<std::string, Past> devices_;
  std::unordered_set<std::string> users_accepted_;           // as the fleet says
  std::unordered_set<std::string> codes_accepted_;           // as Apps and Books says: SHA-256
  std::unordered_map<std::string, std::string> users_;       // by address
  std::unordered_set<std::string> users_associated_;         // by their accounts
  std::unordered_map<std::string, std::string> registered_;  // address by clientUserId
  std::unordered_map<std::string, std::string> mailboxes_;   // clientUserId by address
  std::vector<std::string> twice_;                           // clientUserIds
  std::uint64_t asked_again_ = 0;
  std::vector<std::string> violations_;
  SchoolReport report_;
};

// Whether muster may say this of a device that was left like that; exposed for tests.
struct SchoolEnd {
  bool accepted = false;
  bool shown = false;
  bool refused = false;
  bool left = false;
  bool postponed = false;
  bool woken = false;
  bool missed = false;
};
[[nodiscard]] bool allowed(State state, const SchoolEnd& end);

}  // namespace muster::loadgen
