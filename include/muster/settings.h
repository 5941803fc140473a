// Settings of a dispatcher, as a value. `muster` reads them from TOML (config/muster.toml documents
// every key); a program of your own fills them in. File paths are absolute or relative to the
// working directory.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

namespace muster {

// [[apns.credential]]: one a topic. Either certificate_file (+ key_file when the key is apart), or
// key_file + key_id + team_id for token authentication.
struct ApnsCredential {
  std::string topic;
  std::string certificate_file;
  std::string key_file;
  std::string key_id;
  std::string team_id;
};

struct ApnsSettings {
  std::string host = "api.push.apple.com";
  std::uint16_t port = 443;
  std::string trust_file;         // extra certificate authority (PEM); empty: the system's
  std::uint32_t connections = 0;  // a credential's connections over all shards; 0: planned
  std::string framing = "muster";
  std::chrono::seconds expiration{7 * 24 * 3600};  // apns-expiration after Send; "7d"
  // Back-off after a temporary refusal: the n-th attempt waits the n-th of these (the last again
  // and again), ± 20 %.
  std::vector<std::chrono::milliseconds> retry_after{
      std::chrono::seconds(30), std::chrono::minutes(2), std::chrono::minutes(8),
      std::chrono::minutes(15)};
  std::uint32_t attempts = 6;  // after so many temporary refusals the invitation fails; ≤ 6
  std::uint32_t canary = 32;   // first pushes of a task that must not all fail for configuration
  std::string in_doubt = "resend";  // or "hold"
  std::vector<ApnsCredential> credentials;
};

// [[invitation]]: the text of an alert, one a language; the first is the fallback.
struct InvitationText {
  std::string language;  // "en"
  std::string title;
  std::string body;
  std::string url;  // added as "url" beside "aps"; may be empty
};

// [mail.relay]: the organisation's own outgoing mail server.
struct MailRelaySettings {
  std::string host;
  std::uint16_t port = 465;
  std::string tls = "implicit";  // required | opportunistic | none
  std::string user;              // empty: no login
  std::string password_file;
  std::string trust_file;  // extra certificate authority (PEM); empty: the system's
  std::uint32_t connections = 8;
  std::uint32_t messages_per_connection = 0;  // 0: as many as the relay takes
  // What the relay grants us, over all connections and tasks; 0: no limit.
  std::uint32_t per_second = 0;
  std::uint32_t per_minute = 0;
  std::uint32_t per_day = 0;
  std::string chunking = "off";         // on, stream: BDAT, for a relay known to do it right
  std::string delivery_status = "off";  // on: asks for DSNs (RFC 3461)
};

// [mail.direct]: to the recipients' mail hosts.
struct MailDirectSettings {
  std::uint16_t port = 25;
  std::string resolver;               // "192.0.2.53:53", "[2001:db8::53]:53"; empty: the system's
  std::uint32_t connections = 64;     // over all destinations together
  std::string tls = "opportunistic";  // or "none": never
  // Mail hosts whose address is this machine's own (127.0.0.0/8, ::1) are used: for rehearsals.
  bool allow_loopback = false;
};

// [[mail.template]]: the letter, one a language; the first is the fallback. `text` and `html` may
// come out of files instead: settings::load_templates (settings/files.h) reads them.
struct MailTemplate {
  std::string language;  // "en"
  std::string subject;
  std::string text;
  std::string text_file;  // instead of `text`
  std::string html;       // empty: made from the text, with a button
  std::string html_file;  // instead of `html`
  std::string url;        // of the button
};

// [[mail.dkim]]: each signs every letter.
struct MailDkim {
  std::string domain;
  std::string selector;
  std::string key_file;
};

struct MailSettings {
  std::string mode = "off";  // relay | direct
  std::string from;          // "Example School <it@school.example>"
  std::string reply_to;
  std::string envelope_from;    // empty: from's address; "{id}" becomes the letter's id (VERP)
  std::string unsubscribe_url;  // may hold "{id}"
  std::string own_name;         // for EHLO; empty: this host's name
  std::chrono::seconds expiration{7 * 24 * 3600};  // nothing is tried so long after Send
  // Back-off after a temporary refusal: as in ApnsSettings.
  std::vector<std::chrono::milliseconds> retry_after{
      std::chrono::minutes(1),  std::chrono::minutes(5), std::chrono::minutes(15),
      std::chrono::minutes(30), std::chrono::hours(1),   std::chrono::hours(2)};
  std::uint32_t attempts = 15;  // after so many temporary refusals the invitation fails; ≤ 15
  std::uint32_t canary = 32;    // first letters of a task that must not all fail for configuration
  std::string in_doubt = "resend";  // or "hold"
  MailRelaySettings relay;
  MailDirectSettings direct;
  // None: the letters are made of Settings::invitations (title, body, url).
  std::vector<MailTemplate> templates;
  std::vector<MailDkim> dkim;
};

// [server]: the API, the console, and what devices and Apple reach us by.
struct ServerSettings {
  std::string listen = "127.0.0.1:8470";
  // What browsers call it, where that is not listen's host or localhost; empty: nothing else.
  std::string name;
  std::string certificate_file;  // PEM, its chain behind it; empty: in clear
  std::string key_file;          // empty: inside certificate_file
};

// [books]: Apple's Apps and Books.
struct BooksSettings {
  std::string url = "https://vpp.itunes.apple.com/mdm/v2";
  std::string trust_file;        // extra certificate authority (PEM); empty: the system's
  std::string name = "Muster";   // what other MDM servers' administrators read of us
  std::string notification_url;  // https://…/hooks/books, as Apple reaches it; empty: we only ask
  std::chrono::seconds poll_every{60};  // for who has accepted
};

struct MdmSettings {
  std::string mode = "off";              // builtin | nanomdm
  std::uint32_t wakes_per_second = 200;  // what the MDM server can take; 0: no limit
  // builtin: the authority (PEM) that signed the identities of the devices.
  std::string device_trust_file;
  // Devices that did not come to fetch their command, or put it off, are woken again; ± 20 %.
  std::chrono::seconds wake_again{8 * 3600};
  std::chrono::seconds not_now_again{30 * 60};
  // nanomdm: where its API is, the key for it, and the secret that signs its webhooks.
  std::string nanomdm_url = "http://127.0.0.1:9000";
  std::string nanomdm_key_file;
  std::string nanomdm_secret_file;
};

// [directory.attributes]: what holds what, where it is not as the kind has it; several names
// between commas; "-": nothing does.
struct DirectoryAttributes {
  std::string id;
  std::string user_id;
  std::string full_name;
  std::string email;
  std::string language;
  std::string managed_apple_account;
  std::string location;
  std::string disabled;
  std::string group_id;
  std::string group_name;
  std::string member;
  std::string member_uid;
  std::string member_guid;
  std::string nested_guid;
  std::string primary;
  std::string group_number;
};

// [directory]: the directory service that users and groups come from.
struct DirectorySettings {
  std::string url;               // ldap://host, ldaps://host:636; empty: none
  std::string kind = "generic";  // open-directory | active-directory
  std::string base;              // empty: as the server says
  std::string bind_dn;           // empty: anonymous
  std::string password_file;
  bool start_tls = true;
  std::string trust_file;  // extra certificate authority (PEM); empty: the system's
  std::uint32_t page_size = 500;
  std::string user_filter;         // empty: that of the kind
  std::string group_filter;        // likewise
  std::string nesting = "groups";  // in-chain: active-directory says who is in a group at any depth
  std::uint32_t removals_percent_max = 50;  // a sync that would remove more is refused
  std::chrono::seconds sync_every{0};       // of `muster serve`; 0: only when asked
  DirectoryAttributes attributes;
};

struct ReactorSettings {
  std::string kind = "auto";  // io_uring | epoll
  std::uint32_t shards = 0;   // 0: one a core
};

struct Settings {
  std::string data_dir = "/var/lib/muster";
  std::string store_url = "sqlite";
  ServerSettings server;
  ApnsSettings apns;
  std::vector<InvitationText> invitations;
  MailSettings mail;
  BooksSettings books;
  MdmSettings mdm;
  DirectorySettings directory;
  ReactorSettings reactor;
};

}  // namespace muster
