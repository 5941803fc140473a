// Where the push server's thread and the fleet's thread meet: which tokens are good, and which
// devices were woken.
//
// The fleet says what becomes of tokens (learn), the push server asks and tells (WakeObserver). A
// token that was good and is not answers 410 Unregistered with the time it ceased to be; one that
// nobody ever had, 400 BadDeviceToken. All of it under one mutex; the doorbell wakes the fleet.
#pragma once

#include <mutex>
#include <unordered_map>
#include <vector>

#include "base/thread.h"
#include "base/time.h"
#include "loadgen/apns_peer.h"
#include "loadgen/device.h"

namespace muster::loadgen {

// A push that reached a device, or would have.
struct Wake {
  std::uint32_t device = nobody;
  bool user_channel = false;
  bool missed = false;       // its token is dead
  bool magic_right = false;  // is the token's
};

class WakeGate final : public WakeObserver {
 public:
  // Both outlive it.
  WakeGate(const Clock& clock, Doorbell& bell) : clock_(clock), bell_(bell) {}

  // ── the fleet's ──
  void learn(const Deeds::TokenNews& news);
  void take(std::vector<Wake>& wakes);
  [[nodiscard]] bool waiting() const;

  // ── the push server's ──
  [[nodiscard]] ApnsAnswer answer_for(const Token& token) override;
  void acted_on(const Token& token, const std::string& payload, const ApnsAnswer& answer) override;

 private:
  struct Entry {
    std::uint32_t device = nobody;
    std::string magic;
    bool user_channel = false;
    bool good = false;
    WallTime dead_since;
  };
  struct Hash {
    std::size_t operator()(const Token& token) const {
      return load<std::size_t>(token.data());  // tokens are chance
    }
  };

  const Clock& clock_;
  Doorbell& bell_;
  mutable std::mutex mutex_;
  std::unordered_map<Token, Entry, Hash> tokens_;  // under mutex_
  std::vector<Wake> wakes_;                        // under mutex_
};

}  // namespace muster::loadgen
