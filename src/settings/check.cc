#include "settings/check.h"

#include <vector>

#include "settings/check_directory.h"
#include "settings/check_mail.h"
#include "settings/complain.h"
#include "settings/keys.h"

namespace muster::settings {
namespace {

Result<void, Complaint> check_credential(const ApnsCredential& credential, const std::string& entry,
                                         const Origins& origins) {
  const bool by_certificate = !credential.certificate_file.empty();
  const bool names_a_token = !credential.key_id.empty() || !credential.team_id.empty();
  if (credential.topic.empty()) {
    return complain_about(
        origins, entry + ".topic", entry,
        {entry + " has no topic", "the topic that its devices listen to",
         "add topic = \"com.apple.mgmt.External.…\" (the UID of the push certificate)"});
  }
  if (by_certificate && names_a_token) {
    return complain_about(origins, entry + (credential.key_id.empty() ? ".team_id" : ".key_id"),
                          entry,
                          {entry + " has both a certificate and a token key",
                           "certificate_file (and key_file), or key_file with key_id and team_id",
                           "remove one of both"});
  }
  if (by_certificate) {
    return {};
  }
  if (credential.key_file.empty()) {
    return complain_about(origins, entry, entry,
                          {entry + " has neither certificate_file nor key_file",
                           "certificate_file (and key_file), or key_file with key_id and team_id",
                           "name the files that Apple issued for this topic"});
  }
  if (credential.key_id.empty() || credential.team_id.empty()) {
    const std::string missing = credential.key_id.empty() ? "key_id" : "team_id";
    return complain_about(origins, entry + ".key_file", entry,
                          {entry + " has a key_file but no " + missing,
                           "certificate_file (and key_file), or key_file with key_id and team_id",
                           "add " + missing + ", or the certificate_file that the key belongs to"});
  }
  return {};
}

Result<void, Complaint> check_credentials(const Settings& settings, const Origins& origins) {
  const auto& credentials = settings.apns.credentials;
  for (std::size_t i = 0; i < credentials.size(); ++i) {
    const auto entry = entry_name(credential_list, i);
    if (auto checked = check_credential(credentials[i], entry, origins); !checked) {
      return checked;
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (credentials[j].topic == credentials[i].topic) {
        return complain_about(origins, entry + ".topic", entry,
                              {"topic '" + credentials[i].topic + "' has a credential already, " +
                                   entry_name(credential_list, j),
                               "one credential a topic", "remove one of both"});
      }
    }
  }
  return {};
}

Result<void, Complaint> check_invitations(const Settings& settings, const Origins& origins) {
  const auto& texts = settings.invitations;
  for (std::size_t i = 0; i < texts.size(); ++i) {
    const auto entry = entry_name(invitation_list, i);
    for (const bool language : {true, false}) {
      if ((language ? texts[i].language : texts[i].title).empty()) {
        return complain_about(origins, entry, entry,
                              {entry + " has no " + (language ? "language" : "title"),
                               "language and title in every [[invitation]]",
                               language ? "add language = \"en\"" : "add title = \"…\""});
      }
    }
    for (std::size_t j = 0; j < i; ++j) {
      if (texts[j].language == texts[i].language) {
        return complain_about(origins, entry + ".language", entry,
                              {"language '" + texts[i].language + "' has a text already, " +
                                   entry_name(invitation_list, j),
                               "one text a language", "remove one of both"});
      }
    }
  }
  return {};
}

}  // namespace

tl::unexpected<Complaint> complain_about(const Origins& origins, const std::string& name,
                                         const std::string& fallback, Words words) {
  auto origin = origins.find(name);
  if (origin == origins.end()) {
    origin = origins.find(fallback);
  }
  return complain_at(origin == origins.end() ? Place{} : origin->second, std::move(words));
}

Result<void, Complaint> check_together(const Settings& settings, const Origins& origins) {
  if (auto checked = check_credentials(settings, origins); !checked) {
    return checked;
  }
  if (auto checked = check_invitations(settings, origins); !checked) {
    return checked;
  }
  if (auto checked = check_directory(settings.directory, origins); !checked) {
    return checked;
  }
  return check_mail(settings.mail, origins);
}

}  // namespace muster::settings
