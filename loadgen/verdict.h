// Counts every device: what the sender says of it against what the peers' journals say.
//
// A journal is what the peer acted on and answered, so it is believed; the sender's table is
// judged. Fill in this order: expect() every device, add() every row of the tasks, seal(), add()
// every journaled record, judge(). Pure: no file, no clock, no process. Memory grows with the rows
// (about 150 bytes each).
//
//   lost         nobody will ever send it: a row not at rest, a device without a row, or a row that
//   says
//                sent though no journal knows a 200 for it
//   repeated     a device was woken, or a mailbox written to, more often than asked: every 200
//                (mail: 250) beyond the first of an apns-id (mail: of a Message-ID's uuid), and
//                every further one of the same device or user in the same task
//   misreported  the table and the journals tell different stories, see Defect
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "loadgen/journal.h"
#include "model/id.h"
#include "model/outcome.h"

namespace muster::loadgen {

using DeviceToken = std::array<Byte, 32>;
using ApnsId = std::array<Byte, 16>;

// A row of `muster tasks TASK --csv`, as far as it is judged.
struct VerdictRow {
  std::uint32_t task = 0;  // index into the caller's list of tasks
  std::uint32_t invitation = 0;
  std::string device_id;
  std::string user_id;
  Channel channel = Channel::push;
  State state = State::queued;
  Reason reason = Reason::none;
  bool has_apns_id = false;
  ApnsId apns_id{};
  std::string reply;  // mail: the server's last line
};

enum class Defect : std::uint8_t {
  // lost
  not_at_rest,
  no_row,
  sent_without_answer,  // sent, but no 200 is journaled
  // repeated
  accepted_again,         // another 200 for the same apns-id
  device_accepted_again,  // 200 for another apns-id of the same device and task
  // misreported
  sent_but_refused,     // sent, a 200 is there, but the last answer is another one
  failed_but_accepted,  // failed or unreachable, though a 200 was answered
  unsent_but_accepted,  // cancelled, expired or superseded, though a 200 was answered
  other_reason,         // failed for another reason than the last answer's
  stranger,             // a 200 whose apns-id belongs to no row
  wrong_token,          // woke another device than the row's
  unknown_device,       // a row for a device that the roster does not have
  row_twice,            // two rows with one apns-id
  no_apns_id,           // a row at rest after an attempt without an apns-id
  other_reply,          // mail: quotes a reply that was given to another message, or to none
  unsaid_repeat,        // mail: sent again without the task's count of repeats saying so
};
inline constexpr std::size_t defects_count = 16;
[[nodiscard]] std::string_view words(Defect defect);

struct VerdictReport {
  std::uint64_t rows = 0;
  std::uint64_t devices_expected = 0;
  std::uint64_t records = 0;
  std::uint64_t records_elsewhere = 0;  // of other tasks, or of an earlier generation
  std::array<std::uint64_t, states_count> by_state{};
  std::array<std::uint64_t, defects_count> by_defect{};
  std::vector<std::string> examples;  // the first few of each defect, in words
  std::uint64_t lost = 0;
  std::uint64_t repeated = 0;
  std::uint64_t misreported = 0;

  [[nodiscard]] bool good(std::uint64_t repeats_max) const {
    return lost == 0 && misreported == 0 && repeated <= repeats_max;
  }
};

class Verdict {
 public:
  // `every_task`: the rows are those of all tasks there are, so that any unknown apns-id is a
  // stranger; otherwise only those with the prefix of a known task are.
  explicit Verdict(bool every_task) : every_task_(every_task) {}

  // This device must have a row, and its push must have gone to `token`.
  void expect(const std::string& device_id, const DeviceToken& token);
  // Or only: this many devices must have a row.
  void expect(std::uint64_t devices) { devices_wanted_ = devices; }
  // Mail to this user goes to an address with this hash (journal.h), whether or not any goes.
  void expect_mailbox(const std::string& user_id, const DeviceToken& address) {
    mailboxes_[user_id] = address;
  }
  // What the tasks themselves say was sent again; where it is not told, any number is believed.
  void admit_repeats(std::uint64_t repeats) {
    repeats_told_ = true;
    repeats_admitted_ = repeats;
  }
  void add(VerdictRow row);
  void seal();
  // Records may come in any order of journals; the last answer is found by time.
  void add(const JournalRecord& record);
  [[nodiscard]] VerdictReport judge();

 private:
  struct Row {
    VerdictRow said;
    std::uint32_t accepted = 0;  // 200s, answered or withheld
    bool accepted_and_answered = false;
    bool answered = false;
    std::uint16_t last_status = 0;  // of the answers
    Reason last_reason = Reason::none;
    Instant last_at{};
    DeviceToken token{};  // the records', to find one device under two ids
    bool quoted = false;  // mail: an answer with the queue id that the row's reply quotes
  };
  struct Refusal {  // of a recipient before there was a message
    std::uint16_t status = 0;
    Instant at{};
  };
  struct Expected {
    DeviceToken token{};
    bool has_row = false;
  };

  void blame(Defect defect, const std::string& who);
  [[nodiscard]] Row* row_of(const ApnsId& id);
  [[nodiscard]] bool prefix_known(const ApnsId& id) const;
  void judge_row(const Row& row);
  void judge_sent(const Row& row, const std::string& who);
  void judge_refused(const Row& row, const std::string& who);
  void add_refusal(const JournalRecord& record);
  void judge_mail(const Row& row, const std::string& who);
  void judge_mail_refused(const Row& row, const std::string& who);
  [[nodiscard]] std::uint16_t last_mail_status(const Row& row) const;
  void judge_repeats();
  void judge_devices();
  void judge_tokens();

  bool every_task_;
  bool sealed_ = false;
  std::uint64_t devices_wanted_ = 0;
  std::unordered_map<std::string, Expected> expected_;
  std::unordered_map<std::string, DeviceToken> mailboxes_;  // by user
  std::unordered_map<std::string, Refusal> refusals_;       // by the address's hash, as bytes
  bool repeats_told_ = false;
  std::uint64_t repeats_admitted_ = 0;
  std::uint64_t mail_repeats_ = 0;
  std::vector<Row> rows_;  // push rows with an id come first after seal(), in id order
  std::size_t with_id_ = 0;
  std::vector<IdPrefix> prefixes_;
  VerdictReport report_;
};

}  // namespace muster::loadgen
