#include "service/mail.h"

#include "base/assert.h"
#include "model/limits.h"
#include "service/mail_sender.h"
#include "settings/files.h"

namespace muster::service {
namespace {

// A host that lets strangers wait longer for its greeting is passed over for the next one: RFC 5321
// §4.5.3.2.1 has five minutes for those who have no other.
constexpr Duration greeting_most = std::chrono::minutes(1);

Complaint complaint(std::string found, std::string expected, std::string mend) {
  return Complaint{"", 0, 0, std::move(found), std::move(expected), std::move(mend), {}};
}

smtp::TlsMode tls_mode_of(const std::string& name) {
  if (name == "implicit") {
    return smtp::TlsMode::implicit;
  }
  if (name == "required") {
    return smtp::TlsMode::required;
  }
  return name == "opportunistic" ? smtp::TlsMode::opportunistic : smtp::TlsMode::none;
}

// As the settings say, but for what the pool wishes.
pipeline::OpenSession opener(const smtp::SessionSettings& session) {
  return [session](const pipeline::SessionWishes& wishes) {
    auto wanted = session;
    if (wishes.in_clear) {
      wanted.tls = smtp::TlsMode::none;
    }
    if (wishes.letters_max != 0) {
      wanted.letters_max = wishes.letters_max;
    }
    return smtp::open_session(wanted);
  };
}

// Braces mean something in a template, and nothing in an alert's text.
std::string without_placeholders(const std::string& text) {
  std::string out;
  for (const char c : text) {
    out += c;
    if (c == '{' || c == '}') {
      out += c;
    }
  }
  return out;
}

}  // namespace

Result<std::vector<smtp::Template>, Complaint> templates_of(const Settings& settings) {
  const auto loaded = settings::load_templates(settings.mail);
  if (!loaded) {
    return tl::unexpected(loaded.error());
  }
  std::vector<smtp::Template> templates;
  for (const auto& each : *loaded) {
    templates.push_back({each.language, each.subject, each.text, each.html, each.url});
  }
  if (!templates.empty()) {
    return templates;
  }
  for (const auto& text : settings.invitations) {
    templates.push_back({text.language, without_placeholders(text.title),
                         without_placeholders(text.body), "", without_placeholders(text.url)});
  }
  return templates;
}

Result<std::unique_ptr<Mail>, Complaint> Mail::open(const Settings& settings) {
  std::unique_ptr<Mail> made(new Mail);
  made->settings_ = settings.mail;
  made->session_.own_name = own_name(settings.mail);
  if (auto letters = made->read_letters(settings); !letters) {
    return tl::unexpected(letters.error());
  }
  const bool direct = settings.mail.mode == "direct";
  if (auto ready = direct ? made->prepare_direct() : made->prepare_relay(); !ready) {
    return tl::unexpected(ready.error());
  }
  return made;
}

Result<void, Complaint> Mail::read_letters(const Settings& settings) {
  auto templates = templates_of(settings);
  if (!templates) {
    return tl::unexpected(templates.error());
  }
  templates_ = std::move(*templates);
  if (templates_.empty()) {
    return tl::unexpected(complaint("there is no text for letters",
                                    "a [[mail.template]] or an [[invitation]] in the settings",
                                    "add one with a language and a text"));
  }
  smtp::ComposerSettings letters;
  letters.from = settings_.from;
  letters.envelope_from = settings_.envelope_from;
  letters.reply_to = settings_.reply_to;
  letters.unsubscribe_url = settings_.unsubscribe_url;
  letters.templates = templates_;
  for (const auto& key : settings_.dkim) {
    letters.dkim.push_back({key.domain, key.selector, key.key_file});
  }
  auto composer = smtp::Composer::make(letters);
  if (!composer) {
    return tl::unexpected(composer.error());
  }
  composer_ = std::move(*composer);
  return {};
}

Result<void, Complaint> Mail::prepare_relay() {
  const auto& relay = settings_.relay;
  session_.relay = true;
  session_.tls = tls_mode_of(relay.tls);
  session_.verified =
      session_.tls == smtp::TlsMode::implicit || session_.tls == smtp::TlsMode::required;
  session_.chunking = relay.chunking != "off";
  session_.letters_ahead = relay.chunking == "stream" ? limits::mail_ahead_of_mark_max : 0;
  session_.delivery_status = relay.delivery_status == "on";
  session_.letters_max = relay.messages_per_connection;
  if (!relay.user.empty()) {
    auto password = settings::read_password(relay.password_file);
    if (!password) {
      return tl::unexpected(password.error());
    }
    session_.login = {relay.user, std::move(*password)};
  }
  return open_tls(relay.trust_file);
}

Result<void, Complaint> Mail::prepare_direct() {
  session_.tls = tls_mode_of(settings_.direct.tls);
  session_.patience.greeting = greeting_most;
  // Tried here, where a refusal can still be told; the mail shard then opens its own.
  Doorbell bell;
  if (const auto tried = open_finder(settings_.direct, bell); !tried) {
    return tl::unexpected(tried.error());
  }
  return open_tls("");
}

Result<void, Complaint> Mail::open_tls(const std::string& trust_file) {
  if (session_.tls == smtp::TlsMode::none) {
    return {};
  }
  crypto::TlsClientSettings tls;
  tls.trust_file = trust_file;
  tls.alpn = "";
  tls.verify = session_.verified;
  auto context = crypto::TlsContext::client(tls);
  if (!context) {
    return tl::unexpected(context.error());
  }
  tls_ = std::move(*context);
  return {};
}

pipeline::MailRoute Mail::route() const {
  pipeline::MailRoute route;
  route.policy.retry_after = {settings_.retry_after.begin(), settings_.retry_after.end()};
  route.policy.attempts = settings_.attempts;
  route.policy.hold_in_doubt = settings_.in_doubt == "hold";
  route.compose = [composer = composer_.get()](const Job& job, const Content& content,
                                               Letter& letter, WallTime now) {
    composer->compose(job, content, letter, now);
  };
  route.composers = composer_->slow() ? 2 : 1;
  route.canary = settings_.canary;
  if (settings_.mode == "direct") {
    say_direct(route);
  } else {
    say_relay(route);
  }
  return route;
}

void Mail::say_relay(pipeline::MailRoute& route) const {
  const auto& relay = settings_.relay;
  route.pool.endpoint.host = relay.host;
  route.pool.endpoint.port = relay.port;
  route.pool.endpoint.tls = tls_.get();
  route.pool.endpoint.tls_later = session_.tls != smtp::TlsMode::implicit;
  route.pool.connections_max = relay.connections;
  route.pool.open_session = opener(session_);
  route.pace.per_second = relay.per_second;
  route.pace.per_minute = relay.per_minute;
  route.pace.per_day = relay.per_day;
}

void Mail::say_direct(pipeline::MailRoute& route) const {
  auto& direct = route.direct.emplace();
  direct.site = {settings_.direct.port, tls_.get(), opener(session_)};
  direct.connections_max = settings_.direct.connections;
  direct.open_finder = [settings = settings_.direct](Doorbell& bell) {
    auto finder = open_finder(settings, bell);
    MUSTER_ASSERT(finder.has_value());
    return std::move(*finder);
  };
}

std::vector<std::pair<std::string, std::string>> Mail::languages() const {
  std::vector<std::pair<std::string, std::string>> languages;
  languages.reserve(templates_.size());
  for (const auto& each : templates_) {
    languages.emplace_back(each.language, "");
  }
  return languages;
}

}  // namespace muster::service
