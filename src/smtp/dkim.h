// DKIM signatures (RFC 6376, 8301, 8463): relaxed/relaxed, SHA-256, RSA or Ed25519.
//
// The field stands at the top of the letter, but can be finished only when all else is written. So
// it is written with gaps of the right length for the body's hash and the signature, and finished
// in place. All fields of the letter are signed, in the order in which they stand; From once more
// than it is there (oversigned), so that nobody can add a second one.
//
// Several keys make several fields, none of which signs another; what they have in common, the
// canonical fields and the body's hash, is made once a letter, or once a template where the body is
// the same for all.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "crypto/signature.h"
#include "smtp/composer.h"
#include "smtp/octets.h"

namespace muster::smtp {

inline constexpr std::size_t dkim_keys_max = 8;

using BodyHash = std::array<char, 44>;  // base64 of SHA-256
// Of a body not yet canonical; `room` is scratch.
[[nodiscard]] BodyHash body_hash(std::string_view body, Octets& room);

class DkimSigner {
 public:
  // `fields`: names of all fields of a letter, in their order; From among them.
  [[nodiscard]] static Result<DkimSigner, Complaint> make(const DkimKey& key,
                                                          std::span<const std::string_view> fields);

  // Where a field stands in its letter, and its gap for the body's hash.
  struct Place {
    std::size_t begin = 0;
    std::size_t hash = 0;
  };
  // Appends the field with its gaps.
  [[nodiscard]] Place write_field(Octets& to, WallTime now) const;
  // Fills the gaps. `canonical` holds the letter's canonical fields and is the same afterwards.
  void finish(Octets& letter, Place place, const BodyHash& hash, Octets& canonical) const;

  // Signing takes a few hundred microseconds rather than tens.
  [[nodiscard]] bool slow() const { return key_.kind() == crypto::SigningKey::Kind::rsa; }

 private:
  DkimSigner(crypto::SigningKey key, std::string begin, std::string middle);

  crypto::SigningKey key_;
  std::string begin_;   // up to t=
  std::string middle_;  // behind it, up to bh=
};

}  // namespace muster::smtp
