#include "service/row_names.h"

#include <utility>

namespace muster::service {

Result<RowNames> RowNames::open(ledger::LedgerReader& ledger, roster::RosterReader& roster,
                                const ledger::TaskRow& task) {
  RowNames names(roster, task.layout);
  auto devices = ledger.devices(task.id);
  auto mailboxes = ledger.mailboxes(task.id);
  auto fallbacks = ledger.fallbacks(task.id);
  auto accounts = ledger.accounts(task.id);
  for (const auto* each : {&devices, &mailboxes, &fallbacks, &accounts}) {
    if (!*each) {
      return tl::unexpected(each->error());
    }
  }
  names.devices_ = std::move(*devices);
  names.mailboxes_ = std::move(*mailboxes);
  names.fallbacks_ = std::move(*fallbacks);
  names.accounts_ = std::move(*accounts);
  return names;
}

Result<std::vector<roster::DeviceText>> RowNames::of(const std::vector<ledger::Row>& rows) {
  std::vector<DeviceNumber> devices;
  std::vector<UserNumber> users;
  for (const auto& row : rows) {
    const auto rank = layout_.rank_of(row.invitation);
    switch (layout_.part_of(row.invitation)) {
      case Part::push:
        devices.push_back(devices_.at(rank).value_or(0));
        break;
      case Part::mail:
        users.push_back(mailboxes_.at(rank).value_or(0));
        break;
      case Part::fallback:
        users.push_back(fallbacks_.at(rank).value_or(0));
        break;
      case Part::account:
        users.push_back(accounts_.at(rank).value_or(0));
        break;
    }
  }
  auto texts = roster_.texts(devices);
  const auto names = roster_.user_texts(users);
  if (!texts || !names) {
    return tl::unexpected(texts ? names.error() : texts.error());
  }
  // Rows ascend, and pushes come first.
  for (const auto& name : *names) {
    texts->push_back({0, "", "", name.user_id, name.user_full_name});
  }
  return texts;
}

}  // namespace muster::service
