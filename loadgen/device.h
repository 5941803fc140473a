// One simulated Apple device as a pure state machine: pushes, answers and time in, requests out.
//
// It owes the server a few steps at any time (check in, ask, report) and takes them one after the
// other; one request is under way at most. A step is kept until it was answered with 2xx, as a real
// device keeps its result: trouble and refusals only delay it (doubling from 200 ms to 30 s).
//
//   enrol()   Authenticate, TokenUpdate, and for a user's channel a second TokenUpdate
//   woken()   after its plan's delay: Idle. The answer is a command, or nothing: done
//   command   decided by the plan: Acknowledged, trouble, NotNow, CheckOut. The answer to a report
//             may hold the next command
//   NotNow    asks again by itself, where its plan says so and it was the last thing it said;
//             otherwise the next push makes it ask
//
// A Mac with somebody logged in, and a shared iPad, have two channels with a token each; everything
// else has one. No socket, no clock, no file: what it did is handed out as Deeds.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "loadgen/behaviour.h"
#include "loadgen/device_plist.h"
#include "loadgen/device_roster.h"
#include "loadgen/fleet_fact.h"

namespace muster::loadgen {

// What a device did in one call: for the journal, for the push server, for its user.
struct Deeds {
  struct TokenNews {
    PushToken token{};
    std::string magic;
    std::uint32_t device = nobody;
    bool user_channel = false;
    bool good = false;  // false: pushes to it are answered 410 from now on
  };
  std::vector<Fact> facts;
  std::vector<TokenNews> tokens;
  std::vector<std::string> dialogs;  // URLs that were shown to its user; secrets
};

struct DeviceRequest {
  bool check_in = false;  // otherwise for a command
  std::string body;
  bool loses_answer = false;  // end the connection once the answer comes, unread
};

struct DeviceAnswer {
  bool came = false;  // false: the connection was not made, or ended before the answer
  std::uint16_t status = 0;
  std::string body = {};
};

class Device {
 public:
  // `roster` outlives it.
  Device(std::uint32_t number, const FleetRoster& roster, const DevicePlan& plan);

  void enrol(Instant now, Deeds& deeds);
  // A push reached it; one whose PushMagic was not its token's is ignored.
  void woken(bool user_channel, bool magic_right, Instant now, Deeds& deeds);
  // A push went to its token, which is dead.
  void missed(bool user_channel, Instant now, Deeds& deeds);
  // When take_request() will have one; never() while one is under way.
  [[nodiscard]] Instant deadline() const;
  [[nodiscard]] std::optional<DeviceRequest> take_request(Instant now, Deeds& deeds);
  void answered(const DeviceAnswer& answer, Instant now, Deeds& deeds);

  [[nodiscard]] const DevicePlan& plan() const { return plan_; }
  [[nodiscard]] bool enrolled() const { return check_ins_left_ == 0; }
  [[nodiscard]] bool gone() const { return gone_; }

 private:
  enum class Errand : std::uint8_t { authenticate, token_update, ask, report, check_out };
  struct Step {
    Errand errand = Errand::ask;
    bool user_channel = false;
    Instant due;
    bool sent = false;
    bool sent_twice = false;
    DeviceReport report = {};
  };
  struct Channel {
    PushToken token{};
    std::string magic;
    bool dead = false;          // its token
    bool woken_again = false;   // while it was talking
    bool said_not_now = false;  // was the last thing it said
  };
  struct Past {  // of a command
    std::string uuid;
    std::uint32_t not_now = 0;
    bool told = false;  // the server has its result
  };

  [[nodiscard]] bool has_user_channel() const;
  [[nodiscard]] Speaker speaker(bool user_channel) const;
  [[nodiscard]] Channel& channel(bool user_channel) { return channels_[user_channel ? 1 : 0]; }
  [[nodiscard]] std::size_t next_step() const;
  [[nodiscard]] std::string body_of(const Step& step);
  void push(Step step);
  void ask_at(Instant due, bool user_channel);
  void take_known_token(Channel& channel, const std::optional<PushToken>& token,
                        const std::string& magic) const;
  void give_token(bool user_channel);
  void tell_token(bool user_channel, bool good, Deeds& deeds) const;
  void rotate(bool user_channel, Instant due, Deeds& deeds);
  void leave(Instant due);
  void failed(Step& step, const DeviceAnswer& answer, Instant now, Deeds& deeds);
  void checked_in(const Step& step, const DeviceAnswer& answer, Instant now, Deeds& deeds);
  void hear(const Step& step, const std::string& body, Instant now, Deeds& deeds);
  void obey(const DeviceCommand& command, const Step& step, Instant now, Deeds& deeds);
  [[nodiscard]] DeviceReport decide(const DeviceCommand& command, Past& past, bool user_channel,
                                    Instant now, Deeds& deeds);
  [[nodiscard]] std::optional<Violation> fault_of(const DeviceCommand& command,
                                                  bool user_channel) const;
  [[nodiscard]] Past& past_of(const std::string& uuid);
  [[nodiscard]] Fact fact(Fact::Kind kind, bool user_channel, Instant now) const;
  void accuse(Violation violation, bool user_channel, Instant now, Deeds& deeds) const;

  std::uint32_t number_;
  const FleetRoster& roster_;
  const RosterDevice& row_;
  DevicePlan plan_;
  std::string udid_;
  std::string user_id_;  // of the user's channel
  std::array<Channel, 2> channels_;
  std::vector<Step> steps_;
  std::size_t under_way_ = no_step;
  bool loses_this_ = false;
  std::uint32_t failures_ = 0;  // in a row
  Instant quiet_until_{};       // after a failure
  std::uint32_t check_ins_left_ = 0;
  std::uint32_t generation_ = 0;  // of its tokens
  bool left_to_rotate_ = false;
  bool leaving_ = false;
  bool gone_ = false;
  std::vector<Past> commands_;
  static constexpr std::size_t no_step = ~std::size_t{0};
};

}  // namespace muster::loadgen
