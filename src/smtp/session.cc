// The theory of operation.
//
// clang-format off
// A session is always in one condition, and moves only downwards:
//
//   opening    greeting, EHLO, STARTTLS, EHLO, AUTH: the table stands in opening.h. Every command
//              waits for its reply. room() is 0.
//   open       letters go out, two in hand with PIPELINING: the table stands in flight.h.
//   draining   no new letters; QUIT goes behind the last body. Reached by drain(), by idleness,
//              with the last letter the server takes (letters_max, LIMITS MAILMAX), and by a
//              refusal of the route. Or nothing more is said at all, since the conversation
//              broke (cut).
//   closed     lost() was called.
//
// What ends it, and what becomes of the letters in hand (k, whose reply is awaited; k+1 behind it):
//
//   event                              k, dot written        k, else               k+1
//   ─────────────────────────────────  ────────────────────  ────────────────────  ───────────
//   connection lost                    in doubt: lost        unprocessed           unprocessed
//   reply out of order or unreadable   in doubt: lost        unprocessed           unprocessed
//   503                                unprocessed           unprocessed           unprocessed
//   421, none accepted before          server_busy           server_busy           unprocessed
//   421, after one was accepted        unprocessed           unprocessed           unprocessed
//   4yz, 5yz amid the body             –                     its verdict           unprocessed
//   quota, login or TLS is refused     unprocessed           unprocessed           unprocessed
//   overdue: a command                 –                     answer_overdue        unprocessed
//   overdue: the dot                   in doubt: overdue     –                     unprocessed
//   the peer takes no bytes            –                     unprocessed           unprocessed
// clang-format on
//
// 421 is a reply: a letter that gets it in place of its dot's was not taken. If letters were taken
// before, it is how the server ends a connection that has carried enough, and the letter is not
// deferred for it (smtp.md §1.3). An overdue command counts as an attempt of its letter, or a
// server that never answers one recipient would be asked for ever. A reply to what was not written
// yet answers something else: only a refusal amid a body is understood, everything else is a
// breach; that is also what becomes of bytes put before our first EHLO over TLS.
//
// Time counts from the last progress, a reply or bytes that the network took, so that with
// PIPELINING a command's time begins when the one before it is answered. Pieces of a reply are no
// progress.
#include "smtp/session.h"

#include "smtp/conversation.h"

namespace muster::smtp {

std::unique_ptr<wire::DeliverySession> open_session(const SessionSettings& settings) {
  return std::make_unique<Conversation>(settings);
}

}  // namespace muster::smtp
