// What devices sign with: identities of a throw-away authority, made when they are first needed.
//
// A real device has one of its own. A signature costs CPU on both sides, a key memory, so many
// devices may share one. Used by one thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "crypto/device_identity.h"

namespace muster::loadgen {

class DeviceSigner {
 public:
  explicit DeviceSigner(std::uint32_t devices_per_identity)
      : devices_per_identity_(devices_per_identity) {}

  // For the server's trust file.
  [[nodiscard]] std::string authority_pem() const { return authority_.certificate_pem(); }
  [[nodiscard]] std::string sign(std::uint32_t device, std::string_view body);

 private:
  std::uint32_t devices_per_identity_;
  crypto::DeviceAuthority authority_;
  std::vector<std::optional<crypto::DeviceIdentity>> identities_;
};

}  // namespace muster::loadgen
