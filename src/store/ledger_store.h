// The ledger's rows, behind verbs: what ledger.db holds and every statement that touches it.
//
// Rows carry packed blobs whose grammar belongs to the ledger (ledger/formats.h); here they are
// bytes. Verbs that write run inside begin() … commit(); statements are prepared once. Used by one
// thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "model/id.h"
#include "model/layout.h"
#include "model/outcome.h"
#include "store/database.h"

namespace muster::store {

// A task's number in this file; with a page or an invitation it makes the keys.
using TaskNumber = std::int64_t;
// What these keys can tell apart; enough for 2³² invitations by push.
inline constexpr std::uint32_t task_pages_max = 1U << 20;
static_assert((std::uint64_t{1} << 32) / limits::page_size <= task_pages_max);

struct TaskRecord {
  TaskNumber number = 0;
  TaskId id;
  std::uint8_t state = 0;
  std::string state_reason;
  std::uint32_t epoch = 0;
  std::string target_name;
  std::string selector;
  Layout layout;
  IdPrefix push_prefix{};
  IdPrefix mail_prefix{};
  std::int64_t expiration_s = 0;
  std::uint32_t rate = 0;
  std::uint8_t invited = 0;
  WallTime created_at;
  WallTime ended_at;
  std::vector<Byte> counts;
};

// The frozen parts that are read seldom, packed.
struct AudienceRecord {
  std::vector<Byte> devices;
  std::vector<Byte> users;
  std::vector<Byte> alerts;
  std::vector<Byte> mailboxes;  // empty: none
  std::vector<Byte> fallbacks;  // empty: none
  std::vector<Byte> accounts;   // empty: none
};

// Stored; append only. A page without a row was never leased.
enum class PageState : std::uint8_t { leased = 1, released = 2, settled = 3 };

struct OpenPage {
  std::uint32_t page = 0;
  PageState state = PageState::leased;
};

struct PageRecord {
  WallTime at;                 // of the last fold; 0: never folded
  std::vector<Byte> outcomes;  // empty: never folded
};

struct DeltaRecord {
  WallTime at;
  std::vector<Byte> body;
};

// Stored; append only.
enum class Wait : std::uint8_t { at_rest = 0, waiting = 1, leased = 2 };

struct ExceptionRecord {
  InvitationNumber invitation = 0;
  Outcome outcome;
  std::uint16_t status = 0;
  std::uint32_t generation = 0;
  std::int64_t timestamp_ms = 0;
  std::int64_t next_at_ms = 0;
  Wait wait = Wait::at_rest;
  bool doubt = false;  // an earlier attempt of this generation may have arrived
  WallTime updated_at;
  Channel channel = Channel::push;
  std::string reply;  // mail: the last one
};

// How many rows of one state and reason a sweeping verb changes.
struct ExceptionGroup {
  State state = State::queued;
  Reason reason = Reason::none;
  std::uint64_t rows = 0;
};

enum class Verb : std::uint8_t;  // ledger_sql.h

class LedgerStore {
 public:
  // DIR/ledger.db.
  [[nodiscard]] static Result<LedgerStore, Complaint> open(const std::string& dir, OpenMode mode);

  [[nodiscard]] Result<void> begin() { return database_.begin(); }
  [[nodiscard]] Result<void> commit() { return database_.commit(); }
  void rollback() { database_.rollback(); }
  // Reads the whole file for damage: after a stop that was not clean.
  [[nodiscard]] Result<void> check();
  [[nodiscard]] const std::string& file() const { return database_.file(); }

  // ── tasks ──
  [[nodiscard]] Result<void> create_task(const TaskRecord& task, const AudienceRecord& audience);
  [[nodiscard]] Result<std::optional<TaskRecord>> task(const TaskId& id);
  [[nodiscard]] Result<std::vector<TaskRecord>> tasks();  // newest first
  [[nodiscard]] Result<std::optional<AudienceRecord>> audience(const TaskId& id);
  // Raises the epoch.
  [[nodiscard]] Result<void> set_state(TaskNumber task, std::uint8_t state, std::string_view reason,
                                       WallTime ended_at);
  [[nodiscard]] Result<void> complete(TaskNumber task, std::uint8_t state, WallTime at);
  [[nodiscard]] Result<void> record_invited(TaskNumber task, std::uint8_t invited);
  [[nodiscard]] Result<void> put_counts(TaskNumber task, Bytes counts);

  // ── letters ──
  // So many more were answered on that day (UTC, since 1970): what a relay's day quota counts.
  [[nodiscard]] Result<void> add_letters(std::int64_t day, std::uint64_t count);
  [[nodiscard]] Result<std::uint64_t> letters(std::int64_t day);

  // ── pages ──
  // Pages that were leased and are not settled, in order.
  [[nodiscard]] Result<std::vector<OpenPage>> open_pages(TaskNumber task);
  // Of the pages from `first` to `past`: one past the last that was ever leased; `first`: none.
  [[nodiscard]] Result<std::uint32_t> pages_begun(TaskNumber task, std::uint32_t first,
                                                  std::uint32_t past);
  [[nodiscard]] Result<void> lease_page(TaskNumber task, std::uint32_t page);
  // Puts the folded outcomes in place of the page's deltas.
  [[nodiscard]] Result<void> fold_page(TaskNumber task, std::uint32_t page, PageState state,
                                       WallTime at, Bytes outcomes);
  // The same where the page's state stays as it is.
  [[nodiscard]] Result<void> refold_page(TaskNumber task, std::uint32_t page, WallTime at,
                                         Bytes outcomes);
  [[nodiscard]] Result<PageRecord> page(TaskNumber task, std::uint32_t page);
  [[nodiscard]] Result<void> append_delta(TaskNumber task, std::uint32_t page, WallTime at,
                                          Bytes body);
  [[nodiscard]] Result<std::vector<DeltaRecord>> deltas(TaskNumber task, std::uint32_t page);
  // The first page from `from` on that has deltas.
  [[nodiscard]] Result<std::optional<std::uint32_t>> page_with_deltas(TaskNumber task,
                                                                      std::uint32_t from);

  // ── exceptions ──
  [[nodiscard]] Result<std::optional<ExceptionRecord>> exception(TaskNumber task,
                                                                 InvitationNumber invitation);
  [[nodiscard]] Result<std::vector<ExceptionRecord>> exceptions(TaskNumber task,
                                                                InvitationNumber from,
                                                                std::size_t count);
  // Invitations below `past` that failed, were unreachable or expired, in order.
  [[nodiscard]] Result<std::vector<InvitationNumber>> ended(TaskNumber task, InvitationNumber past);
  [[nodiscard]] Result<void> put_exception(TaskNumber task, const ExceptionRecord& row);
  [[nodiscard]] Result<void> remove_exception(TaskNumber task, InvitationNumber invitation);
  // At most `most` waiting rows of a channel with next_at ≤ `until`, the earliest first.
  [[nodiscard]] Result<std::vector<ExceptionRecord>> waiting(TaskNumber task, Channel channel,
                                                             WallTime until, std::size_t most);
  [[nodiscard]] Result<void> lease_exception(TaskNumber task, InvitationNumber invitation);
  // Rows whose holder died: in doubt, due at once. Says what they were. Accounts' are nobody's
  // again and stay what they are.
  [[nodiscard]] Result<std::vector<ExceptionGroup>> doubt_leased(TaskNumber task);
  // Rows of `state` that nobody holds: deferred, due at `now`; a new generation unless in doubt.
  // Says what they were.
  [[nodiscard]] Result<std::vector<ExceptionGroup>> retry(TaskNumber task, State state,
                                                          WallTime now);

 private:
  static constexpr std::size_t verbs_count = 32;
  explicit LedgerStore(Database database) : database_(std::move(database)) {}
  [[nodiscard]] Result<void> prepare(OpenMode mode);
  [[nodiscard]] Statement& of(Verb verb);
  [[nodiscard]] Result<void> write_fold(TaskNumber task, std::uint32_t page, WallTime at,
                                        Bytes outcomes);

  Database database_;
  std::array<Statement, verbs_count> statements_;  // in the order of Verb
};

}  // namespace muster::store
