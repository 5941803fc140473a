// A conversation with APNs over HTTP/2: a wire::DeliverySession, without socket and clock.
//
// The pool asks room(), submits that many jobs, and collects one answer a job; the network carries
// the bytes. What the peer says of a job comes back as `answered` with status and reason; what
// became of a job when no answer came stands in the table in session.cc. Trouble with the
// connection never fails a job: it ends or drains the session, and the Vitals say why. The log
// tells connections' events, never a job's.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "base/time.h"
#include "model/job.h"
#include "wire/session.h"

namespace muster::apns {

class ProviderToken;

// Who turns requests into HTTP/2's bytes: this project's own code, or nghttp2's client session.
enum class Framing : std::uint8_t { muster, nghttp2 };

struct SessionSettings {
  std::string authority;  // "api.push.apple.com:443"; the port may be left out
  std::string topic;      // apns-topic
  PushType push_type = PushType::mdm;
  ProviderToken* token = nullptr;  // outlives the session; null: a certificate speaks for us
  Duration answer_within = std::chrono::seconds(30);
  // Odd. Tests set it high to come near limits::stream_id_last.
  std::int32_t first_stream_id = 1;
  Framing framing = Framing::muster;
};

[[nodiscard]] std::unique_ptr<wire::DeliverySession> open_session(const SessionSettings& settings);

}  // namespace muster::apns
