// Identities of devices, for the load generator and for tests: an authority that lives as long as
// its object, and devices that sign what they say as Apple's do.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace muster::crypto {

// A key and its certificate. sign() may be called by any number of threads at once.
class DeviceIdentity {
 public:
  // base64 of a detached SignedData over `body`, certificate included: Mdm-Signature.
  [[nodiscard]] std::string sign(std::string_view body) const;
  [[nodiscard]] std::vector<Byte> certificate() const;  // DER
  [[nodiscard]] std::string private_key_pem() const;
  [[nodiscard]] std::string certificate_pem() const;

  DeviceIdentity(DeviceIdentity&&) noexcept;
  DeviceIdentity& operator=(DeviceIdentity&&) noexcept;
  ~DeviceIdentity();

 private:
  friend class DeviceAuthority;
  struct Implementation;
  explicit DeviceIdentity(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// Keys are P-256, some tens of microseconds each. One thread at a time.
class DeviceAuthority {
 public:
  DeviceAuthority();
  DeviceAuthority(DeviceAuthority&&) noexcept;
  DeviceAuthority& operator=(DeviceAuthority&&) noexcept;
  ~DeviceAuthority();
  [[nodiscard]] std::string certificate_pem() const;  // for a trust file
  // Valid from an hour ago; a negative time: it has expired already.
  [[nodiscard]] DeviceIdentity issue(const std::string& name, std::int64_t valid_s = 86'400) const;

 private:
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::crypto
