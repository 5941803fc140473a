// Why a device cannot be pushed an invitation: said by its row (push_target.h), kept in its block.
#pragma once

#include <cstddef>
#include <cstdint>

namespace muster::roster {

// Numbers are stored in blocks: append only. 0: it can be pushed, or the block is older than these
// words. What can be mended soonest comes first: a user with several such devices is told the
// smallest.
enum class Hindrance : std::uint8_t {
  none,
  token_gone,           // the peer said so (410), and it has not checked in since
  mac_without_user,     // a Mac is invited on its user channel, and none is known
  shared_without_user,  // likewise a Shared iPad
  no_magic,             // a device ignores a wake without its PushMagic
  no_token,             // it has not checked in, or it left
  user_enrollment,      // refuses the command
  platform,             // tvOS, watchOS, visionOS: likewise
};
inline constexpr std::size_t hindrances_count = 8;

}  // namespace muster::roster
