#include "reactor/mail_host_lookup.h"

#include <arpa/inet.h>
#include <arpa/nameser.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <memory>
#include <tuple>
#include <utility>

#include "base/assert.h"
#include "reactor/mail_host_rules.h"

namespace muster::reactor {
namespace {

// c-ares turns the codes that it knows into its own and lets the others pass as a success without
// records, which must not be read as "there is none".
int status_of(int status, const unsigned char* bytes, int size) {
  if (status != ARES_SUCCESS) {
    return status;
  }
  MUSTER_ASSERT(size >= NS_HFIXEDSZ);
  return (bytes[3] & 15) == ns_r_noerror ? status : ARES_EBADRESP;
}

template <class Bits>
void keep(int family, const Bits& bits, std::vector<std::string>& addresses) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  ::inet_ntop(family, &bits, text.data(), text.size());
  if (std::find(addresses.begin(), addresses.end(), text.data()) == addresses.end()) {
    addresses.emplace_back(text.data());
  }
}

}  // namespace

MailHostLookup::MailHostLookup(std::string domain, bool allow_loopback)
    : domain_(std::move(domain)), allow_loopback_(allow_loopback) {
  if (host_name_of(domain_).empty()) {
    verdict_ = Reason::no_such_domain;  // DNS could not even be asked
    return;
  }
  questions_.push_back(Question{this, domain_, ns_t_mx});
}

void MailHostLookup::put_next(ares_channel channel) {
  MUSTER_ASSERT(has_question());
  auto& question = questions_[put_++];
  ares_query(channel, question.name.c_str(), ns_c_in, question.type, on_answer, &question);
}

void MailHostLookup::on_answer(void* question, int status, int /*timeouts*/, unsigned char* bytes,
                               int size) {
  const auto& asked = *static_cast<const Question*>(question);
  auto& lookup = *asked.lookup;
  ++lookup.answered_;
  MUSTER_ASSERT(lookup.answered_ <= lookup.put_);
  const Answer answer{status_of(status, bytes, size), bytes, size};
  switch (asked.type) {
    case ns_t_mx:
      return lookup.hear_hosts(answer);
    case ns_t_a:
      return lookup.hear_v4(answer, lookup.hosts_[asked.host]);
    default:
      return lookup.hear_v6(answer, lookup.hosts_[asked.host]);
  }
}

void MailHostLookup::hear_hosts(const Answer& answer) {
  if (answer.status == ARES_ENOTFOUND) {
    verdict_ = Reason::no_such_domain;
    return;
  }
  ares_mx_reply* first = nullptr;
  const int status = answer.status == ARES_SUCCESS
                         ? ares_parse_mx_reply(answer.bytes, answer.size, &first)
                         : answer.status;
  const std::unique_ptr<ares_mx_reply, decltype(&ares_free_data)> records(first, ares_free_data);
  if (status != ARES_SUCCESS && status != ARES_ENODATA) {
    verdict_ = Reason::dns_failed;
    return;
  }
  if (first == nullptr) {  // NODATA, or an alias whose end has none
    hosts_.push_back(Host{domain_, 0});
    return ask_addresses();
  }
  if (first->next == nullptr && first->host[0] == '\0') {
    verdict_ = Reason::null_mx;
    return;
  }
  std::vector<Host> named;
  for (const auto* at = first; at != nullptr; at = at->next) {
    auto name = host_name_of(at->host);
    if (!name.empty()) {
      named.push_back(Host{std::move(name), at->priority});
    }
  }
  choose(std::move(named));
}

// A host that is named twice is asked once, by its better preference.
void MailHostLookup::choose(std::vector<Host> named) {
  std::sort(named.begin(), named.end(), [](const Host& one, const Host& other) {
    return std::tie(one.preference, one.name) < std::tie(other.preference, other.name);
  });
  for (auto& host : named) {
    if (hosts_.size() == mail_hosts_asked) {
      break;
    }
    const auto same = [&](const Host& known) { return known.name == host.name; };
    if (std::none_of(hosts_.begin(), hosts_.end(), same)) {
      hosts_.push_back(std::move(host));
    }
  }
  ask_addresses();
}

void MailHostLookup::ask_addresses() {
  for (std::size_t n = 0; n < hosts_.size(); ++n) {
    questions_.push_back(Question{this, hosts_[n].name, ns_t_aaaa, n});
    questions_.push_back(Question{this, hosts_[n].name, ns_t_a, n});
  }
}

template <class Record, class Parse>
std::vector<Record> MailHostLookup::records_of(const Answer& answer, Parse parse) {
  std::vector<Record> found(wire::mail_hosts_max);
  int count = static_cast<int>(found.size());
  const int status = answer.status == ARES_SUCCESS
                         ? parse(answer.bytes, answer.size, nullptr, found.data(), &count)
                         : answer.status;
  if (status != ARES_SUCCESS) {
    failed_ = failed_ || (status != ARES_ENODATA && status != ARES_ENOTFOUND);
    count = 0;
  }
  found.resize(static_cast<std::size_t>(count));
  return found;
}

void MailHostLookup::hear_v4(const Answer& answer, Host& host) {
  for (const auto& record : records_of<ares_addrttl>(answer, ares_parse_a_reply)) {
    if (counts(record.ipaddr, allow_loopback_)) {
      keep(AF_INET, record.ipaddr, host.v4);
    }
  }
}

void MailHostLookup::hear_v6(const Answer& answer, Host& host) {
  for (const auto& record : records_of<ares_addr6ttl>(answer, ares_parse_aaaa_reply)) {
    in6_addr bits{};
    static_assert(sizeof bits == sizeof record.ip6addr);
    std::memcpy(&bits, &record.ip6addr, sizeof bits);
    if (counts(bits, allow_loopback_)) {
      keep(AF_INET6, bits, host.v6);
    }
  }
}

wire::MailHosts MailHostLookup::take() {
  MUSTER_ASSERT(over());
  wire::MailHosts found{domain_, verdict_, {}};
  const auto add = [&](const Host& host, const std::vector<std::string>& addresses, std::size_t n) {
    if (n < addresses.size() && found.hosts.size() < wire::mail_hosts_max) {
      found.hosts.push_back(wire::MailHost{host.name, addresses[n], host.preference});
    }
  };
  for (const auto& host : hosts_) {
    for (std::size_t n = 0; n < std::max(host.v6.size(), host.v4.size()); ++n) {
      add(host, host.v6, n);
      add(host, host.v4, n);
    }
  }
  if (found.hosts.empty() && verdict_ == Reason::none) {
    found.trouble = failed_ ? Reason::dns_failed : Reason::domain_without_mail;
  }
  return found;
}

}  // namespace muster::reactor
