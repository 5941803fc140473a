// The audit log: who did what to what, when and from where. Rows are appended, never changed; each
// carries a digest over itself and the row before, so that a row changed or taken out later shows.
//
// Accounts writes its own rows, in the transaction of the change they tell of. Everything else that
// an administrator does (Send with the preview's count, Cancel, a content token, an edit of the
// roster, a refused request) is appended here by whoever does it. Never a secret: no password,
// token, code, URL or push magic, nor a part of one, in any field.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "console/refusal.h"

namespace muster::console {

// Who does something: a Visitor's name and address, or "local:<user>" of a command on this machine.
struct Actor {
  std::string name;
  std::string address;  // without port; empty: this machine, by socket or command
};

// What was done. The action is a word and a verb, "task.send", "token.revoke".
struct Deed {
  std::string action;
  std::string target;  // a task's id, a user_id, an administrator's name; may be empty
  std::string detail;  // a JSON object; empty: {}
};

struct AuditEntry {
  std::uint64_t number = 0;  // from 1, without gaps
  WallTime at;
  std::string actor;
  std::string address;
  std::string action;
  std::string target;
  std::string detail;  // a JSON object
};

struct AuditPage {
  std::vector<AuditEntry> entries;  // newest first
  std::uint64_t next = 0;           // `before` of the page that follows; 0: this was the last
};

// Any thread. Durable when append() returns. Control characters and bytes that are not UTF-8 do not
// get in; long fields are cut. The oldest rows go when there are more than limits::audit_rows_max.
class Audit {
 public:
  // Makes DIR/control.db where it is missing. `clock` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<Audit>, Complaint> open(const std::string& dir,
                                                                      const Clock& clock);
  ~Audit();
  Audit(const Audit&) = delete;
  Audit& operator=(const Audit&) = delete;

  [[nodiscard]] Result<void, Refusal> append(const Actor& actor, const Deed& deed);
  // Those before number `before` (0: from the newest), at most `limit`, at most 1,000.
  [[nodiscard]] Result<AuditPage, Refusal> list(std::uint64_t before, std::uint32_t limit);
  // The number of the first row that is not what was appended, or that follows one that is gone;
  // 0: all of them are sound. Reads the whole log.
  [[nodiscard]] Result<std::uint64_t, Refusal> first_broken();

 private:
  struct Implementation;
  explicit Audit(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::console
