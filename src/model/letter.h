// A letter: what an invitation by mail needs beyond its job.
//
// Letters live in a slab of their own beside the jobs', limits::letters_max of them, so that mail's
// memory does not grow with a task and a slow relay cannot hold push's slots. A letter belongs to
// whoever holds its job's slot: the expander fills who it goes to, a composer writes it, a session
// sends it and notes the reply, the ledger's thread copies that. Its strings keep their capacity,
// so that nothing is allocated once they have grown.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "model/id.h"
#include "model/limits.h"

namespace muster {

struct Letter {
  // ── by the expander, from the roster ──
  UserNumber user = 0;
  std::string address;  // as the roster has it: checked at the door, one "@", no control characters
  std::string full_name;  // likewise without control characters; may be empty
  // The user's own invitation URL; empty: the template's. A bearer secret: in no log, in no error.
  std::string url;

  // ── by the composer; nothing in it may be changed until the slot's answer is taken ──
  std::string sender;     // envelope sender (RFC 5321 Mailbox, no angle brackets)
  std::string recipient;  // envelope recipient, its domain in A-labels
  std::string id;         // stable over attempts: Message-ID's left part, and DSN's ENVID
  bool utf8 = false;      // an address needs SMTPUTF8 (RFC 6531)
  // The message as it goes over the wire: `head`, then `body`. Lines end in CR LF, the last one
  // too, none is longer than 998 octets, all is 7-bit unless `utf8`, and none begins with a dot, so
  // that nothing needs stuffing and DATA and BDAT send the same octets.
  std::vector<Byte> head;  // header fields, the empty line, and the body where it is personal
  Bytes body;  // what all letters of a language share; outlives every letter; may be empty

  // ── by the session ──
  // The last reply to this letter in one line, "250 2.0.0 Ok: queued as 4F1A2B"; at most
  // limits::reply_bytes_max, printable ASCII. Empty: none came.
  std::string reply;

  [[nodiscard]] std::size_t octets() const { return head.size() + body.size(); }
};

}  // namespace muster
