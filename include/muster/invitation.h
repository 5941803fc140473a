// One row of a task, for Active Tasks and for export.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace muster {

struct Invitation {
  std::uint32_t number = 0;  // position in the task's frozen audience
  std::string user_id;
  std::string user_full_name;
  std::string device_id;  // empty for a mail
  std::string device_name;
  std::string channel;  // push | mail | account
  std::string state;    // queued, sent, failed, …
  std::string reason;   // "BadDeviceToken"; empty where all went well
  std::uint32_t attempts = 0;
  std::string apns_id;  // of a mail: what its Message-ID begins with
  // "410 Unregistered, timestamp 2026-11-22T20:00:00.000Z"; of a mail the server's own words,
  // "250 2.0.0 Ok: queued as 4F1A2B"
  std::string reply;
  std::string updated_at;  // ISO 8601; of the recording commit
};

// Something that happened to an invitation.
struct Moment {
  std::string at;  // ISO 8601, UTC
  // queued, registered, sent, handed, postponed, shown, enrolled, refused, or the state in which it
  // stands since then
  std::string what;
  std::string words;  // "the device was handed the command 3 times; this is the last"
};

// What is known of one invitation, in the order in which it happened. Of what happens again and
// again (NotNow, for one) the last time is known, and how often.
struct Timeline {
  Invitation row;
  std::vector<Moment> moments;
};

// A part of a task's rows, in order. `after` of the next call is `next`, where there is `more`.
struct InvitationPage {
  std::vector<Invitation> rows;
  std::uint32_t next = 0;
  bool more = false;
};

}  // namespace muster
