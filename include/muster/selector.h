// Who is meant: a user or a group, and which of its users.
#pragma once

#include <cstdint>
#include <string>

namespace muster {

enum class Audience : std::uint8_t {
  not_invited,   // users not previously invited
  not_enrolled,  // users that have not yet enrolled
};

enum class Channels : std::uint8_t { push, mail, push_and_mail, push_then_mail };

struct Selector {
  std::string user;    // user_id; exactly one of user and group is set
  std::string group;   // group_id, or a name that only one group has
  std::string device;  // with user: only this device_id
  Audience audience = Audience::not_invited;
  Channels channels = Channels::push_then_mail;
  friend bool operator==(const Selector&, const Selector&) = default;
};

}  // namespace muster
