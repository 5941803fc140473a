#include "smtp/reply_rules.h"

#include <array>
#include <string_view>

#include "base/assert.h"
#include "smtp/words.h"

namespace muster::smtp {
namespace {

using Phases = std::uint16_t;
constexpr Phases in(Phase phase) {
  return static_cast<Phases>(1U << static_cast<unsigned>(phase));
}
constexpr Phases greeting = in(Phase::greeting);
constexpr Phases hello = in(Phase::hello);
constexpr Phases starttls = in(Phase::starttls);
constexpr Phases login = in(Phase::login);
constexpr Phases mail = in(Phase::mail);
constexpr Phases rcpt = in(Phase::rcpt);
constexpr Phases data = in(Phase::data);
constexpr Phases body = in(Phase::body);
constexpr Phases message = data | body;
constexpr Phases letter = mail | rcpt | data | body;

constexpr int any = -1;
struct Rule {
  Phases phases;
  int code;     // 4 or 5: the first digit; three digits: the code; any
  int subject;  // of the enhanced code, or any
  int detail;
  std::string_view words;  // parted by "|"; one of them must occur; empty: none need to
  bool relay;              // holds for a relay only
  Reason reason;
};

constexpr std::string_view greylisting = "greylist|graylist|grey-list|greylisted";
constexpr std::string_view come_back = "again|later|minute|second|defer";
constexpr std::string_view at_once = "connection|concurren|thread";
constexpr std::string_view limits_of_sending =
    "daily|per day|hourly|per hour|sending limit|sending quota|submission quota|submission rate|"
    "rate limit|message limit|messages limit|recipient limit|too many messages|limit exceeded|"
    "quota exceeded|exceeded the configured limit";
constexpr std::string_view unwanted =
    "spam|block|blacklist|blocklist|denylist|policy|denied|reputation|spf|dkim|dmarc|relay";

constexpr std::array rules{
    // ── opening ──
    Rule{greeting | hello, 4, any, any, "", false, Reason::server_busy},
    Rule{greeting | hello, 5, any, any, "", false, Reason::server_refused},
    Rule{starttls, any, any, any, "", false, Reason::tls_refused},
    Rule{login, 4, any, any, "too many|limit|quota", true, Reason::quota_used_up},
    Rule{login, 4, any, any, "", false, Reason::server_busy},
    Rule{login, 504, any, any, "", false, Reason::login_impossible},
    Rule{login, 534, any, any, "", false, Reason::login_impossible},
    Rule{login, 538, any, any, "", false, Reason::login_impossible},
    Rule{login, 5, any, any, "", false, Reason::login_refused},
    // ── what any command of a letter may meet ──
    Rule{mail | rcpt, 530, any, any, "tls", false, Reason::tls_refused},
    Rule{mail | rcpt, 530, any, any, "", false, Reason::login_impossible},
    Rule{letter, any, 6, 7, "", false, Reason::needs_utf8},
    Rule{letter, any, 2, 2, "", false, Reason::mailbox_full},
    Rule{letter, 4, any, any, greylisting, false, Reason::greylisted},
    Rule{letter, 432, any, any, at_once, true, Reason::server_busy},
    Rule{letter, 4, 3, 2, at_once, true, Reason::server_busy},
    Rule{letter, 432, any, any, "", true, Reason::quota_used_up},
    Rule{letter, 5, 4, 5, "", true, Reason::quota_used_up},
    Rule{letter, 454, 7, 0, "too many|limit|quota", true, Reason::quota_used_up},
    Rule{rcpt, any, any, any, "mailbox", false, Reason::none},  // its quota is not the relay's
    Rule{letter, any, any, any, limits_of_sending, true, Reason::quota_used_up},
    // ── to MAIL: about us ──
    Rule{mail, any, 3, 4, "", false, Reason::message_too_large},
    Rule{mail, 552, any, any, "", false, Reason::message_too_large},
    Rule{mail, 4, any, any, "", false, Reason::server_busy},
    Rule{mail, 5, any, any, "", false, Reason::sender_refused},
    // ── to RCPT: about the mailbox ──
    Rule{rcpt, 4, 7, 1, come_back, false, Reason::greylisted},
    Rule{rcpt, 452, 3, 1, "", false, Reason::mail_deferred},
    Rule{rcpt, 452, 5, 3, "", false, Reason::mail_deferred},
    Rule{rcpt, 452, any, any, "", false, Reason::mailbox_full},
    Rule{rcpt, 4, any, any, "", false, Reason::mail_deferred},
    Rule{rcpt | message, 5, 1, 1, "", false, Reason::mailbox_unknown},
    Rule{rcpt | message, 5, 1, 2, "", false, Reason::no_such_domain},
    Rule{rcpt | message, 5, 1, 3, "", false, Reason::address_refused},
    Rule{rcpt | message, 5, 1, 6, "", false, Reason::mailbox_disabled},
    Rule{rcpt | message, 5, 1, 10, "", false, Reason::null_mx},
    Rule{rcpt | message, 5, 2, 1, "", false, Reason::mailbox_disabled},
    Rule{rcpt, 5, 4, 1, "recipient address rejected", false, Reason::mailbox_unknown},
    Rule{rcpt | message, 5, 3, 4, "", false, Reason::message_too_large},
    Rule{rcpt | message, 5, 7, any, "", false, Reason::policy_refused},
    Rule{rcpt, 501, any, any, "", false, Reason::address_refused},
    Rule{rcpt, 551, any, any, "", false, Reason::mailbox_disabled},
    Rule{rcpt, 552, any, any, "", false, Reason::mailbox_full},
    Rule{rcpt, 553, any, any, "", false, Reason::address_refused},
    Rule{rcpt, 556, any, any, "", false, Reason::null_mx},
    Rule{rcpt | message, 5, any, any, unwanted, false, Reason::policy_refused},
    Rule{rcpt, 550, 1, any, "", false, Reason::mailbox_unknown},
    Rule{rcpt, 550, 0, 0, "", false, Reason::mailbox_unknown},
    Rule{rcpt, 5, any, any, "", false, Reason::mail_refused},
    // ── to DATA and the dot: about the message ──
    Rule{message, 552, any, any, "", false, Reason::message_too_large},
    Rule{message, 4, any, any, "", false, Reason::mail_deferred},
    Rule{message, 5, any, any, "", false, Reason::mail_refused},
};

bool agrees(int wanted, std::uint16_t code) {
  return wanted == any || wanted == code || wanted == code / 100;
}

bool mentions_any(std::string_view text, std::string_view words) {
  while (!words.empty()) {
    const auto word = words.substr(0, words.find('|'));
    if (mentions(text, word)) {
      return true;
    }
    words.remove_prefix(std::min(word.size() + 1, words.size()));
  }
  return false;
}

bool agrees(const Rule& rule, Phase phase, const Reply& reply, bool relay) {
  // A reply without enhanced code is taken for x.0.0, "other": a row that names none fits too.
  return (rule.phases & in(phase)) != 0 && (relay || !rule.relay) &&
         agrees(rule.code, reply.code) &&
         (rule.subject == any || rule.subject == reply.enhanced.subject) &&
         (rule.detail == any || rule.detail == reply.enhanced.detail) &&
         (rule.words.empty() || mentions_any(reply.text, rule.words));
}

}  // namespace

Reason reason_of(Phase phase, const Reply& reply, bool relay) {
  MUSTER_ASSERT(reply.kind() == 4 || reply.kind() == 5);
  bool of_a_mailbox = false;
  for (const auto& rule : rules) {
    if ((of_a_mailbox && rule.reason == Reason::quota_used_up) ||
        !agrees(rule, phase, reply, relay)) {
      continue;
    }
    if (rule.reason == Reason::none) {
      of_a_mailbox = true;
      continue;
    }
    return rule.reason;
  }
  MUSTER_ASSERT(false);  // the last row of a phase agrees with everything
  return Reason::none;
}

bool refuses_route(Reason reason) {
  switch (reason) {
    case Reason::login_refused:
    case Reason::login_impossible:
    case Reason::quota_used_up:
    case Reason::tls_refused:
      return true;
    default:
      return false;
  }
}

}  // namespace muster::smtp
