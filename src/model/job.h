// A job: an invitation on its way through the pipeline, and the content it shares with its task.
//
// Jobs live in the slab, one a slot, filled by the expander and read by one shard at a time; across
// threads travels the slot's number, never a pointer (pipeline/crossings.h).
#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "base/bytes.h"
#include "base/time.h"
#include "model/id.h"
#include "model/letter.h"
#include "model/limits.h"

namespace muster {

enum class PushType : std::uint8_t { mdm, alert };
// A topic com.apple.mgmt.* is woken with push type mdm, any other gets an alert.
[[nodiscard]] inline PushType push_type_of(std::string_view topic) {
  return topic.starts_with("com.apple.mgmt.") ? PushType::mdm : PushType::alert;
}

// Laid out for the cache: what every stage reads stands first, the bytes of the push behind it, so
// that the usual job (a token of 32 bytes, a magic of 36) ends within its second line.
struct alignas(64) Job {
  InvitationNumber invitation = 0;
  std::uint32_t generation = 0;  // rises only with an explicit "send again"
  std::uint32_t epoch = 0;       // of the task when the page was leased
  std::uint32_t page = 0;        // home page in the task
  TaskIndex task = 0;
  std::uint16_t credential = 0;  // index in the settings' credentials
  std::uint8_t attempts = 0;     // begun so far, this one included
  std::uint8_t language = 0;     // index in Content::alert_payloads, or of the mail's template
  std::uint8_t token_size = 0;
  std::uint8_t magic_size = 0;
  bool in_doubt = false;        // an earlier attempt may have arrived
  bool from_exception = false;  // a retry: its exception row exists
  Channel channel = Channel::push;
  std::int64_t registered_at_s = 0;  // when the token came to us: judges a 410's timestamp
  Instant written_at{};              // of this attempt
  std::array<Byte, limits::push_token_bytes_max + limits::push_magic_bytes_max>
      target{};              // push: the token's bytes, then the magic's
  Letter* letter = nullptr;  // mail: the slot's own until its settlement is taken

  [[nodiscard]] Bytes token() const { return Bytes(target).first(token_size); }
  [[nodiscard]] std::string_view magic() const {
    return as_text(Bytes(target).subspan(token_size, magic_size));
  }
  // At most limits::push_token_bytes_max and push_magic_bytes_max bytes.
  void set_target(Bytes token, std::string_view magic) {
    token_size = static_cast<std::uint8_t>(token.size());
    magic_size = static_cast<std::uint8_t>(magic.size());
    const auto rest = std::copy(token.begin(), token.end(), target.begin());
    std::copy(magic.begin(), magic.end(), rest);
  }
};
static_assert(sizeof(Job) <= limits::job_bytes_max);
static_assert(std::is_trivially_copyable_v<Job>);

// What all jobs of a task share. Immutable once the task runs; owned by the task's entry, which
// outlives every job of it.
struct Content {
  IdPrefix push_prefix{};              // of apns-id
  IdPrefix mail_prefix{};              // of Message-ID
  std::int64_t expiration_s = 0;       // apns-expiration, seconds since 1970
  std::int64_t mail_expiration_s = 0;  // no letter is sent from then on, seconds since 1970
  // Alert invitations: the finished JSON payload by language index; index 0 is the fallback. Each
  // is ≤ limits::payload_bytes_max (checked before Send). Unused for mdm.
  std::vector<std::string> alert_payloads;
};

}  // namespace muster
