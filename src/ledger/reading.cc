#include "ledger/reading.h"

#include "base/log.h"
#include "ledger/counting.h"
#include "ledger/formats.h"

namespace muster::ledger {

Result<TaskRow> read_task_row(const store::TaskRecord& record) {
  auto counts = read_counts(record.counts);
  if (!counts || record.state > static_cast<std::uint8_t>(TaskState::held)) {
    log::error("ledger", "task damaged", {{"task", uuid_text(record.id.bytes)}});
    return trouble(ErrorCode::store_corrupt);
  }
  TaskRow row;
  row.id = record.id;
  row.state = static_cast<TaskState>(record.state);
  row.state_reason = record.state_reason;
  row.epoch = record.epoch;
  row.target_name = record.target_name;
  row.selector = record.selector;
  row.layout = record.layout;
  row.push_prefix = record.push_prefix;
  row.mail_prefix = record.mail_prefix;
  row.expiration_s = record.expiration_s;
  row.rate = record.rate;
  row.invited = static_cast<Invited>(record.invited);
  row.created_at = record.created_at;
  row.ended_at = record.ended_at;
  row.counts = std::move(*counts);
  row.invitations = invitations_of(row.layout, row.counts);
  return row;
}

Result<HomePage> read_home_page(store::LedgerStore& store, store::TaskNumber task,
                                const Layout& layout, std::uint32_t page) {
  const auto damaged = [&] {
    log::error("ledger", "page damaged",
               {{"file", store.file()}, {"task", task}, {"page", std::int64_t{page}}});
    return trouble(ErrorCode::store_corrupt);
  };
  const auto folded = store.page(task, page);
  if (!folded) {
    return tl::unexpected(folded.error());
  }
  const PageName name{task, page};
  const auto size = layout.size_of(page);
  const bool replied = Layout::by_mail(layout.part_of_page(page));
  HomePage home{std::vector<std::uint16_t>(size), std::vector<std::string>(replied ? size : 0),
                folded->at};
  const MutableSlots slots{home.outcomes, home.replies};
  if (!folded->outcomes.empty() && !read_page(name, folded->outcomes, slots)) {
    return damaged();
  }
  const auto deltas = store.deltas(task, page);
  if (!deltas) {
    return tl::unexpected(deltas.error());
  }
  for (const auto& delta : *deltas) {
    if (!apply_delta(name, delta.body, slots)) {
      return damaged();
    }
    home.at = std::max(home.at, delta.at);
  }
  return home;
}

}  // namespace muster::ledger
