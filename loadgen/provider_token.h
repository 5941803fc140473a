// Judges provider tokens (JWT, ES256) as Apple does, over the life of one connection.
//
// The first accepted token binds the connection to its team. A new token sooner than 20 minutes
// after the last one on the same connection is too many. Checked signatures are remembered per
// connection, so that a client which keeps its token costs one verification.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"
#include "model/outcome.h"

namespace muster::loadgen {

// True where `signature` (64 bytes R ‖ S) fits; empty: signatures are not checked.
using SignatureCheck = std::function<bool(Bytes message, Bytes signature)>;

class ProviderTokenJudge {
 public:
  explicit ProviderTokenJudge(SignatureCheck check) : check_(std::move(check)) {}

  // `authorization`: the header's value, nullptr where there is none. none: accepted.
  [[nodiscard]] Reason judge(const std::string* authorization, WallTime now);
  // A token was accepted on this connection.
  [[nodiscard]] bool bound() const { return !current_.empty(); }

 private:
  struct Claims {
    std::string key_id;
    std::string team_id;
    std::int64_t issued_at_s = 0;
  };
  [[nodiscard]] std::optional<Claims> read(std::string_view token) const;

  SignatureCheck check_;
  std::string current_;  // the last accepted token, as written
  Claims claims_;
  WallTime since_;  // when it was first seen here
};

}  // namespace muster::loadgen
