// Whether we believe a device, and by what it is known again: the SHA-256 of its certificate.
#pragma once

#include <optional>
#include <vector>

#include "crypto/cms.h"
#include "mdm/desk.h"

namespace muster::mdm {

class Identities {
 public:
  [[nodiscard]] static Result<Identities, Complaint> open(const DeskSettings& settings);
  // Empty: it showed none, and none is asked for. Nothing: it is not believed.
  [[nodiscard]] std::optional<std::vector<Byte>> shown_by(const Call& call, WallTime now) const;

 private:
  Identities() = default;
  bool required_ = true;
  std::optional<crypto::SignatureAuthority> authority_;
};

}  // namespace muster::mdm
