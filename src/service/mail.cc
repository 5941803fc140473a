#include "service/mail.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <chrono>

#include "settings/files.h"

namespace muster::service {
namespace {

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

std::string own_name(const std::string& configured) {
  if (!configured.empty()) {
    return configured;
  }
  std::array<char, 256> name{};
  return ::gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
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
  const auto& mail = settings.mail;
  if (mail.mode != "relay") {
    return tl::unexpected(
        complaint("mail.mode is \"" + mail.mode + "\"",
                  "\"relay\": this version sends no mail to the recipients' hosts",
                  "set mail.mode = \"relay\" and [mail.relay], or \"off\""));
  }
  std::unique_ptr<Mail> made(new Mail);
  made->settings_ = mail;
  auto templates = templates_of(settings);
  if (!templates) {
    return tl::unexpected(templates.error());
  }
  made->templates_ = std::move(*templates);
  if (made->templates_.empty()) {
    return tl::unexpected(complaint("there is no text for letters",
                                    "a [[mail.template]] or an [[invitation]] in the settings",
                                    "add one with a language and a text"));
  }
  smtp::ComposerSettings letters;
  letters.from = mail.from;
  letters.envelope_from = mail.envelope_from;
  letters.reply_to = mail.reply_to;
  letters.unsubscribe_url = mail.unsubscribe_url;
  letters.templates = made->templates_;
  for (const auto& key : mail.dkim) {
    letters.dkim.push_back({key.domain, key.selector, key.key_file});
  }
  auto composer = smtp::Composer::make(letters);
  if (!composer) {
    return tl::unexpected(composer.error());
  }
  made->composer_ = std::move(*composer);

  auto& session = made->session_;
  session.own_name = own_name(mail.own_name);
  session.relay = true;
  session.tls = tls_mode_of(mail.relay.tls);
  session.verified =
      session.tls == smtp::TlsMode::implicit || session.tls == smtp::TlsMode::required;
  session.chunking = mail.relay.chunking == "on";
  session.delivery_status = mail.relay.delivery_status == "on";
  session.letters_max = mail.relay.messages_per_connection;
  if (!mail.relay.user.empty()) {
    auto password = settings::read_password(mail.relay.password_file);
    if (!password) {
      return tl::unexpected(password.error());
    }
    session.login = {mail.relay.user, std::move(*password)};
  }
  if (session.tls != smtp::TlsMode::none) {
    crypto::TlsClientSettings tls;
    tls.trust_file = mail.relay.trust_file;
    tls.alpn = "";
    tls.verify = session.verified;
    auto context = crypto::TlsContext::client(tls);
    if (!context) {
      return tl::unexpected(context.error());
    }
    made->tls_ = std::move(*context);
  }
  return made;
}

pipeline::MailRoute Mail::route() const {
  pipeline::MailRoute route;
  route.pool.endpoint.host = settings_.relay.host;
  route.pool.endpoint.port = settings_.relay.port;
  route.pool.endpoint.tls = tls_.get();
  route.pool.endpoint.tls_later = session_.tls != smtp::TlsMode::implicit;
  route.pool.connections_max = settings_.relay.connections;
  route.pool.open_session = [session = session_](const pipeline::SessionWishes& wishes) {
    auto wanted = session;
    if (wishes.in_clear) {
      wanted.tls = smtp::TlsMode::none;
    }
    return smtp::open_session(wanted);
  };
  route.policy.retry_after = {settings_.retry_after.begin(), settings_.retry_after.end()};
  route.policy.attempts = settings_.attempts;
  route.policy.hold_in_doubt = settings_.in_doubt == "hold";
  route.compose = [composer = composer_.get()](const Job& job, const Content& content,
                                               Letter& letter, WallTime now) {
    composer->compose(job, content, letter, now);
  };
  route.composers = composer_->slow() ? 2 : 1;
  route.pace.per_second = settings_.relay.per_second;
  route.pace.per_minute = settings_.relay.per_minute;
  route.pace.per_day = settings_.relay.per_day;
  route.canary = settings_.canary;
  return route;
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
