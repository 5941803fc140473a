#include "service/fallbacks.h"

#include <algorithm>

namespace muster::service {
namespace {

bool ended_without_arriving(State state) {
  return state == State::failed || state == State::unreachable || state == State::expired ||
         state == State::cancelled;
}

// Whether all device invitations of the user ended without arriving.
Result<bool> nothing_arrives(const Frozen& task, UserNumber user, ledger::LedgerReader& ledger,
                             roster::RosterReader& roster) {
  const auto devices = roster.devices_of(user);
  if (!devices) {
    return tl::unexpected(devices.error());
  }
  for (const auto device : *devices) {
    if (!task.devices.contains(device)) {
      continue;
    }
    // rank() counts the smaller ones: the place of the device among the targets.
    const auto invitation = static_cast<InvitationNumber>(task.devices.rank(device));
    const auto rows = ledger.rows(task.id, invitation, 1);
    if (!rows) {
      return tl::unexpected(rows.error());
    }
    if (rows->empty() || !ended_without_arriving(rows->front().outcome.state)) {
      return false;
    }
  }
  return true;
}

}  // namespace

Result<std::vector<InvitationNumber>> fallbacks_to_wake(const Frozen& task,
                                                        const std::vector<InvitationNumber>& ended,
                                                        ledger::LedgerReader& ledger,
                                                        pipeline::BlockCache& blocks) {
  NumberSet users;
  for (const auto invitation : ended) {
    const auto device = task.devices.at(invitation);
    if (!device) {
      continue;
    }
    const auto target = blocks.at(*device);
    if (!target) {
      return tl::unexpected(target.error());
    }
    if (target->known && task.fallbacks.contains(target->user)) {
      users.add(target->user);
    }
  }
  std::vector<InvitationNumber> wake;
  Error trouble_met;
  users.for_each([&](UserNumber user) {
    if (trouble_met.code != ErrorCode::none) {
      return;
    }
    const auto nothing = nothing_arrives(task, user, ledger, blocks.roster());
    if (!nothing) {
      trouble_met = nothing.error();
    } else if (*nothing) {
      wake.push_back(task.layout.first(Part::fallback) +
                     static_cast<InvitationNumber>(task.fallbacks.rank(user)));
    }
  });
  if (trouble_met.code != ErrorCode::none) {
    return tl::unexpected(trouble_met);
  }
  return wake;
}

}  // namespace muster::service
