#include "loadgen/device_signer.h"

namespace muster::loadgen {

std::string DeviceSigner::sign(std::uint32_t device, std::string_view body) {
  const auto place = device / devices_per_identity_;
  if (identities_.size() <= place) {
    identities_.resize(place + std::size_t{1});
  }
  auto& identity = identities_[place];
  if (!identity) {
    identity = authority_.issue("device " + std::to_string(place));
  }
  return identity->sign(body);
}

}  // namespace muster::loadgen
