#include "directory/ldap_session.h"

#include <ldap.h>
#include <sys/time.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <optional>

#include "base/assert.h"
#include "directory/ldap_words.h"
#include "directory/reading.h"
#include "directory/text.h"
#include "model/directory_limits.h"

namespace muster::directory {
namespace {

constexpr const char* system_bundle = "/etc/ssl/certs/ca-certificates.crt";
constexpr const char* system_directory = "/etc/ssl/certs";
constexpr int turn_ms = 250;  // how often somebody is asked whether to go on

// libldap writes with write(2), and a peer that is gone would end the process. Whoever already
// ignores the signal notices nothing.
class WithoutPipeSignal {
 public:
  WithoutPipeSignal() {
    sigemptyset(&pipe_);
    sigaddset(&pipe_, SIGPIPE);
    sigset_t waiting;
    sigpending(&waiting);
    waited_ = sigismember(&waiting, SIGPIPE) == 1;
    pthread_sigmask(SIG_BLOCK, &pipe_, &before_);
  }
  ~WithoutPipeSignal() {
    const timespec at_once{};
    while (!waited_ && sigtimedwait(&pipe_, nullptr, &at_once) == SIGPIPE) {
    }
    pthread_sigmask(SIG_SETMASK, &before_, nullptr);
  }
  WithoutPipeSignal(const WithoutPipeSignal&) = delete;
  WithoutPipeSignal& operator=(const WithoutPipeSignal&) = delete;

 private:
  sigset_t pipe_{};
  sigset_t before_{};
  bool waited_ = false;
};

struct MessageEnd {
  void operator()(LDAPMessage* message) const { ldap_msgfree(message); }
};
using Message = std::unique_ptr<LDAPMessage, MessageEnd>;
struct ControlEnd {
  void operator()(LDAPControl* control) const { ldap_control_free(control); }
};
using Control = std::unique_ptr<LDAPControl, ControlEnd>;

std::string text_of(const berval& value) {
  return {value.bv_val, static_cast<std::size_t>(value.bv_len)};
}

std::string key_of_dn(const std::string& dn) {
  LDAPDN parts = nullptr;
  if (ldap_str2dn(dn.c_str(), &parts, LDAP_DN_FORMAT_LDAP) != LDAP_SUCCESS) {
    return lower(dn);
  }
  char* text = nullptr;
  const int written = ldap_dn2str(parts, &text, LDAP_DN_FORMAT_LDAPV3);
  ldap_dnfree(parts);
  std::string key = lower(written == LDAP_SUCCESS && text != nullptr ? text : dn);
  ldap_memfree(text);
  return key;
}

Entry entry_of(LDAP* ldap, LDAPMessage* message) {
  Entry entry;
  if (char* dn = ldap_get_dn(ldap, message); dn != nullptr) {
    entry.dn = key_of_dn(dn);
    ldap_memfree(dn);
  }
  BerElement* at = nullptr;
  for (char* name = ldap_first_attribute(ldap, message, &at); name != nullptr;
       name = ldap_next_attribute(ldap, message, at)) {
    Attribute attribute{name, {}};
    if (berval** values = ldap_get_values_len(ldap, message, name); values != nullptr) {
      for (berval** value = values; *value != nullptr; ++value) {
        attribute.values.push_back(text_of(**value));
      }
      ldap_value_free_len(values);
    }
    entry.attributes.push_back(std::move(attribute));
    ldap_memfree(name);
  }
  ber_free(at, 0);
  return entry;
}

}  // namespace

struct LdapSession::Implementation {
  Implementation(const Plan& of, const KeepOn& told, const Clock& with)
      : plan(of), keep_on(told), clock(with), begun_at(with.now()) {}
  ~Implementation() {
    if (ldap != nullptr) {
      ldap_unbind_ext(ldap, nullptr, nullptr);
    }
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  [[nodiscard]] Result<void, Complaint> connect();
  [[nodiscard]] int set_options() const;
  [[nodiscard]] int set_trust() const;
  [[nodiscard]] Result<void, Complaint> bind();
  [[nodiscard]] Result<void, Complaint> find_paging();
  // One page; `cookie` is that of the next, empty where there is none.
  [[nodiscard]] Result<void, Complaint> search_page(const Search& search, const Visit& visit,
                                                    std::string& cookie);
  [[nodiscard]] Result<void, Complaint> take_answers(int number, const Visit& visit,
                                                     std::string& cookie);
  [[nodiscard]] Result<Message, Complaint> next_message(int number);
  [[nodiscard]] Result<void, Complaint> take_end(LDAPMessage* message, std::string& cookie) const;
  [[nodiscard]] tl::unexpected<Complaint> refuse(Doing doing, int code) const;

  const Plan& plan;
  const KeepOn& keep_on;
  const Clock& clock;
  const Instant begun_at;
  const WithoutPipeSignal quiet;
  LDAP* ldap = nullptr;
  bool paged = false;
  std::uint64_t entries = 0;
};

tl::unexpected<Complaint> LdapSession::Implementation::refuse(Doing doing, int code) const {
  std::string diagnostic;
  char* text = nullptr;
  if (ldap_get_option(ldap, LDAP_OPT_DIAGNOSTIC_MESSAGE, static_cast<void*>(&text)) ==
          LDAP_OPT_SUCCESS &&
      text != nullptr) {
    diagnostic = std::string(text).substr(0, limits::directory_words_bytes_max);
    ldap_memfree(text);
  }
  return tl::unexpected(complaint_of(plan, doing, code, diagnostic));
}

Result<void, Complaint> LdapSession::Implementation::connect() {
  if (const int made = ldap_initialize(&ldap, plan.url.c_str()); made != LDAP_SUCCESS) {
    return tl::unexpected(Complaint{
        plan.url, 0, 0, "no address of a directory", "ldap://host or ldaps://host", "", {}});
  }
  if (const int set = set_options(); set != LDAP_OPT_SUCCESS) {
    return tl::unexpected(Complaint{
        plan.url, 0, 0, "no connection can be secured", "", "check trust_file in [directory]", {}});
  }
  const bool secured = plan.url.starts_with("ldaps://");
  if (!secured && plan.start_tls) {
    if (const int begun = ldap_start_tls_s(ldap, nullptr, nullptr); begun != LDAP_SUCCESS) {
      return refuse(Doing::securing, begun);
    }
  }
  return bind();
}

int LdapSession::Implementation::set_options() const {
  const int version = LDAP_VERSION3;
  const int unlimited = LDAP_NO_LIMIT;
  const int never = LDAP_DEREF_NEVER;
  const timeval connecting{limits::directory_connect_s, 0};
  const timeval silent{limits::directory_silence_s, 0};
  struct Option {
    int name;
    const void* value;
  };
  for (const auto& [name, value] :
       {Option{LDAP_OPT_PROTOCOL_VERSION, &version}, Option{LDAP_OPT_REFERRALS, LDAP_OPT_OFF},
        Option{LDAP_OPT_SIZELIMIT, &unlimited}, Option{LDAP_OPT_TIMELIMIT, &unlimited},
        Option{LDAP_OPT_DEREF, &never}, Option{LDAP_OPT_NETWORK_TIMEOUT, &connecting},
        Option{LDAP_OPT_TIMEOUT, &silent}}) {
    if (const int set = ldap_set_option(ldap, name, value); set != LDAP_OPT_SUCCESS) {
      return set;
    }
  }
  Sockbuf* socket = nullptr;
  ber_len_t most = limits::directory_message_bytes_max;
  if (ldap_get_option(ldap, LDAP_OPT_SOCKBUF, static_cast<void*>(&socket)) != LDAP_OPT_SUCCESS ||
      ber_sockbuf_ctrl(socket, LBER_SB_OPT_SET_MAX_INCOMING, &most) != 1) {
    return LDAP_OPT_ERROR;
  }
  return set_trust();
}

int LdapSession::Implementation::set_trust() const {
  const int demand = LDAP_OPT_X_TLS_DEMAND;
  const int oldest = LDAP_OPT_X_TLS_PROTOCOL_TLS1_2;
  const char* file = plan.trust_file.empty() ? system_bundle : plan.trust_file.c_str();
  struct Option {
    int name;
    const void* value;
  };
  for (const auto& [name, value] :
       {Option{LDAP_OPT_X_TLS_REQUIRE_CERT, &demand}, Option{LDAP_OPT_X_TLS_CACERTFILE, file},
        Option{LDAP_OPT_X_TLS_CACERTDIR, system_directory},
        Option{LDAP_OPT_X_TLS_PROTOCOL_MIN, &oldest}}) {
    std::error_code missing;
    const bool absent = name == LDAP_OPT_X_TLS_CACERTDIR &&
                        !std::filesystem::is_directory(system_directory, missing);
    const int set = absent ? LDAP_OPT_SUCCESS : ldap_set_option(ldap, name, value);
    if (set != LDAP_OPT_SUCCESS) {
      return set;
    }
  }
  const int client = 0;
  return ldap_set_option(ldap, LDAP_OPT_X_TLS_NEWCTX, &client);
}

// Anonymous as well: it shows at once whether anybody answers.
Result<void, Complaint> LdapSession::Implementation::bind() {
  std::string password = plan.password;
  berval secret{static_cast<ber_len_t>(password.size()), password.data()};
  const char* name = plan.bind_dn.empty() ? nullptr : plan.bind_dn.c_str();
  const int bound =
      ldap_sasl_bind_s(ldap, name, LDAP_SASL_SIMPLE, &secret, nullptr, nullptr, nullptr);
  return bound == LDAP_SUCCESS ? Result<void, Complaint>{} : refuse(Doing::binding, bound);
}

Result<void, Complaint> LdapSession::Implementation::find_paging() {
  if (plan.page_size == 0) {
    return {};
  }
  const Search root{.base = "", .below = false, .attributes = {"supportedControl"}};
  std::string cookie;
  return search_page(
      root,
      [this](const Entry& entry) -> Result<void, Complaint> {
        for (const auto& attribute : entry.attributes) {
          for (const auto& control : attribute.values) {
            paged = paged || control == LDAP_CONTROL_PAGEDRESULTS;
          }
        }
        return {};
      },
      cookie);
}

Result<void, Complaint> LdapSession::Implementation::search_page(const Search& search,
                                                                 const Visit& visit,
                                                                 std::string& cookie) {
  Control page;
  if (paged && search.below) {
    berval place{static_cast<ber_len_t>(cookie.size()), cookie.data()};
    LDAPControl* made = nullptr;
    const int done =
        ldap_create_page_control(ldap, static_cast<ber_int_t>(plan.page_size), &place, 1, &made);
    if (done != LDAP_SUCCESS) {
      return refuse(Doing::searching, done);
    }
    page.reset(made);
  }
  LDAPControl* controls[] = {page.get(), nullptr};
  std::vector<std::string> names = search.attributes;
  std::vector<char*> wanted;
  wanted.reserve(names.size() + 1);
  for (auto& name : names) {
    wanted.push_back(name.data());
  }
  wanted.push_back(nullptr);
  int number = 0;
  const int asked = ldap_search_ext(
      ldap, search.base.c_str(), search.below ? LDAP_SCOPE_SUBTREE : LDAP_SCOPE_BASE,
      search.filter.c_str(), wanted.data(), 0, page ? controls : nullptr, nullptr, nullptr,
      LDAP_NO_LIMIT, &number);
  cookie.clear();
  if (asked != LDAP_SUCCESS) {
    return refuse(Doing::searching, asked);
  }
  auto taken = take_answers(number, visit, cookie);
  if (!taken) {
    ldap_abandon_ext(ldap, number, nullptr, nullptr);
  }
  return taken;
}

Result<void, Complaint> LdapSession::Implementation::take_answers(int number, const Visit& visit,
                                                                  std::string& cookie) {
  for (;;) {
    auto message = next_message(number);
    if (!message) {
      return tl::unexpected(message.error());
    }
    switch (ldap_msgtype(message->get())) {
      case LDAP_RES_SEARCH_ENTRY: {
        ++entries;
        if (auto visited = visit(entry_of(ldap, message->get())); !visited) {
          return visited;
        }
        break;
      }
      case LDAP_RES_SEARCH_RESULT:
        return take_end(message->get(), cookie);
      default:
        break;  // a referral, or what we did not ask for
    }
  }
}

Result<Message, Complaint> LdapSession::Implementation::next_message(int number) {
  constexpr int turns_max = limits::directory_silence_s * 1000 / turn_ms;
  constexpr std::uint64_t entries_per_turn = 1024;
  for (int turn = 0; turn < turns_max; ++turn) {
    if ((turn != 0 || entries % entries_per_turn == 0) && keep_on && !keep_on(entries)) {
      return tl::unexpected(
          Complaint{"", 0, 0, "interrupted", "", "nothing was stored; start the import again", {}});
    }
    if (clock.now() - begun_at > limits::directory_time_max) {
      return refuse(Doing::searching, LDAP_TIMEOUT);
    }
    timeval wait{0, std::int64_t{turn_ms} * 1000};
    LDAPMessage* message = nullptr;
    const int kind = ldap_result(ldap, number, LDAP_MSG_ONE, &wait, &message);
    if (kind > 0) {
      return Message(message);
    }
    if (kind < 0) {
      int code = LDAP_OTHER;
      ldap_get_option(ldap, LDAP_OPT_RESULT_CODE, &code);
      return tl::unexpected(complaint_of(plan, Doing::searching, code, ""));
    }
  }
  return refuse(Doing::searching, LDAP_TIMEOUT);
}

Result<void, Complaint> LdapSession::Implementation::take_end(LDAPMessage* message,
                                                              std::string& cookie) const {
  int code = LDAP_OTHER;
  LDAPControl** controls = nullptr;
  char* text = nullptr;
  const int parsed = ldap_parse_result(ldap, message, &code, nullptr, &text, nullptr, &controls, 0);
  const std::string diagnostic = text == nullptr ? "" : text;
  ldap_memfree(text);
  if (parsed == LDAP_SUCCESS && code == LDAP_SUCCESS && controls != nullptr) {
    LDAPControl* page = ldap_control_find(LDAP_CONTROL_PAGEDRESULTS, controls, nullptr);
    ber_int_t estimate = 0;
    berval place{0, nullptr};
    if (page != nullptr &&
        ldap_parse_pageresponse_control(ldap, page, &estimate, &place) == LDAP_SUCCESS) {
      cookie = text_of(place);
      ber_memfree(place.bv_val);
    }
  }
  ldap_controls_free(controls);
  if (parsed != LDAP_SUCCESS || code != LDAP_SUCCESS) {
    return tl::unexpected(
        complaint_of(plan, Doing::searching, parsed != LDAP_SUCCESS ? parsed : code, diagnostic));
  }
  return {};
}

LdapSession::LdapSession(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
LdapSession::~LdapSession() = default;

Result<std::unique_ptr<LdapSession>, Complaint> LdapSession::open(const Plan& plan,
                                                                  const KeepOn& keep_on,
                                                                  const Clock& clock) {
  auto made = std::make_unique<Implementation>(plan, keep_on, clock);
  if (auto connected = made->connect(); !connected) {
    return tl::unexpected(connected.error());
  }
  if (auto found = made->find_paging(); !found) {
    return tl::unexpected(found.error());
  }
  return std::unique_ptr<LdapSession>(new LdapSession(std::move(made)));
}

Result<void, Complaint> LdapSession::search(const Search& search, const Visit& visit) {
  std::string cookie;
  do {
    if (auto page = implementation_->search_page(search, visit, cookie); !page) {
      return page;
    }
  } while (!cookie.empty());
  return {};
}

std::string LdapSession::dn_key(const std::string& dn) const {
  return key_of_dn(dn);
}

Result<Directory, Complaint> read(const Plan& plan, const KeepOn& keep_on) {
  const SystemClock clock;
  auto session = LdapSession::open(plan, keep_on, clock);
  if (!session) {
    return tl::unexpected(session.error());
  }
  return read_from(**session, plan);
}

}  // namespace muster::directory
