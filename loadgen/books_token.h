// The content token of a simulated location: written for an administrator to install, and
// recognised when a client shows it.
//
//   file := base64( {"expDate": …, "token": …, "orgName": …} with line feeds and blanks ) "\n"
//
// A token that was revoked, or is over, is replaced by the next generation of the same location;
// the older ones are still recognised, and refused.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/time.h"

namespace muster::loadgen {

class BooksToken {
 public:
  BooksToken(std::string organisation, std::uint64_t seed, WallTime expires_at)
      : organisation_(std::move(organisation)), seed_(seed), expires_at_(expires_at) {}

  // As it stands in the file, without the line feed at the end.
  [[nodiscard]] std::string text() const;
  [[nodiscard]] WallTime expires_at() const { return expires_at_; }
  [[nodiscard]] std::uint32_t generation() const { return generation_; }
  void renew(WallTime expires_at) {
    ++generation_;
    expires_at_ = expires_at;
  }
  // The generation of a token that somebody shows; nothing: it is none of this location. White
  // space in it is what a file may have, not what a request may.
  [[nodiscard]] std::optional<std::uint32_t> recognise(std::string_view shown) const;
  // The location's number ("uId").
  [[nodiscard]] std::string location_number() const;

 private:
  [[nodiscard]] std::string secret(std::uint32_t generation) const;

  std::string organisation_;
  std::uint64_t seed_;
  WallTime expires_at_;
  std::uint32_t generation_ = 1;
};

}  // namespace muster::loadgen
