#include "loadgen/verdict.h"

#include <algorithm>
#include <charconv>
#include <string_view>
#include <tuple>

#include "base/assert.h"

namespace muster::loadgen {
namespace {

constexpr std::uint64_t examples_per_defect = 5;

// Without the generation (bytes 9–11), which rises when an invitation is sent again on purpose.
ApnsId without_generation(ApnsId id) {
  std::fill(id.begin() + 9, id.begin() + 12, Byte{0});
  return id;
}

IdPrefix prefix_of(const ApnsId& id) {
  IdPrefix prefix{};
  std::copy_n(id.begin(), prefix.size(), prefix.begin());
  return prefix;
}

bool handed_over(State state) {
  return state == State::sent || state == State::shown || state == State::postponed ||
         state == State::enrolled;
}

bool refused(State state) {
  return state == State::failed || state == State::unreachable;
}

// Reasons that the sender gives itself where the peer's answer did not reach it.
bool without_answer(Reason reason) {
  return reason == Reason::stream_reset || reason == Reason::answer_overdue ||
         reason == Reason::connection_lost || reason == Reason::process_died;
}

bool accepts(const JournalRecord& record) {
  return record.status == (record.channel == Channel::mail ? 250 : 200);
}

std::string key_of(const DeviceToken& token) {
  return std::string(as_text(token));
}

// "250 2.0.0 Ok: queued as 0000002A00000003": what strict_smtp_commands.cc quotes; empty: none.
std::string_view queue_id_of(std::string_view reply) {
  constexpr std::string_view before = "queued as ";
  const auto at = reply.find(before);
  return at == std::string_view::npos ? std::string_view() : reply.substr(at + before.size(), 16);
}

std::string queue_id_of(const JournalRecord& record) {
  std::array<Byte, 8> bytes{};
  for (std::size_t i = 0; i < 4; ++i) {
    bytes[i] = static_cast<Byte>(record.connection >> (24 - 8 * i));
    bytes[4 + i] = static_cast<Byte>(record.stream >> (24 - 8 * i));
  }
  return to_hex(bytes);
}

// The reply's code; 0: none.
std::uint16_t code_of(std::string_view reply) {
  std::uint16_t code = 0;
  (void)std::from_chars(reply.data(), reply.data() + std::min<std::size_t>(reply.size(), 3), code);
  return code;
}

// Reasons that say: never written, so no journal can know of it.
bool before_any_write(Reason reason) {
  return reason == Reason::no_push_token || reason == Reason::reassigned ||
         reason == Reason::removed || reason == Reason::cancelled_by_person ||
         reason == Reason::too_late;
}

enum class Class : std::uint8_t { lost, repeated, misreported };
Class class_of(Defect defect) {
  if (defect <= Defect::sent_without_answer) {
    return Class::lost;
  }
  return defect <= Defect::device_accepted_again ? Class::repeated : Class::misreported;
}

std::string answer_words(std::uint16_t status, Reason reason) {
  auto text = std::to_string(status);
  return reason == Reason::none ? text : text + " " + std::string(name_of(reason));
}

}  // namespace

std::string_view words(Defect defect) {
  switch (defect) {
    case Defect::not_at_rest:
      return "not at rest";
    case Defect::no_row:
      return "device without a row";
    case Defect::sent_without_answer:
      return "sent, but no 200 is journaled";
    case Defect::accepted_again:
      return "accepted again";
    case Defect::device_accepted_again:
      return "device accepted again under another id";
    case Defect::sent_but_refused:
      return "sent, but the last answer is a refusal";
    case Defect::failed_but_accepted:
      return "failed, though accepted";
    case Defect::unsent_but_accepted:
      return "ended unsent, though accepted";
    case Defect::other_reason:
      return "another reason than the last answer's";
    case Defect::stranger:
      return "accepted, but belongs to no row";
    case Defect::wrong_token:
      return "went to another device or mailbox";
    case Defect::unknown_device:
      return "row for a device that is not in the roster";
    case Defect::row_twice:
      return "two rows with one apns-id";
    case Defect::no_apns_id:
      return "row without an apns-id";
    case Defect::other_reply:
      return "quotes a reply that it was not given";
    case Defect::unsaid_repeat:
      return "sent again without saying so";
  }
  return "";
}

void Verdict::expect(const std::string& device_id, const DeviceToken& token) {
  MUSTER_ASSERT(!sealed_);
  expected_[device_id].token = token;
}

void Verdict::add(VerdictRow row) {
  MUSTER_ASSERT(!sealed_);
  ++report_.rows;
  ++report_.by_state[static_cast<std::size_t>(row.state)];
  rows_.push_back(Row{});
  rows_.back().said = std::move(row);
}

void Verdict::seal() {
  MUSTER_ASSERT(!sealed_);
  sealed_ = true;
  const auto has_id = [](const Row& row) { return row.said.has_apns_id; };
  const auto past = std::partition(rows_.begin(), rows_.end(), has_id);
  with_id_ = static_cast<std::size_t>(past - rows_.begin());
  std::sort(rows_.begin(), past, [](const Row& a, const Row& b) {
    return without_generation(a.said.apns_id) < without_generation(b.said.apns_id);
  });
  for (std::size_t i = 0; i < with_id_; ++i) {
    const auto prefix = prefix_of(rows_[i].said.apns_id);
    if (prefixes_.empty() || prefixes_.back() != prefix) {
      prefixes_.push_back(prefix);
    }
    if (i > 0 && without_generation(rows_[i].said.apns_id) ==
                     without_generation(rows_[i - 1].said.apns_id)) {
      blame(Defect::row_twice, uuid_text(rows_[i].said.apns_id));
    }
  }
}

void Verdict::blame(Defect defect, const std::string& who) {
  auto& count = report_.by_defect[static_cast<std::size_t>(defect)];
  if (++count <= examples_per_defect) {
    report_.examples.push_back(std::string(words(defect)) + ": " + who);
  }
  switch (class_of(defect)) {
    case Class::lost:
      ++report_.lost;
      break;
    case Class::repeated:
      ++report_.repeated;
      break;
    case Class::misreported:
      ++report_.misreported;
      break;
  }
}

Verdict::Row* Verdict::row_of(const ApnsId& id) {
  const auto wanted = without_generation(id);
  const auto last = rows_.begin() + static_cast<std::ptrdiff_t>(with_id_);
  const auto found =
      std::lower_bound(rows_.begin(), last, wanted, [](const Row& row, const ApnsId& other) {
        return without_generation(row.said.apns_id) < other;
      });
  if (found == last || without_generation(found->said.apns_id) != wanted) {
    return nullptr;
  }
  return &*found;
}

bool Verdict::prefix_known(const ApnsId& id) const {
  return std::binary_search(prefixes_.begin(), prefixes_.end(), prefix_of(id));
}

void Verdict::add(const JournalRecord& record) {
  MUSTER_ASSERT(sealed_);
  ++report_.records;
  if (record.channel == Channel::mail && record.apns_id == ApnsId{}) {
    add_refusal(record);
    return;
  }
  auto* row = row_of(record.apns_id);
  if (row == nullptr) {
    if (accepts(record) && (every_task_ || prefix_known(record.apns_id))) {
      blame(Defect::stranger,
            "apns-id " + uuid_text(record.apns_id) + ", token " + to_hex(record.token));
    } else {
      ++report_.records_elsewhere;
    }
    return;
  }
  if (record.apns_id != row->said.apns_id) {
    ++report_.records_elsewhere;
    return;
  }
  const auto known = expected_.find(row->said.device_id);
  if (record.channel == Channel::push && known != expected_.end() &&
      known->second.token != record.token) {
    blame(Defect::wrong_token, row->said.device_id + ": " + to_hex(record.token) + " instead of " +
                                   to_hex(known->second.token));
  }
  const auto mailbox = mailboxes_.find(row->said.user_id);
  if (record.channel == Channel::mail && mailbox != mailboxes_.end() &&
      mailbox->second != record.token) {
    blame(Defect::wrong_token, row->said.user_id + ": mail to another address");
  }
  row->token = record.token;
  if (accepts(record)) {
    mail_repeats_ += record.channel == Channel::mail && row->accepted > 0 ? 1 : 0;
    row->quoted = row->quoted || queue_id_of(row->said.reply) == queue_id_of(record);
    ++row->accepted;
    row->accepted_and_answered = row->accepted_and_answered || record.answered;
  }
  if (record.answered && (!row->answered || record.at >= row->last_at)) {
    row->answered = true;
    row->last_status = record.status;
    row->last_reason = record.reason;
    row->last_at = record.at;
  }
}

// A mail server that refuses a recipient has not seen the message yet: it knows the address alone.
void Verdict::add_refusal(const JournalRecord& record) {
  if (accepts(record)) {
    blame(Defect::stranger, "a message without a uuid in its Message-ID");
    return;
  }
  auto& refusal = refusals_[key_of(record.token)];
  if (record.at >= refusal.at) {
    refusal = {record.status, record.at};
  }
}

VerdictReport Verdict::judge() {
  MUSTER_ASSERT(sealed_);
  for (const auto& row : rows_) {
    judge_row(row);
  }
  judge_devices();
  judge_tokens();
  judge_repeats();
  return std::move(report_);
}

void Verdict::judge_row(const Row& row) {
  const auto& said = row.said;
  const auto& whose = said.channel == Channel::mail ? said.user_id : said.device_id;
  const auto who = "invitation " + std::to_string(said.invitation) + " (" + whose + ", " +
                   std::string(name_of(said.state)) + ")";
  for (std::uint32_t i = 1; i < row.accepted; ++i) {
    blame(Defect::accepted_again, who);
  }
  if (!at_rest(said.state)) {
    blame(Defect::not_at_rest, who);
    return;
  }
  if (said.channel == Channel::account) {
    return;
  }
  if (!said.has_apns_id && (handed_over(said.state) || row.answered)) {
    blame(Defect::no_apns_id, who);
    return;
  }
  if (said.channel == Channel::mail) {
    judge_mail(row, who);
  } else if (handed_over(said.state)) {
    judge_sent(row, who);
  } else if (refused(said.state)) {
    judge_refused(row, who);
  } else if (row.accepted_and_answered) {
    blame(Defect::unsent_but_accepted, who);
  }
}

void Verdict::judge_sent(const Row& row, const std::string& who) {
  // A withheld 200 is no answer: the sender cannot know of it and must not call the row sent for
  // it.
  if (!row.accepted_and_answered) {
    blame(Defect::sent_without_answer, who);
  } else if (row.last_status != 200) {
    blame(Defect::sent_but_refused, who + ": " + answer_words(row.last_status, row.last_reason));
  }
}

void Verdict::judge_refused(const Row& row, const std::string& who) {
  if (row.accepted_and_answered) {
    blame(Defect::failed_but_accepted, who);
    return;
  }
  const auto reason = row.said.reason;
  if (without_answer(reason)) {
    return;
  }
  if (before_any_write(reason) && !row.answered) {
    return;
  }
  // The last temporary refusal may be reported as itself or as the giving up that followed it.
  const bool gave_up = reason == Reason::gave_up &&
                       (row.last_status == 429 || row.last_status == 403 || row.last_status >= 500);
  if (!row.answered || (reason != row.last_reason && !gave_up)) {
    const auto answer =
        row.answered ? answer_words(row.last_status, row.last_reason) : "no answer at all";
    blame(Defect::other_reason,
          who + ": says " + std::string(name_of(reason)) + ", journaled " + answer);
  }
}

void Verdict::judge_mail(const Row& row, const std::string& who) {
  if (refused(row.said.state)) {
    judge_mail_refused(row, who);
  } else if (!handed_over(row.said.state)) {
    if (row.accepted_and_answered) {
      blame(Defect::unsent_but_accepted, who);
    }
  } else if (!row.accepted_and_answered) {
    blame(Defect::sent_without_answer, who);
  } else if (row.last_status != 250) {
    blame(Defect::sent_but_refused, who + ": " + std::to_string(row.last_status));
  } else if (!row.quoted) {
    blame(Defect::other_reply, who + ": '" + row.said.reply + "'");
  }
}

void Verdict::judge_mail_refused(const Row& row, const std::string& who) {
  if (row.accepted_and_answered) {
    blame(Defect::failed_but_accepted, who);
    return;
  }
  // A row that quotes no reply got none. The route's refusals (MAIL, AUTH …) name no recipient, so
  // that no journal can tell them from one another.
  const auto said = code_of(row.said.reply);
  const auto answered = last_mail_status(row);
  const bool of_the_route = row.said.reason >= Reason::sender_refused;
  if (said != 0 && said != answered && !of_the_route) {
    blame(Defect::other_reason,
          who + ": quotes '" + row.said.reply + "', journaled " + std::to_string(answered));
  }
}

// Of the message, or of its recipient where that was refused later.
std::uint16_t Verdict::last_mail_status(const Row& row) const {
  const auto mailbox = mailboxes_.find(row.said.user_id);
  const auto refusal = mailbox == mailboxes_.end() ? refusals_.find(key_of(row.token))
                                                   : refusals_.find(key_of(mailbox->second));
  if (refusal != refusals_.end() && (!row.answered || refusal->second.at >= row.last_at)) {
    return refusal->second.status;
  }
  return row.last_status;
}

void Verdict::judge_repeats() {
  for (auto said = repeats_admitted_; repeats_told_ && said < mail_repeats_; ++said) {
    blame(Defect::unsaid_repeat, std::to_string(mail_repeats_) + " mails again, " +
                                     std::to_string(repeats_admitted_) + " admitted");
  }
}

void Verdict::judge_devices() {
  std::uint64_t with_row = 0;
  for (const auto& row : rows_) {
    if (row.said.channel != Channel::push) {
      continue;
    }
    ++with_row;
    if (expected_.empty()) {
      continue;
    }
    const auto found = expected_.find(row.said.device_id);
    if (found == expected_.end()) {
      blame(Defect::unknown_device, row.said.device_id);
    } else {
      found->second.has_row = true;
    }
  }
  report_.devices_expected = std::max<std::uint64_t>(expected_.size(), devices_wanted_);
  for (const auto& [device_id, expected] : expected_) {
    if (!expected.has_row) {
      blame(Defect::no_row, device_id);
    }
  }
  for (auto missing = with_row; expected_.empty() && missing < devices_wanted_; ++missing) {
    blame(Defect::no_row, "of " + std::to_string(devices_wanted_) + " devices only " +
                              std::to_string(with_row) + " have one");
  }
}

void Verdict::judge_tokens() {
  std::vector<const Row*> accepted;
  for (const auto& row : rows_) {
    // Two users may share a mailbox.
    if (row.accepted > 0 && row.said.channel == Channel::push) {
      accepted.push_back(&row);
    }
  }
  const auto key = [](const Row* row) { return std::tie(row->said.task, row->token); };
  std::sort(accepted.begin(), accepted.end(),
            [&key](const Row* a, const Row* b) { return key(a) < key(b); });
  for (std::size_t i = 1; i < accepted.size(); ++i) {
    if (key(accepted[i]) == key(accepted[i - 1])) {
      blame(Defect::device_accepted_again, accepted[i]->said.device_id + ", invitations " +
                                               std::to_string(accepted[i - 1]->said.invitation) +
                                               " and " +
                                               std::to_string(accepted[i]->said.invitation));
    }
  }
}

}  // namespace muster::loadgen
