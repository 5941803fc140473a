// The table of keys: what each is called in TOML, where its value lives, and what it may be.
//
// Reading, checking and describing all walk this one table, so that a key cannot be known to one of
// them and not to the others. A Key points into the Settings it was made for and must not outlive
// it.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "model/limits.h"
#include "muster/settings.h"

namespace muster::settings {

enum class TextForm : std::uint8_t {
  any,            // one line; may be empty
  not_empty,      // one line
  lines,          // may have line breaks
  path,           // relative ones are taken from the settings file's folder; may be empty
  directory,      // the same, but not empty
  host,           // a name or a literal address
  listener,       // host:port
  resolver,       // address:port, or empty
  store,          // "sqlite" or a postgres URL
  web,            // http:// or https://
  directory_url,  // ldap://host or ldaps://host, with a port where need be; or empty
  hook,           // https://host/path without a port, a query or a user; or empty
  relay,          // as host, or empty
  domain,         // a name, not empty
  own_name,       // a name or [address], or empty
  envelope,       // one mailbox, which may hold {id}; or empty
  opt_out,        // https:// with nothing that a header field cannot hold, may hold {id}; or empty
};
struct TextPlace {
  std::string* value;
  TextForm form;
};
struct ChoicePlace {
  std::string* value;
  std::vector<std::string_view> choices;
};
struct FlagPlace {
  bool* value;
};
struct CountPlace {
  std::variant<std::uint16_t*, std::uint32_t*> value;
  std::uint32_t least;
  std::uint32_t most;
};
struct PeriodPlace {
  std::chrono::seconds* value;
  std::chrono::seconds least;
  std::chrono::seconds most;
};
struct PeriodsPlace {
  std::vector<std::chrono::milliseconds>* value;
  std::size_t count_max;
  std::chrono::milliseconds least;
  std::chrono::milliseconds most;
};

struct Key {
  std::string_view name;  // with its section: "apns.port"; without, inside a list: "topic"
  std::variant<TextPlace, ChoicePlace, FlagPlace, CountPlace, PeriodPlace, PeriodsPlace> place;
};

// The names of the lists of tables.
inline constexpr std::string_view credential_list = "apns.credential";
inline constexpr std::string_view invitation_list = "invitation";
inline constexpr std::string_view template_list = "mail.template";
inline constexpr std::string_view dkim_list = "mail.dkim";

[[nodiscard]] std::vector<Key> keys_of(Settings& settings);
[[nodiscard]] std::vector<Key> keys_of(ApnsCredential& credential);
[[nodiscard]] std::vector<Key> keys_of(InvitationText& text);
[[nodiscard]] std::vector<Key> keys_of(MailTemplate& letter);
[[nodiscard]] std::vector<Key> keys_of(MailDkim& dkim);

// Calls `visit(name, entries, count_max)` for every list of tables in `settings`.
template <class AnySettings, class Visit>
void for_each_list(AnySettings& settings, Visit visit) {
  visit(credential_list, settings.apns.credentials, limits::credentials_max);
  visit(invitation_list, settings.invitations, limits::languages_max);
  visit(template_list, settings.mail.templates, limits::mail_templates_max);
  visit(dkim_list, settings.mail.dkim, limits::dkim_keys_max);
}

// "apns.credential[1].topic", 1-based.
[[nodiscard]] std::string entry_name(std::string_view list, std::size_t index);

// The value as TOML writes it: "text", 42, "7d", ["30s", "2m"].
[[nodiscard]] std::string text_of_value(const Key& key);

}  // namespace muster::settings
