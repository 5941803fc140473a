// Judges every invitation of a rehearsal: what muster says of it against what the devices did.
//
// The fleet's journal is what happened on devices, the Apps and Books simulator's who accepted;
// both are believed. Fill in this order: add() every row of the tasks, hear() every line of the
// journals, judge(). Pure: no file, no clock. Only pushes are judged here; mail has verdict.h.
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
//   lost         a row not at rest; handed over, but the device was never reached or got nothing
//   doubled      a device was shown its invitation under two CommandUUIDs
//   misreported  any other state than the table allows
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
};

enum class SchoolDefect : std::uint8_t {
  not_at_rest,
  never_reached,  // handed over, but no push came to the device
  given_nothing,  // handed over, and the device asked in vain
  shown_twice,
  wrong_state,
  violation,  // the fleet caught a broken rule
};
inline constexpr std::size_t school_defects_count = 6;
[[nodiscard]] std::string_view words(SchoolDefect defect);

struct SchoolReport {
  std::uint64_t rows = 0;
  std::uint64_t users_accepted = 0;
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
  [[nodiscard]] bool accepted(const SchoolRow& row, const Past& past) const;
  void judge_row(const SchoolRow& row, const Past& past);
  void blame(SchoolDefect defect, const std::string& what);

  std::vector<SchoolRow> rows_;
  std::unordered_map<std::string, Past> devices_;
  std::unordered_set<std::string> users_accepted_;  // as the fleet says
  std::unordered_set<std::string> codes_accepted_;  // as Apps and Books says: SHA-256
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
