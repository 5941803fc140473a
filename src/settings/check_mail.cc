#include "settings/check_mail.h"

#include "settings/check.h"
#include "settings/complain.h"
#include "settings/keys.h"

namespace muster::settings {
namespace {

Result<void, Complaint> check_login(const MailSettings& mail, const Origins& origins) {
  const auto& relay = mail.relay;
  const bool verified = relay.tls == "implicit" || relay.tls == "required";
  if (!relay.user.empty() && !verified) {
    return complain_about(origins, "mail.relay.tls", "mail.relay.user",
                          {"mail.relay.user would be sent over a connection that nobody verified",
                           "mail.relay.tls implicit or required where there is a login",
                           "set mail.relay.tls = \"required\", or remove the login"});
  }
  if (!relay.user.empty() && relay.password_file.empty()) {
    return complain_about(origins, "mail.relay.user", "mail.relay.user",
                          {"mail.relay.user has no password", "the file that holds the password",
                           "set password_file in [mail.relay]"});
  }
  if (relay.user.empty() && !relay.password_file.empty()) {
    return complain_about(origins, "mail.relay.password_file", "mail.relay.password_file",
                          {"mail.relay.password_file is nobody's password",
                           "mail.relay.user beside it", "set user in [mail.relay]"});
  }
  return {};
}

Result<void, Complaint> check_route(const MailSettings& mail, const Origins& origins) {
  if (mail.mode == "off") {
    return {};
  }
  if (mail.from.empty()) {
    return complain_about(origins, "mail.from", "mail.mode",
                          {"mail is on but mail.from is empty", "the sender of the invitations",
                           "set mail.from = \"Example School <it@school.example>\""});
  }
  if (mail.mode == "relay" && mail.relay.host.empty()) {
    return complain_about(origins, "mail.relay.host", "mail.mode",
                          {"mail goes through a relay but mail.relay.host is empty",
                           "the outgoing mail server", "set host in [mail.relay]"});
  }
  return {};
}

// `one` or its file, which is read instead; `needed`: one of both.
struct Alternatives {
  std::string name;
  const std::string& text;
  const std::string& file;
  bool needed;
};
Result<void, Complaint> check_alternatives(const Alternatives& either, const std::string& entry,
                                           const Origins& origins) {
  const auto& [name, text, file, needed] = either;
  if (!text.empty() && !file.empty()) {
    return complain_about(origins, entry + "." + name + "_file", entry,
                          {entry + " has both " + name + " and " + name + "_file",
                           name + ", or a file that holds it", "remove one of both"});
  }
  if (needed && text.empty() && file.empty()) {
    return complain_about(origins, entry, entry,
                          {entry + " has neither " + name + " nor " + name + "_file",
                           "what the letter says", "add " + name + "_file = \"letter.txt\""});
  }
  return {};
}

Result<void, Complaint> check_template(const MailTemplate& letter, const std::string& entry,
                                       const Origins& origins) {
  for (const bool language : {true, false}) {
    if ((language ? letter.language : letter.subject).empty()) {
      return complain_about(origins, entry, entry,
                            {entry + " has no " + (language ? "language" : "subject"),
                             "language and subject in every [[mail.template]]",
                             language ? "add language = \"en\"" : "add subject = \"…\""});
    }
  }
  const Alternatives text{"text", letter.text, letter.text_file, true};
  if (auto checked = check_alternatives(text, entry, origins); !checked) {
    return checked;
  }
  return check_alternatives({"html", letter.html, letter.html_file, false}, entry, origins);
}

Result<void, Complaint> check_templates(const MailSettings& mail, const Origins& origins) {
  const auto& letters = mail.templates;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    const auto entry = entry_name(template_list, i);
    if (auto checked = check_template(letters[i], entry, origins); !checked) {
      return checked;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (letters[j].language == letters[i].language) {
        return complain_about(origins, entry + ".language", entry,
                              {"language '" + letters[i].language + "' has a letter already, " +
                                   entry_name(template_list, j),
                               "one letter a language", "remove one of both"});
      }
    }
  }
  return {};
}

Result<void, Complaint> check_key(const MailDkim& key, const std::string& entry,
                                  const Origins& origins) {
  const std::string missing = key.domain.empty()     ? "domain"
                              : key.selector.empty() ? "selector"
                              : key.key_file.empty() ? "key_file"
                                                     : "";
  if (missing.empty()) {
    return {};
  }
  return complain_about(
      origins, entry + "." + missing, entry,
      {entry + " has no " + missing, "domain, selector and key_file in every [[mail.dkim]]",
       "add " + missing + " = \"…\""});
}

Result<void, Complaint> check_dkim(const MailSettings& mail, const Origins& origins) {
  const auto& keys = mail.dkim;
  for (std::size_t i = 0; i < keys.size(); ++i) {
    const auto entry = entry_name(dkim_list, i);
    if (auto checked = check_key(keys[i], entry, origins); !checked) {
      return checked;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (keys[j].domain == keys[i].domain && keys[j].selector == keys[i].selector) {
        return complain_about(origins, entry + ".selector", entry,
                              {"selector '" + keys[i].selector + "' of " + keys[i].domain +
                                   " has a key already, " + entry_name(dkim_list, j),
                               "one key a selector", "remove one of both"});
      }
    }
  }
  return {};
}

}  // namespace

Result<void, Complaint> check_mail(const MailSettings& mail, const Origins& origins) {
  for (const auto check : {check_login, check_route, check_templates, check_dkim}) {
    if (auto checked = check(mail, origins); !checked) {
      return checked;
    }
  }
  return {};
}

}  // namespace muster::settings
