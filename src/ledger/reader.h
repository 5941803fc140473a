// Reading the ledger: a snapshot view, from any thread (one object a thread) and any process, also
// while another one writes.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ledger/task.h"

namespace muster::ledger {

class LedgerReader {
 public:
  // ErrorCode not_found as cause where DIR holds no ledger yet.
  [[nodiscard]] static Result<std::unique_ptr<LedgerReader>, Complaint> open(
      const std::string& dir);
  ~LedgerReader();

  [[nodiscard]] Result<std::vector<TaskRow>> tasks();  // newest first
  [[nodiscard]] Result<std::optional<TaskRow>> task(const TaskId& id);
  [[nodiscard]] Result<NumberSet> devices(const TaskId& id);
  [[nodiscard]] Result<NumberSet> mailboxes(const TaskId& id);
  [[nodiscard]] Result<NumberSet> fallbacks(const TaskId& id);
  [[nodiscard]] Result<NumberSet> accounts(const TaskId& id);
  [[nodiscard]] Result<NumberSet> users(const TaskId& id);
  [[nodiscard]] Result<std::vector<std::pair<std::string, std::string>>> alert_payloads(
      const TaskId& id);
  // Rows from…from+count−1 as they stand, sleeping fallbacks marked so (a cancelled task's unsent
  // ones read `cancelled`).
  [[nodiscard]] Result<std::vector<Row>> rows(const TaskId& id, InvitationNumber from,
                                              std::size_t count);

 private:
  struct Implementation;
  explicit LedgerReader(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::ledger
