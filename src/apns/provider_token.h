// The provider token: who we are, as a JWT signed with ES256 (reference apns.md §1.3).
//
//   token  := base64url(header) "." base64url(claims) "." base64url(signature)
//   header := {"alg":"ES256","kid":"<key id>"}     claims := {"iss":"<team id>","iat":<seconds>}
//
// Apple wants one token used for 20 to 60 minutes. `iat` is wall time rounded down to 40 minutes,
// so that every process of an installation presents the same age without storing or telling
// anything. When a window begins the token is signed anew, but never within 20 minutes of the last
// signing here: then shortly after. A token is thus never used at an age of 60 minutes.
//
// One object a team and key, shared by all shards' sessions: every member may be called by any
// thread. A session keeps its Reading and asks again when `valid_until` has come or version() has
// moved; neither costs a lock per job.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>

#include "base/time.h"
#include "crypto/es256.h"

namespace muster::apns {

class ProviderToken {
 public:
  static constexpr Duration window = std::chrono::minutes(40);
  static constexpr Duration interval_min = std::chrono::minutes(20);
  // A reading is not trusted for longer: wall time may be set meanwhile.
  static constexpr Duration reading_max = std::chrono::minutes(1);

  struct Identity {
    std::string key_id;   // Apple's 10 characters, the JWT's kid
    std::string team_id;  // likewise, iss
  };
  struct Reading {
    std::shared_ptr<const std::string> authorization;  // "bearer eyJ…"
    std::uint32_t version = 0;                         // rises with every signing; 0: never read
    Instant valid_until{};
  };

  // `clock` outlives the token; it is asked once a read() and renew().
  ProviderToken(crypto::Es256Key key, Identity identity, const Clock& clock);

  [[nodiscard]] Reading read();
  // Relaxed: a session that sees a new version late presents the old token once more.
  [[nodiscard]] std::uint32_t version() const { return version_.load(std::memory_order_relaxed); }
  // Apple called token `version` expired, although our clock thinks otherwise. True: there is a
  // newer one (signed now, with the exact time). False: the last signing is under 20 minutes ago,
  // so another token would be refused as well.
  [[nodiscard]] bool renew(std::uint32_t version);
  // Apple said that tokens change too often: no signing for the next 20 minutes.
  void hold();

 private:
  void sign(std::int64_t issued_at_s);  // under mutex_
  [[nodiscard]] bool may_sign() const;  // under mutex_
  [[nodiscard]] std::int64_t window_begin_s() const;

  const crypto::Es256Key key_;
  const Identity identity_;
  const Clock& clock_;
  std::atomic<std::uint32_t> version_{0};
  std::mutex mutex_;  // guards what follows
  std::shared_ptr<const std::string> authorization_;
  std::int64_t window_s_ = 0;  // the window the token was signed in
  Instant sign_not_before_{};
};

}  // namespace muster::apns
