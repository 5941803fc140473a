// What a row of a task reads as, beyond the hand-over that the ledger recorded.
//
// Later facts are kept once where they belong: who enrolled with the roster, what a device said of
// its command with the MDM desk, who is being registered with the registrar. So nothing is written
// when a user enrols, and all his invitations read `enrolled` at once.
//
//   queued          → registering   his user waits for a code
//   sent, in doubt  → enrolled      his user has accepted (Apple does not say by which device)
//                   → shown         the device acknowledged InviteToProgram
//                   → postponed     its last word is NotNow
//                   → failed        it refused the command (CommandRefused)
//                   → unreachable   it has left management before it showed it (Unenrolled)
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "ledger/reader.h"
#include "pipeline/block_cache.h"
#include "service/meant.h"
#include "store/command_store.h"
#include "store/registration_store.h"

namespace muster::service {

// Over one task, in any process; opened for one look at it.
class RowStates {
 public:
  [[nodiscard]] static Result<RowStates> open(const std::string& dir, ledger::LedgerReader& ledger,
                                              const ledger::TaskRow& task);
  [[nodiscard]] const Meant& meant() const { return meant_; }
  // Rows ascend and are of this task.
  [[nodiscard]] Result<void> apply(std::vector<ledger::Row>& rows);

  // How far the task's invitations have come; each counts those that went further as well.
  struct Funnel {
    std::uint64_t shown = 0;
    std::uint64_t postponed = 0;  // now
    std::uint64_t refused = 0;    // by the device
    std::uint64_t users = 0;      // who are meant
    std::uint64_t users_enrolled = 0;
  };
  [[nodiscard]] Result<Funnel> funnel();

 private:
  RowStates() = default;
  [[nodiscard]] Result<std::vector<UserNumber>> users_of(const std::vector<ledger::Row>& rows);
  [[nodiscard]] Result<void> mark_left(std::vector<ledger::Row>& rows);
  [[nodiscard]] Result<void> mark_registering(std::vector<ledger::Row>& rows,
                                              const std::vector<UserNumber>& users);

  ledger::TaskRow task_;
  bool managed_ = false;
  Meant meant_;
  NumberSet users_;  // all who are meant
  NumberSet enrolled_;
  std::unique_ptr<pipeline::BlockCache> blocks_;
  std::unique_ptr<store::CommandStore> commands_;            // null: there are none yet
  std::unique_ptr<store::RegistrationStore> registrations_;  // likewise
};

}  // namespace muster::service
