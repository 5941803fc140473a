// What a send would do, before anything is sent.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "muster/selector.h"

namespace muster {

// Users of the audience who cannot be reached, and why in words: each counts once, under what would
// be mended soonest.
struct Unreached {
  std::string reason;  // "no device that can be pushed (push token gone, 410)"
  std::uint64_t users = 0;
};
// One of them.
struct UnreachedUser {
  std::string user_id;
  std::string full_name;
  std::string reason;
};
// A part of them, in order. `from` of the next call is `next`; no rows: the end.
struct UnreachedPage {
  std::vector<UnreachedUser> rows;
  std::uint32_t next = 0;
};

struct Preview {
  std::string id;  // names this preview: send() refuses when the audience has changed since
  Selector selector;
  std::string target_name;  // the user's full name or the group's name
  std::uint64_t users_selected =
      0;                          // members of the target, groups within groups included, once each
  std::uint64_t users = 0;        // who will get at least one invitation
  std::uint64_t invitations = 0;  // rows of the task: pushes, mails and accounts
  std::uint64_t pushes = 0;
  std::uint64_t mails = 0;
  // Users whom Apple associates by their Managed Apple Account: nothing is sent to them.
  std::uint64_t accounts = 0;
  std::uint64_t users_by_device = 0;  // who get at least one push
  std::uint64_t fallbacks = 0;        // up to so many more mails, where every push to a user fails
  std::uint64_t users_not_invited = 0;  // the two audiences, for the choice between them
  std::uint64_t users_not_enrolled = 0;
  std::vector<Unreached> unreached;
  std::vector<std::string>
      warnings;                  // "com.apple.mgmt… devices will be woken, but no command waits"
  double seconds_estimated = 0;  // at the pace that is set; 0: no pace is set
};

}  // namespace muster
