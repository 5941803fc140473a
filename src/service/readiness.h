// The registrar's word on users and NanoMDM's on their devices, as the pipeline asks for them.
#pragma once

#include "service/enqueuing.h"
#include "service/registering.h"

namespace muster::service {

class Readiness final : public pipeline::Clearances {
 public:
  // Both outlive it; `enqueuing` null: nobody needs to be told before a device is woken.
  Readiness(Registering& registering, Enqueuing* enqueuing)
      : registering_(registering), enqueuing_(enqueuing) {}

  [[nodiscard]] pipeline::Clearance of(UserNumber user) const override {
    return registering_.of(user);
  }
  [[nodiscard]] std::uint64_t changes() const override {
    return registering_.changes() + (enqueuing_ == nullptr ? 0 : enqueuing_->changes());
  }
  [[nodiscard]] pipeline::Clearance prepared(const TaskId& task, InvitationNumber invitation,
                                             DeviceNumber device) override {
    return enqueuing_ == nullptr ? pipeline::Clearance{}
                                 : enqueuing_->prepared(task, invitation, device);
  }
  [[nodiscard]] Result<void> read_urls(std::span<const UserNumber> users,
                                       std::vector<std::string>& into) override {
    return registering_.read_urls(users, into);
  }

 private:
  Registering& registering_;
  Enqueuing* const enqueuing_;
};

}  // namespace muster::service
