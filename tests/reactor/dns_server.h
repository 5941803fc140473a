// A resolver for tests, on a loopback port of the kernel's choice: it says what it was told to,
// over UDP and TCP, byte by byte, from a thread of its own.
//
// A name that nothing was said about does not exist; a type that nothing was said about has no
// records.
#pragma once

#include <arpa/nameser.h>

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "base/thread.h"
#include "tests/reactor/harness.h"

namespace muster::reactor {

struct DnsRecord {
  std::string name;  // empty: the name that was asked for
  int type = 0;
  std::string bytes;
};
DnsRecord mx(std::uint16_t preference, std::string_view host);
DnsRecord a(const std::string& address);
DnsRecord aaaa(const std::string& address);
DnsRecord alias(std::string_view target);

using Packet = std::string;

struct DnsAnswer {
  std::vector<DnsRecord> records = {};
  int code = ns_r_noerror;
  bool cut_short = false;  // over UDP: truncated, and without records
  bool silent = false;     // there is none; with cut_short: none over TCP
  // What becomes of the packet on its way, and what of the same goes ahead of it.
  std::function<Packet(Packet)> spoil = {};
  std::function<Packet(Packet)> ahead = {};
};

enum class Over : std::uint8_t { udp, tcp };

class DnsServer {
 public:
  DnsServer();
  ~DnsServer();
  DnsServer(const DnsServer&) = delete;
  DnsServer& operator=(const DnsServer&) = delete;

  // "127.0.0.1:53535"
  [[nodiscard]] std::string resolver() const;
  void say(const std::string& name, int type, DnsAnswer answer);
  void say(const std::string& name, DnsRecord record);  // beside those said before
  // Answers to these types wait until so many of them are asked for and no further one follows.
  void hold(std::vector<int> types, std::size_t count);
  // The largest number of them that waited together.
  [[nodiscard]] std::size_t held_most() const;
  // How often it was asked so far.
  [[nodiscard]] int asked(const std::string& name, int type, Over over = Over::udp) const;
  // Until it was asked so often; false after 30 seconds.
  [[nodiscard]] bool wait_for(const std::string& name, int type, int times = 1,
                              Over over = Over::udp) const;

 private:
  using Key = std::pair<std::string, int>;
  struct Question {
    Packet packet = {};
    std::string name = {};
    int type = 0;
    sockaddr_in from = {};
  };
  void serve();
  void hear_udp();
  [[nodiscard]] bool hear_tcp(const Socket& connection);
  void release();
  void answer(const Question& question);
  [[nodiscard]] DnsAnswer heard(const Question& question, Over over);

  std::unique_ptr<Socket> udp_;
  std::unique_ptr<Socket> tcp_;
  std::uint16_t port_ = 0;
  Doorbell end_;
  mutable std::mutex mutex_;
  mutable std::condition_variable heard_;
  std::map<Key, DnsAnswer> said_;  // under mutex_, as all that follows
  std::map<std::pair<Key, Over>, int> asked_;
  std::vector<int> held_types_;
  std::size_t held_until_ = 0;
  std::size_t held_most_ = 0;
  bool ending_ = false;
  std::vector<Question> held_;  // the thread's
  std::thread thread_;
};

}  // namespace muster::reactor
