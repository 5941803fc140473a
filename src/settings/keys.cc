#include "settings/keys.h"

#include "model/limits.h"
#include "settings/period.h"

namespace muster::settings {
namespace {

using namespace std::chrono_literals;

constexpr std::uint32_t connections_max = limits::connections_per_pool_max * limits::shards_max;
constexpr std::uint32_t wakes_per_second_max = 1'000'000;
// APNs keeps an undelivered push for 30 days at most.
constexpr auto expiration_max = std::chrono::seconds(30 * 24h);

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

}  // namespace

std::vector<Key> keys_of(Settings& settings) {
  auto& apns = settings.apns;
  auto& mail = settings.mail;
  return {
      {"data.dir", TextPlace{&settings.data_dir, TextForm::directory}},
      {"store.url", TextPlace{&settings.store_url, TextForm::store}},
      {"server.listen", TextPlace{&settings.server_listen, TextForm::listener}},
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
      {"mail.mode", ChoicePlace{&mail.mode, {"off", "relay", "direct"}}},
      {"mail.from", TextPlace{&mail.from, TextForm::any}},
      {"mail.unsubscribe_url", TextPlace{&mail.unsubscribe_url, TextForm::any}},
      {"mail.relay.host", TextPlace{&mail.relay_host, TextForm::any}},
      {"mail.relay.port", CountPlace{&mail.relay_port, 1, 65'535}},
      {"mail.relay.tls",
       ChoicePlace{&mail.relay_tls, {"implicit", "required", "opportunistic", "none"}}},
      {"mail.relay.user", TextPlace{&mail.relay_user, TextForm::any}},
      {"mail.relay.password_file", TextPlace{&mail.relay_password_file, TextForm::path}},
      {"mail.direct.port", CountPlace{&mail.direct_port, 1, 65'535}},
      {"mail.direct.resolver", TextPlace{&mail.direct_resolver, TextForm::resolver}},
      {"books.url", TextPlace{&settings.books_url, TextForm::web}},
      {"mdm.mode", ChoicePlace{&settings.mdm.mode, {"off", "builtin", "nanomdm"}}},
      {"mdm.wakes_per_second", CountPlace{&settings.mdm.wakes_per_second, 0, wakes_per_second_max}},
      {"reactor.kind", ChoicePlace{&settings.reactor.kind, {"auto", "io_uring", "epoll"}}},
      {"reactor.shards", CountPlace{&settings.reactor.shards, 0, limits::shards_max}},
  };
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

std::string entry_name(std::string_view list, std::size_t index) {
  return std::string(list) + "[" + std::to_string(index + 1) + "]";
}

std::string text_of_value(const Key& key) {
  return std::visit(ValueText{}, key.place);
}

}  // namespace muster::settings
