#include "tests/reactor/dns_server.h"

#include <arpa/inet.h>

#include <algorithm>
#include <cstddef>

namespace muster::reactor {
namespace {

std::string number(std::size_t value) {
  return {static_cast<char>(value >> 8), static_cast<char>(value)};
}

std::size_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::size_t>(static_cast<unsigned char>(bytes[at])) << 8 |
         static_cast<unsigned char>(bytes[at + 1]);
}

std::string encoded(std::string_view name) {
  std::string bytes;
  while (!name.empty() && name != ".") {
    const auto label = name.substr(0, name.find('.'));
    bytes += static_cast<char>(label.size());
    bytes += label;
    name.remove_prefix(std::min(name.size(), label.size() + 1));
  }
  return bytes + '\0';
}

template <class Bits>
std::string bits_of(int family, const std::string& address) {
  Bits bits{};
  EXPECT_EQ(::inet_pton(family, address.c_str(), &bits), 1) << address;
  return {reinterpret_cast<const char*>(&bits), sizeof bits};
}

// Where the question ends: it follows the header, and its name is not compressed.
std::size_t end_of_question(std::string_view packet, std::string& name) {
  std::size_t at = NS_HFIXEDSZ;
  while (packet[at] != '\0') {
    const std::size_t size = static_cast<unsigned char>(packet[at]);
    name += (name.empty() ? "" : ".") + std::string(packet.substr(at + 1, size));
    at += size + 1;
  }
  return at + 1 + NS_QFIXEDSZ;
}

Packet packet_of(const Packet& question, const DnsAnswer& answer, bool cut_short) {
  std::string name;
  const auto end = end_of_question(question, name);
  const auto records = cut_short ? std::vector<DnsRecord>{} : answer.records;
  const std::size_t flags = 0x8180U | (cut_short ? 0x0200U : 0U);  // a recursive answer
  auto packet = question.substr(0, 2) + number(flags | static_cast<std::size_t>(answer.code)) +
                number(1) + number(records.size()) + number(0) + number(0) +
                question.substr(NS_HFIXEDSZ, end - NS_HFIXEDSZ);
  for (const auto& record : records) {
    packet += encoded(record.name.empty() ? name : record.name);
    packet += number(static_cast<std::size_t>(record.type)) + number(ns_c_in) + number(0) +
              number(300) + number(record.bytes.size()) + record.bytes;
  }
  return answer.spoil ? answer.spoil(packet) : packet;
}

std::unique_ptr<Socket> bound_socket(int type, std::uint16_t& port) {
  auto made = std::make_unique<Socket>(::socket(AF_INET, type | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  socklen_t size = sizeof address;
  auto* any = reinterpret_cast<sockaddr*>(&address);
  if (::bind(made->fd(), any, size) != 0) {
    return nullptr;
  }
  EXPECT_EQ(::getsockname(made->fd(), any, &size), 0);
  port = ntohs(address.sin_port);
  return made;
}

}  // namespace

DnsRecord mx(std::uint16_t preference, std::string_view host) {
  return {{}, ns_t_mx, number(preference) + encoded(host)};
}

DnsRecord a(const std::string& address) {
  return {{}, ns_t_a, bits_of<in_addr>(AF_INET, address)};
}

DnsRecord aaaa(const std::string& address) {
  return {{}, ns_t_aaaa, bits_of<in6_addr>(AF_INET6, address)};
}

DnsRecord alias(std::string_view target) {
  return {{}, ns_t_cname, encoded(target)};
}

DnsServer::DnsServer() {
  // The kernel chooses a port that is free for UDP; where TCP has it already, another.
  while (tcp_ == nullptr) {
    port_ = 0;
    udp_ = bound_socket(SOCK_DGRAM, port_);
    tcp_ = bound_socket(SOCK_STREAM, port_);
  }
  EXPECT_EQ(::listen(tcp_->fd(), 16), 0);
  thread_ = std::thread([this] { serve(); });
}

DnsServer::~DnsServer() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  end_.ring();
  thread_.join();
}

std::string DnsServer::resolver() const {
  return "127.0.0.1:" + std::to_string(port_);
}

void DnsServer::say(const std::string& name, int type, DnsAnswer answer) {
  const std::lock_guard lock(mutex_);
  said_[{name, type}] = std::move(answer);
}

void DnsServer::say(const std::string& name, DnsRecord record) {
  const std::lock_guard lock(mutex_);
  said_[{name, record.type}].records.push_back(std::move(record));
}

void DnsServer::hold(std::vector<int> types, std::size_t count) {
  const std::lock_guard lock(mutex_);
  held_types_ = std::move(types);
  held_until_ = count;
}

std::size_t DnsServer::held_most() const {
  const std::lock_guard lock(mutex_);
  return held_most_;
}

int DnsServer::asked(const std::string& name, int type, Over over) const {
  const std::lock_guard lock(mutex_);
  const auto at = asked_.find({{name, type}, over});
  return at == asked_.end() ? 0 : at->second;
}

bool DnsServer::wait_for(const std::string& name, int type, int times, Over over) const {
  std::unique_lock lock(mutex_);
  return heard_.wait_for(lock, std::chrono::seconds(30), [&] {
    const auto at = asked_.find({{name, type}, over});
    return at != asked_.end() && at->second >= times;
  });
}

void DnsServer::serve() {
  std::vector<std::unique_ptr<Socket>> connections;
  while (true) {
    end_.doze();
    {
      const std::lock_guard lock(mutex_);
      if (ending_) {
        return;
      }
    }
    std::vector<pollfd> polled{
        {end_.fd(), POLLIN, 0}, {udp_->fd(), POLLIN, 0}, {tcp_->fd(), POLLIN, 0}};
    for (const auto& connection : connections) {
      polled.push_back({connection->fd(), POLLIN, 0});
    }
    // How long nothing must follow before what is held goes out: it decides how surely one question
    // too many is seen, not whether the right number passes.
    if (::poll(polled.data(), polled.size(), held_.empty() ? -1 : 50) == 0) {
      release();
    }
    end_.awake();
    if (polled[1].revents != 0) {
      hear_udp();
    }
    for (std::size_t n = connections.size(); n-- > 0;) {
      if (polled[n + 3].revents != 0 && !hear_tcp(*connections[n])) {
        connections.erase(connections.begin() + static_cast<std::ptrdiff_t>(n));
      }
    }
    if (polled[2].revents != 0) {
      connections.push_back(
          std::make_unique<Socket>(::accept4(tcp_->fd(), nullptr, nullptr, SOCK_CLOEXEC)));
    }
  }
}

void DnsServer::hear_udp() {
  Question question{Packet(512, '\0')};
  socklen_t size = sizeof question.from;
  const auto count = ::recvfrom(udp_->fd(), question.packet.data(), question.packet.size(), 0,
                                reinterpret_cast<sockaddr*>(&question.from), &size);
  ASSERT_GT(count, NS_HFIXEDSZ);
  question.packet.resize(static_cast<std::size_t>(count));
  const auto end = end_of_question(question.packet, question.name);
  question.type = static_cast<int>(number_at(question.packet, end - NS_QFIXEDSZ));
  {
    const std::lock_guard lock(mutex_);
    const auto held = std::find(held_types_.begin(), held_types_.end(), question.type);
    if (held_until_ > 0 && held != held_types_.end()) {
      held_.push_back(std::move(question));
      return;
    }
  }
  answer(question);
}

// False: the other end has gone.
bool DnsServer::hear_tcp(const Socket& connection) {
  const auto size = connection.read(2);
  if (size.size() < 2) {
    return false;
  }
  Question question{connection.read(number_at(size, 0))};
  const auto end = end_of_question(question.packet, question.name);
  question.type = static_cast<int>(number_at(question.packet, end - NS_QFIXEDSZ));
  const auto answer = heard(question, Over::tcp);
  if (!answer.silent) {
    const auto packet = packet_of(question.packet, answer, false);
    connection.write(number(packet.size()) + packet);
  }
  return true;
}

void DnsServer::release() {
  {
    const std::lock_guard lock(mutex_);
    if (held_.size() < held_until_) {
      return;
    }
    held_most_ = held_.size();
    held_until_ = 0;
  }
  for (const auto& question : std::exchange(held_, {})) {
    answer(question);
  }
}

void DnsServer::answer(const Question& question) {
  const auto answer = heard(question, Over::udp);
  if (answer.silent && !answer.cut_short) {
    return;
  }
  const auto send = [&](const Packet& packet) {
    const auto count =
        ::sendto(udp_->fd(), packet.data(), packet.size(), MSG_NOSIGNAL,
                 reinterpret_cast<const sockaddr*>(&question.from), sizeof question.from);
    EXPECT_EQ(count, static_cast<ssize_t>(packet.size()));
  };
  const auto packet = packet_of(question.packet, answer, answer.cut_short);
  if (answer.ahead) {
    send(answer.ahead(packet));
  }
  send(packet);
}

// Counts the question, and says what is to be answered.
DnsAnswer DnsServer::heard(const Question& question, Over over) {
  const std::lock_guard lock(mutex_);
  ++asked_[{{question.name, question.type}, over}];
  heard_.notify_all();
  const auto exact = said_.find({question.name, question.type});
  if (exact != said_.end()) {
    return exact->second;
  }
  const auto other = said_.lower_bound({question.name, 0});
  const bool exists = other != said_.end() && other->first.first == question.name;
  return {.code = exists ? ns_r_noerror : ns_r_nxdomain};
}

}  // namespace muster::reactor
