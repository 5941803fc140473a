// One domain's questions to DNS, and what the answers add up to.
//
//   in hand                      answer                       then
//   ───────────────────────────  ───────────────────────────  ─────────────────────────────────────
//   MX of the domain             hosts                        A and AAAA of each of the preferred
//                                                             mail_hosts_asked
//                                "." alone                    over: null_mx
//                                NODATA                       A and AAAA of the domain
//                                NXDOMAIN                     over: no_such_domain
//                                any other                    over: dns_failed
//   A, AAAA of hosts (in any     addresses, NODATA, NXDOMAIN  kept, in the order given
//   order, many at once)         any other                    noted as a failure
//   none                                                      over: by what was kept and noted
//
// The questions are put one by one by the owner, who knows how many DNS may be asked at once.
// c-ares holds its address, so it stays where it is, and lives until its questions are answered or
// the channel has gone.
#pragma once

#include <ares.h>

#include <cstddef>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "wire/mail_hosts.h"

namespace muster::reactor {

// So many hosts of a domain are asked for addresses, whatever the number that its MX names.
inline constexpr std::size_t mail_hosts_asked = 16;

class MailHostLookup {
 public:
  MailHostLookup(std::string domain, bool allow_loopback);
  MailHostLookup(const MailHostLookup&) = delete;
  MailHostLookup& operator=(const MailHostLookup&) = delete;

  [[nodiscard]] bool has_question() const { return put_ < questions_.size(); }
  // The answer may come before this returns.
  void put_next(ares_channel channel);
  // Put and not answered.
  [[nodiscard]] std::size_t open() const { return put_ - answered_; }
  [[nodiscard]] bool over() const { return answered_ == questions_.size(); }
  // When it is over.
  [[nodiscard]] wire::MailHosts take();

 private:
  struct Question {
    MailHostLookup* lookup = nullptr;
    std::string name;
    int type = 0;
    std::size_t host = 0;  // of hosts_, where it is about addresses
  };
  struct Host {
    std::string name;
    std::uint16_t preference = 0;
    std::vector<std::string> v6 = {};
    std::vector<std::string> v4 = {};
  };
  struct Answer {
    int status = 0;
    const unsigned char* bytes = nullptr;
    int size = 0;
  };

  static void on_answer(void* question, int status, int timeouts, unsigned char* bytes, int size);
  void hear_hosts(const Answer& answer);
  // Empty also where DNS failed, which is noted.
  template <class Record, class Parse>
  std::vector<Record> records_of(const Answer& answer, Parse parse);
  void hear_v4(const Answer& answer, Host& host);
  void hear_v6(const Answer& answer, Host& host);
  void choose(std::vector<Host> named);
  void ask_addresses();

  const std::string domain_;
  const bool allow_loopback_;
  std::deque<Question> questions_;  // c-ares holds their addresses, which a deque keeps
  std::size_t put_ = 0;
  std::size_t answered_ = 0;
  std::vector<Host> hosts_;  // by preference, then name
  Reason verdict_ = Reason::none;
  bool failed_ = false;  // DNS, for one of the addresses
};

}  // namespace muster::reactor
