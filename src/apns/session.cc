// The theory of operation, for every framing that stands behind open_session(). Conversation
// decides all of it; a framing only speaks and hears HTTP/2.
//
// clang-format off
// A session is always in one condition, and moves only downwards:
//
//   opening    until the peer's SETTINGS are here; nothing but ours is sent. 10 s, then we close.
//   open       room() = min(streams left, bodies that fit into the connection's window). With a
//              provider token it is one stream until an answer proves the token: Apple closes
//              connections that post more before that.
//   draining   no new streams; those in flight are awaited, then we want to close. Reached by
//              drain(), a GOAWAY, the last stream id, an expired token, a peer that resets or
//              forgets too many streams or never widens its window.
//   failed     (draining, and error is set) the peer broke the protocol or fell silent: every slot
//              is answered at once, nothing is fed to the framing any more.
//   closed     lost() was called.
//
// What a slot is told depends on how much of its request the transport was given, and that changes
// only in transmit(): a request counts as written when the last byte of its frame with END_STREAM
// was handed out, since a peer must not act on half a request (RFC 9113 §8.1).
//
//   event \ written                nothing       begun             ending       all
//   ─────────────────────────────  ────────────  ────────────────  ───────────  ───────────────
//   answer complete                –             answered, CANCEL  answered     answered
//   GOAWAY, id above the last      unprocessed   unprocessed       unprocessed  unprocessed
//   GOAWAY, id at or below it      unprocessed   awaited           awaited      awaited
//   RST_STREAM REFUSED_STREAM      –             unprocessed       unprocessed  unprocessed
//   RST_STREAM, any other code     –             unprocessed       unprocessed  in doubt: reset
//   answer malformed (no :status)  –             unprocessed       unprocessed  in doubt: reset
//   overdue                        unprocessed,  unprocessed,      in doubt:    in doubt:
//                                  never sent    CANCEL            overdue      overdue
//   connection failed or lost      unprocessed   unprocessed       unprocessed  in doubt: lost
// clang-format on
//
// A stream that was answered as overdue is not reset: servers count resets as an attack. It keeps
// its place among the peer's streams until the peer ends it; when more than five, or a tenth of the
// limit, are abandoned so, the connection is drained. A failed connection's half-written frame is
// never completed, since its slot was told that nobody has seen it.
#include "apns/session.h"

#include "apns/nghttp2_framing.h"
#include "apns/own_framing.h"

namespace muster::apns {

std::unique_ptr<wire::DeliverySession> open_session(const SessionSettings& settings) {
  if (settings.framing == Framing::nghttp2) {
    return std::make_unique<Nghttp2Framing>(settings);
  }
  return std::make_unique<OwnFraming>(settings);
}

}  // namespace muster::apns
