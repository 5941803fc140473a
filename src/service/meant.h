// Who is meant by the rows of a task: from an invitation's number to a device or a user.
#pragma once

#include <cstdint>
#include <optional>

#include "base/number_set.h"
#include "base/result.h"
#include "ledger/reader.h"
#include "model/layout.h"
#include "pipeline/block_cache.h"

namespace muster::service {

inline constexpr UserNumber nobody = UINT32_MAX;

// The frozen sets of one task, read once; one object a thread.
class Meant {
 public:
  Meant() = default;  // of a task without rows
  [[nodiscard]] static Result<Meant> read(ledger::LedgerReader& ledger,
                                          const ledger::TaskRow& task);

  [[nodiscard]] const Layout& layout() const { return layout_; }
  // Of a push's row; none for every other and beyond the end.
  [[nodiscard]] std::optional<DeviceNumber> device_of(InvitationNumber invitation) const;
  // Of a row that is no push: its user stands in the set itself.
  [[nodiscard]] std::optional<UserNumber> user_without_device(InvitationNumber invitation) const;
  // Of any row; `nobody` where the device belongs to nobody, or has gone from the roster.
  [[nodiscard]] Result<UserNumber> user_of(InvitationNumber invitation,
                                           pipeline::BlockCache& blocks) const;

 private:
  Layout layout_;
  NumberSet devices_;
  NumberSet mailboxes_;
  NumberSet fallbacks_;
  NumberSet accounts_;
};

}  // namespace muster::service
