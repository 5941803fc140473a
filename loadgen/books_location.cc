#include "loadgen/books_location.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/ascii.h"
#include "json/writer.h"
#include "loadgen/books_ids.h"
#include "loadgen/json_shape.h"

namespace muster::loadgen {
namespace {

using Status = BooksUser::Status;

constexpr std::size_t users_a_notice = 100;
constexpr std::size_t version_digits = 12;

// What tells one run's ids from those of the next: an eventId of yesterday must not be found today.
std::uint64_t seed_of_run(const BooksRules& rules) {
  return rules.seed ^ static_cast<std::uint64_t>(rules.started_wall.milliseconds);
}

std::string json_array(const std::vector<std::string>& elements) {
  json::Writer writer;
  writer.begin_array();
  for (const auto& each : elements) {
    writer.raw(each);
  }
  return writer.end().result();
}

}  // namespace

std::string BooksOwner::json() const {
  json::Writer writer;
  writer.begin_object().key("id").text(id).key("metadata").text(metadata);
  writer.key("name").text(name).end();
  return writer.result();
}

std::string json_of(const BooksUser& user) {
  json::Writer writer;
  writer.begin_object().key("clientUserId").text(user.client_user_id);
  if (!user.email.empty()) {
    writer.key("email").text(user.email);
  }
  if (user.status == Status::registered) {
    writer.key("inviteCode").text(user.invite_code);
  } else if (!user.id_hash.empty()) {
    writer.key("idHash").text(user.id_hash);
  }
  writer.key("status").text(name_of(user.status)).end();
  return writer.result();
}

BooksLocation::BooksLocation(BooksRules wishes, BooksFaultPlan plan, BooksJournal record)
    : rules(std::move(wishes)),
      faults(std::move(plan)),
      journal(std::move(record)),
      token(rules.organisation, rules.seed,
            {rules.started_wall.milliseconds + rules.token_lifetime.count() / 1'000'000}),
      users(seed_of_run(rules)),
      events(rules.event_delay, seed_of_run(rules)),
      notices({token.location_number(), seed_of_run(rules), rules.notification_retry}, faults),
      watch(rules, [this](BooksBreach breach, Instant now) {
        journal.note("violation", name_of(breach), rules.wall(now));
      }) {}

// ── users ──

std::uint16_t BooksLocation::carry_out(BooksEvent::Type type, const BooksWish& wish,
                                       std::string_view by, Instant now) {
  std::vector<const BooksFault*> due;
  faults.next(BooksPoint::user, wish.client_user_id, due);
  std::uint16_t error = 0;
  if (due.empty()) {
    error = really(type, wish, by, now);
  } else if (due.front()->kind == BooksFault::Kind::ignore) {
    journal.disregard(wish.client_user_id, by, rules.wall(now));
    return 0;
  } else {
    if (due.front()->acted) {
      (void)really(type, wish, by, now);
    }
    error = due.front()->error;
  }
  if (error != 0) {
    ++refused[error];
    journal.refusal(wish.client_user_id, error, by, rules.wall(now));
  }
  return error;
}

std::uint16_t BooksLocation::really(BooksEvent::Type type, const BooksWish& wish,
                                    std::string_view by, Instant now) {
  switch (type) {
    case BooksEvent::Type::create:
      return create(wish, by, now);
    case BooksEvent::Type::update:
      return update(wish, by, now);
    case BooksEvent::Type::retire:
      return retire(wish, by, now);
  }
  return 0;
}

std::uint16_t BooksLocation::create(const BooksWish& wish, std::string_view by, Instant now) {
  if (users.active(wish.client_user_id) != nullptr) {
    watch.blame(BooksBreach::registered_twice, now);
    return 9716;
  }
  const auto account = wish.account.value_or("");
  if (!account.empty() && !ours(account)) {
    return 9635;
  }
  const auto& user = users.enroll(wish.client_user_id, wish.email.value_or(""));
  journal.user("registered", user, by, rules.wall(now));
  if (!account.empty()) {
    users.note_account(user.id, account);
    users.associate(user.id, account);
    journal.user("associated", user, "account", rules.wall(now));
  }
  return 0;
}

std::uint16_t BooksLocation::update(const BooksWish& wish, std::string_view by, Instant now) {
  const auto* user = users.active(wish.client_user_id);
  if (user == nullptr) {
    return 9609;
  }
  const auto account = wish.account.value_or("");
  if (!account.empty() && !ours(account)) {
    return 9635;
  }
  if (!account.empty() && user->status == Status::associated && user->account != account) {
    return 9641;
  }
  users.set_email(user->id, wish.email.value_or(user->email));
  journal.user("updated", *user, by, rules.wall(now));
  if (!account.empty() && user->status == Status::registered) {
    users.note_account(user->id, account);
    users.associate(user->id, account);
    journal.user("associated", *user, "account", rules.wall(now));
  }
  return 0;
}

std::uint16_t BooksLocation::retire(const BooksWish& wish, std::string_view by, Instant now) {
  const auto* user = users.active(wish.client_user_id);
  if (user == nullptr) {
    return 9609;
  }
  users.retire(user->id);
  journal.user("retired", *user, by, rules.wall(now));
  return 0;
}

void BooksLocation::accept(const BooksUser& user, const std::string& account, Instant now) {
  accounts_reused += users.account_in_use(account) ? 1U : 0U;
  users.associate(user.id, account);
  journal.user("associated", user, "accept", rules.wall(now));
  if (notices.wanted("USER_ASSOCIATED")) {
    json::Writer told;
    auto shown = json_of(user);
    shown.pop_back();  // Apple's notification names the code beside the idHash
    told.raw(shown + ",\"inviteCode\":\"" + user.invite_code + "\"}");
    associated_.push_back(told.result());
  }
}

bool BooksLocation::ours(std::string_view account) const {
  const auto at = account.rfind('@');
  if (at == std::string_view::npos) {
    return false;
  }
  std::string domain;
  std::ranges::transform(account.substr(at + 1), std::back_inserter(domain), ascii_lower);
  return std::ranges::find(rules.domains, domain) != rules.domains.end();
}

bool BooksLocation::valid_email(std::string_view email) {
  if (email.empty()) {
    return true;
  }
  const auto at = email.find('@');
  return at != 0 && at != std::string_view::npos && at + 1 < email.size() &&
         email.find('@', at + 1) == std::string_view::npos &&
         std::ranges::none_of(email, [](unsigned char c) { return c <= ' ' || c == 0x7F; });
}

// ── time ──

void BooksLocation::advance(Instant now) {
  events.advance(
      now,
      [this, now](const BooksEvent& event, const BooksWish& wish) {
        return carry_out(event.type, wish, "v2", now);
      },
      [this, now](const BooksEvent& event) { tell_event(event, now); });
  tell_associated(now);
}

void BooksLocation::tell_event(const BooksEvent& event, Instant now) {
  const auto begin = [&event](json::Writer& writer, std::string_view result) {
    writer.begin_object().key("eventId").text(event.id).key("result").text(result);
    writer.key("type").text(name_of(event.type));
  };
  for (std::size_t at = 0; at < event.succeeded.size(); at += users_a_notice) {
    std::vector<std::string> shown;
    const auto end = std::min(at + users_a_notice, event.succeeded.size());
    for (auto i = at; i < end; ++i) {
      if (const auto* user = users.latest(event.succeeded[i])) {
        shown.push_back(json_of(*user));
      }
    }
    json::Writer writer;
    begin(writer, "SUCCESS");
    writer.key("users").raw(json_array(shown)).end();
    notices.add("USER_MANAGEMENT", writer.result(), now);
  }
  for (const auto& failure : json_of_failures(event)) {
    json::Writer writer;
    begin(writer, "FAILURE");
    writer.key("error").raw(failure).end();
    notices.add("USER_MANAGEMENT", writer.result(), now);
  }
}

// All that were associated since the last turn go together.
void BooksLocation::tell_associated(Instant now) {
  for (std::size_t at = 0; at < associated_.size(); at += users_a_notice) {
    const auto end = std::min(at + users_a_notice, associated_.size());
    const std::vector<std::string> some(associated_.begin() + static_cast<std::ptrdiff_t>(at),
                                        associated_.begin() + static_cast<std::ptrdiff_t>(end));
    json::Writer writer;
    writer.begin_object().key("associatedUsers").raw(json_array(some)).end();
    notices.add("USER_ASSOCIATED", writer.result(), now);
  }
  associated_.clear();
}

// ── whose it is ──

void BooksLocation::steal(const std::string& name, Instant now) {
  owner = {books_uuid("thief", rules.seed, 0), name, "taken"};
  client_context = "{\"hostname\":" + json_quoted(name) + ",\"guid\":\"" + owner.id + "\"}";
  foreign = true;
  journal.note("change", "stolen", rules.wall(now));
}

void BooksLocation::claim(const BooksOwner& claimant) {
  owner = claimant;
  foreign = false;
}

void BooksLocation::disturb(std::uint32_t strangers, Instant now) {
  users.disturb();
  for (std::uint32_t i = 0; i < strangers; ++i) {
    const auto id = books_uuid("stranger", seed_of_run(rules), users.version());
    journal.user("registered", users.enroll(id, ""), "stranger", rules.wall(now));
  }
  journal.note("change", "version", rules.wall(now));
}

// ── the token ──

void BooksLocation::refuse_token(std::uint16_t error, bool as_200, Instant now) {
  refused_tokens_[token.generation()] = {error, as_200};
  const auto lifetime = rules.token_lifetime.count() / 1'000'000;
  token.renew({rules.wall(now).milliseconds + lifetime});
  journal.note("change", error == 9621 ? "expired" : "revoked", rules.wall(now));
}

BooksLocation::TokenVerdict BooksLocation::judge_token(std::string_view shown, Instant now) const {
  const auto generation = token.recognise(shown);
  if (!generation) {
    return {9622, false};
  }
  if (const auto refused_one = refused_tokens_.find(*generation);
      refused_one != refused_tokens_.end()) {
    return refused_one->second;
  }
  return {static_cast<std::uint16_t>(rules.wall(now) < token.expires_at() ? 0 : 9621), false};
}

// ── versions ──

std::string BooksLocation::version_id(std::uint64_t version) const {
  auto id = books_uuid("version", seed_of_run(rules), 0);
  std::string digits(version_digits, '0');
  for (auto at = version_digits; at-- > 0; version >>= 4U) {
    digits[at] = "0123456789abcdef"[version & 15U];
  }
  return id.replace(id.size() - version_digits, version_digits, digits);
}

std::optional<std::uint64_t> BooksLocation::version_of(std::string_view id) const {
  const auto digits = id.substr(id.size() < version_digits ? 0 : id.size() - version_digits);
  std::uint64_t version = 0;
  const auto [end, error] =
      std::from_chars(digits.data(), digits.data() + digits.size(), version, 16);
  const bool known = error == std::errc{} && end == digits.data() + digits.size() &&
                     version <= users.version() && version_id(version) == id;
  return known ? std::optional(version) : std::nullopt;
}

}  // namespace muster::loadgen
