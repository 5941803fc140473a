#include "settings/keys.h"

#include "model/limits.h"
#include "settings/period.h"

namespace muster::settings {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t connections_max = limits::connections_per_pool_max * limits::shards_max;
constexpr std::uint32_t wakes_per_second_max = 1'000'000;
// APNs keeps an undelivered push for 30 days at most; an older letter invites nobody any more.
constexpr auto expiration_max = std::chrono::seconds(30 * 24h);
constexpr std::uint32_t letters_counted_max = 1'000'000;
constexpr std::uint32_t letters_per_day_max = 1'000'000'000;
constexpr std::uint32_t direct_connections_max = 1024;
constexpr std::uint32_t directory_page_max = 100'000;

// In quotes, with what TOML wants escaped.
std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        out += c;
    }
  }
  return out + "\"";
}

struct ValueText {
  std::string operator()(const TextPlace& place) const { return quoted(*place.value); }
  std::string operator()(const ChoicePlace& place) const { return quoted(*place.value); }
  std::string operator()(const FlagPlace& place) const { return *place.value ? "true" : "false"; }
  std::string operator()(const CountPlace& place) const {
    return std::visit([](const auto* value) { return std::to_string(*value); }, place.value);
  }
  std::string operator()(const PeriodPlace& place) const {
    return quoted(text_of_period(*place.value));
  }
  std::string operator()(const PeriodsPlace& place) const {
    std::string out = "[";
    for (const auto period : *place.value) {
      out += (out.size() == 1 ? "" : ", ") + quoted(text_of_period(period));
    }
    return out + "]";
  }
};

void add_relay(MailRelaySettings& relay, std::vector<Key>& keys) {
  const std::vector<Key> added{
      {"mail.relay.host", TextPlace{&relay.host, TextForm::relay}},
      {"mail.relay.port", CountPlace{&relay.port, 1, 65'535}},
      {"mail.relay.tls",
       ChoicePlace{&relay.tls, {"implicit", "required", "opportunistic", "none"}}},
      {"mail.relay.user", TextPlace{&relay.user, TextForm::any}},
      {"mail.relay.password_file", TextPlace{&relay.password_file, TextForm::path}},
      {"mail.relay.trust_file", TextPlace{&relay.trust_file, TextForm::path}},
      {"mail.relay.connections",
       CountPlace{&relay.connections, 1, limits::connections_per_pool_max}},
      {"mail.relay.messages_per_connection",
       CountPlace{&relay.messages_per_connection, 0, letters_counted_max}},
      {"mail.relay.per_second", CountPlace{&relay.per_second, 0, letters_counted_max}},
      {"mail.relay.per_minute", CountPlace{&relay.per_minute, 0, letters_counted_max}},
      {"mail.relay.per_day", CountPlace{&relay.per_day, 0, letters_per_day_max}},
      {"mail.relay.chunking", ChoicePlace{&relay.chunking, {"off", "on", "stream"}}},
      {"mail.relay.delivery_status", ChoicePlace{&relay.delivery_status, {"off", "on"}}},
  };
  keys.insert(keys.end(), added.begin(), added.end());
}

void add_direct(MailDirectSettings& direct, std::vector<Key>& keys) {
  const std::vector<Key> added{
      {"mail.direct.port", CountPlace{&direct.port, 1, 65'535}},
      {"mail.direct.resolver", TextPlace{&direct.resolver, TextForm::resolver}},
      {"mail.direct.connections", CountPlace{&direct.connections, 1, direct_connections_max}},
      {"mail.direct.tls", ChoicePlace{&direct.tls, {"opportunistic", "none"}}},
      {"mail.direct.allow_loopback", FlagPlace{&direct.allow_loopback}},
  };
  keys.insert(keys.end(), added.begin(), added.end());
}

void add_mail(MailSettings& mail, std::vector<Key>& keys) {
  const std::vector<Key> added{
      {"mail.mode", ChoicePlace{&mail.mode, {"off", "relay", "direct"}}},
      {"mail.from", TextPlace{&mail.from, TextForm::any}},
      {"mail.reply_to", TextPlace{&mail.reply_to, TextForm::any}},
      {"mail.envelope_from", TextPlace{&mail.envelope_from, TextForm::envelope}},
      {"mail.unsubscribe_url", TextPlace{&mail.unsubscribe_url, TextForm::opt_out}},
      {"mail.own_name", TextPlace{&mail.own_name, TextForm::own_name}},
      {"mail.expiration", PeriodPlace{&mail.expiration, 1min, expiration_max}},
      {"mail.retry_after", PeriodsPlace{&mail.retry_after, limits::mail_attempts_max, 1ms, 24h}},
      {"mail.attempts", CountPlace{&mail.attempts, 1, limits::mail_attempts_max}},
      {"mail.canary", CountPlace{&mail.canary, 0, limits::ahead_of_mark_max}},
      {"mail.in_doubt", ChoicePlace{&mail.in_doubt, {"resend", "hold"}}},
  };
  keys.insert(keys.end(), added.begin(), added.end());
  add_relay(mail.relay, keys);
  add_direct(mail.direct, keys);
}

void add_directory(DirectorySettings& directory, std::vector<Key>& keys) {
  auto& named = directory.attributes;
  const std::vector<Key> added{
      {"directory.url", TextPlace{&directory.url, TextForm::directory_url}},
      {"directory.kind",
       ChoicePlace{&directory.kind, {"open-directory", "active-directory", "generic"}}},
      {"directory.base", TextPlace{&directory.base, TextForm::any}},
      {"directory.bind_dn", TextPlace{&directory.bind_dn, TextForm::any}},
      {"directory.password_file", TextPlace{&directory.password_file, TextForm::path}},
      {"directory.start_tls", FlagPlace{&directory.start_tls}},
      {"directory.trust_file", TextPlace{&directory.trust_file, TextForm::path}},
      {"directory.page_size", CountPlace{&directory.page_size, 0, directory_page_max}},
      {"directory.user_filter", TextPlace{&directory.user_filter, TextForm::any}},
      {"directory.group_filter", TextPlace{&directory.group_filter, TextForm::any}},
      {"directory.nesting", ChoicePlace{&directory.nesting, {"groups", "in-chain"}}},
      {"directory.removals_percent_max", CountPlace{&directory.removals_percent_max, 0, 100}},
      {"directory.sync_every", PeriodPlace{&directory.sync_every, 0s, expiration_max}},
      {"directory.attributes.id", TextPlace{&named.id, TextForm::any}},
      {"directory.attributes.user_id", TextPlace{&named.user_id, TextForm::any}},
      {"directory.attributes.full_name", TextPlace{&named.full_name, TextForm::any}},
      {"directory.attributes.email", TextPlace{&named.email, TextForm::any}},
      {"directory.attributes.language", TextPlace{&named.language, TextForm::any}},
      {"directory.attributes.managed_apple_account",
       TextPlace{&named.managed_apple_account, TextForm::any}},
      {"directory.attributes.location", TextPlace{&named.location, TextForm::any}},
      {"directory.attributes.disabled", TextPlace{&named.disabled, TextForm::any}},
      {"directory.attributes.group_id", TextPlace{&named.group_id, TextForm::any}},
      {"directory.attributes.group_name", TextPlace{&named.group_name, TextForm::any}},
      {"directory.attributes.member", TextPlace{&named.member, TextForm::any}},
      {"directory.attributes.member_uid", TextPlace{&named.member_uid, TextForm::any}},
      {"directory.attributes.member_guid", TextPlace{&named.member_guid, TextForm::any}},
      {"directory.attributes.nested_guid", TextPlace{&named.nested_guid, TextForm::any}},
      {"directory.attributes.primary", TextPlace{&named.primary, TextForm::any}},
      {"directory.attributes.group_number", TextPlace{&named.group_number, TextForm::any}},
  };
  keys.insert(keys.end(), added.begin(), added.end());
}

}  // namespace

std::vector<Key> keys_of(Settings& settings) {
  auto& apns = settings.apns;
  std::vector<Key> keys{
      {"data.dir", TextPlace{&settings.data_dir, TextForm::directory}},
      {"store.url", TextPlace{&settings.store_url, TextForm::store}},
      {"server.listen", TextPlace{&settings.server.listen, TextForm::listener}},
      {"server.name", TextPlace{&settings.server.name, TextForm::relay}},
      {"server.certificate_file", TextPlace{&settings.server.certificate_file, TextForm::path}},
      {"server.key_file", TextPlace{&settings.server.key_file, TextForm::path}},
      {"apns.host", TextPlace{&apns.host, TextForm::host}},
      {"apns.port", CountPlace{&apns.port, 1, 65'535}},
      {"apns.trust_file", TextPlace{&apns.trust_file, TextForm::path}},
      {"apns.connections", CountPlace{&apns.connections, 0, connections_max}},
      {"apns.framing", ChoicePlace{&apns.framing, {"nghttp2", "muster"}}},
      {"apns.expiration", PeriodPlace{&apns.expiration, 0s, expiration_max}},
      {"apns.retry_after", PeriodsPlace{&apns.retry_after, limits::attempts_max, 1ms, 24h}},
      {"apns.attempts", CountPlace{&apns.attempts, 1, limits::attempts_max}},
      {"apns.canary", CountPlace{&apns.canary, 0, limits::ahead_of_mark_max}},
      {"apns.in_doubt", ChoicePlace{&apns.in_doubt, {"resend", "hold"}}},
  };
  add_mail(settings.mail, keys);
  auto& books = settings.books;
  auto& mdm = settings.mdm;
  const std::vector<Key> others{
      {"books.url", TextPlace{&books.url, TextForm::web}},
      {"books.trust_file", TextPlace{&books.trust_file, TextForm::path}},
      {"books.name", TextPlace{&books.name, TextForm::not_empty}},
      {"books.notification_url", TextPlace{&books.notification_url, TextForm::hook}},
      {"books.poll_every", PeriodPlace{&books.poll_every, 1s, 24h}},
      {"mdm.mode", ChoicePlace{&mdm.mode, {"off", "builtin", "nanomdm"}}},
      {"mdm.wakes_per_second", CountPlace{&mdm.wakes_per_second, 0, wakes_per_second_max}},
      {"mdm.device_trust_file", TextPlace{&mdm.device_trust_file, TextForm::path}},
      {"mdm.wake_again", PeriodPlace{&mdm.wake_again, 1s, expiration_max}},
      {"mdm.not_now_again", PeriodPlace{&mdm.not_now_again, 1s, expiration_max}},
      {"mdm.nanomdm_url", TextPlace{&mdm.nanomdm_url, TextForm::web}},
      {"mdm.nanomdm_key_file", TextPlace{&mdm.nanomdm_key_file, TextForm::path}},
      {"mdm.nanomdm_secret_file", TextPlace{&mdm.nanomdm_secret_file, TextForm::path}},
      {"reactor.kind", ChoicePlace{&settings.reactor.kind, {"auto", "io_uring", "epoll"}}},
      {"reactor.shards", CountPlace{&settings.reactor.shards, 0, limits::shards_max}},
  };
  add_directory(settings.directory, keys);
  keys.insert(keys.end(), others.begin(), others.end());
  return keys;
}

std::vector<Key> keys_of(ApnsCredential& credential) {
  return {
      {"topic", TextPlace{&credential.topic, TextForm::not_empty}},
      {"certificate_file", TextPlace{&credential.certificate_file, TextForm::path}},
      {"key_file", TextPlace{&credential.key_file, TextForm::path}},
      {"key_id", TextPlace{&credential.key_id, TextForm::any}},
      {"team_id", TextPlace{&credential.team_id, TextForm::any}},
  };
}

std::vector<Key> keys_of(InvitationText& text) {
  return {
      {"language", TextPlace{&text.language, TextForm::not_empty}},
      {"title", TextPlace{&text.title, TextForm::not_empty}},
      {"body", TextPlace{&text.body, TextForm::lines}},
      {"url", TextPlace{&text.url, TextForm::any}},
  };
}

std::vector<Key> keys_of(MailTemplate& letter) {
  return {
      {"language", TextPlace{&letter.language, TextForm::not_empty}},
      {"subject", TextPlace{&letter.subject, TextForm::not_empty}},
      {"text", TextPlace{&letter.text, TextForm::lines}},
      {"text_file", TextPlace{&letter.text_file, TextForm::path}},
      {"html", TextPlace{&letter.html, TextForm::lines}},
      {"html_file", TextPlace{&letter.html_file, TextForm::path}},
      {"url", TextPlace{&letter.url, TextForm::any}},
  };
}

std::vector<Key> keys_of(MailDkim& dkim) {
  return {
      {"domain", TextPlace{&dkim.domain, TextForm::domain}},
      {"selector", TextPlace{&dkim.selector, TextForm::domain}},
      {"key_file", TextPlace{&dkim.key_file, TextForm::path}},
  };
}

std::string entry_name(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index + 1) + "]";
}

std::string text_of_value(const Key& key) {
  return std::visit(ValueText{}, key.place);
}

}  // namespace muster::settings
