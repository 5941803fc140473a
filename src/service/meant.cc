#include "service/meant.h"

#include <utility>

namespace muster::service {

Result<Meant> Meant::read(ledger::LedgerReader& ledger, const ledger::TaskRow& task) {
  auto devices = ledger.devices(task.id);
  auto mailboxes = ledger.mailboxes(task.id);
  auto fallbacks = ledger.fallbacks(task.id);
  auto accounts = ledger.accounts(task.id);
  for (const auto* each : {&devices, &mailboxes, &fallbacks, &accounts}) {
    if (!*each) {
      return tl::unexpected(each->error());
    }
  }
  Meant meant;
  meant.layout_ = task.layout;
  meant.devices_ = std::move(*devices);
  meant.mailboxes_ = std::move(*mailboxes);
  meant.fallbacks_ = std::move(*fallbacks);
  meant.accounts_ = std::move(*accounts);
  return meant;
}

std::optional<DeviceNumber> Meant::device_of(InvitationNumber invitation) const {
  return layout_.part_of(invitation) == Part::push ? devices_.at(layout_.rank_of(invitation))
                                                   : std::nullopt;
}

std::optional<UserNumber> Meant::user_without_device(InvitationNumber invitation) const {
  const auto rank = layout_.rank_of(invitation);
  switch (layout_.part_of(invitation)) {
    case Part::push:
      break;
    case Part::mail:
      return mailboxes_.at(rank);
    case Part::fallback:
      return fallbacks_.at(rank);
    case Part::account:
      return accounts_.at(rank);
  }
  return std::nullopt;
}

Result<UserNumber> Meant::user_of(InvitationNumber invitation, pipeline::BlockCache& blocks) const {
  if (layout_.part_of(invitation) != Part::push) {
    return user_without_device(invitation).value_or(nobody);
  }
  const auto device = device_of(invitation);
  if (!device) {
    return nobody;
  }
  const auto target = blocks.at(*device);
  if (!target) {
    return tl::unexpected(target.error());
  }
  return target->known ? target->user : nobody;
}

}  // namespace muster::service
