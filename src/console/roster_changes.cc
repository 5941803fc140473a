#include "console/roster_changes.h"

namespace muster::console {

Result<void, Refusal> change_roster(Office& office, const Call& call, const RosterDeed& deed,
                                    const std::function<Checked<Done>()>& change) {
  if (const auto done = change(); !done) {
    return refused(done.failure());
  }
  office.record(call.who(), deed.action, deed.target, deed.detail);
  office.events->look_now();
  return {};
}

Answered changed_roster(Office& office, const Call& call, const RosterDeed& deed,
                        const std::function<Checked<Done>()>& change) {
  if (auto empty = no_body(call); !empty) {
    return tl::unexpected(empty.error());
  }
  if (auto done = change_roster(office, call, deed, change); !done) {
    return tl::unexpected(done.error());
  }
  return nothing();
}

Result<void, Refusal> no_body(const Call& call) {
  const auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  return body->whole();
}

}  // namespace muster::console
