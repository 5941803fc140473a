#include "tests/sim/sim_network.h"

#include <algorithm>
#include <array>

#include "tests/sim/smtp_server.h"

namespace muster::sim {

wire::ConnectionId SimNetwork::open(const wire::Endpoint&, wire::Session& session) {
  auto link = std::make_unique<Link>();
  link->id = next_id_++;
  link->session = &session;
  const Instant now = clock_.now();
  link->connects_at = now + std::chrono::microseconds(random_.below(20'000));
  if (far_end_.faulty) {
    const auto& faults = far_end_.options.faults;
    if (random_.chance(faults.refused)) {
      link->refusal = ErrorCode::connect_refused;
    } else if (random_.chance(faults.unreachable)) {
      link->refusal = ErrorCode::connect_timeout;
      link->connects_at = now + std::chrono::seconds(10);
    } else if (random_.chance(faults.cut)) {
      link->bytes_left = random_.below(random_.chance(0.3) ? 400 : 200'000);
    } else if (random_.chance(faults.black_hole)) {
      link->vanishes_at = now + std::chrono::milliseconds(random_.below(3'000));
    }
  }
  links_.push_back(std::move(link));
  return links_.back()->id;
}

void SimNetwork::close(wire::ConnectionId id) {
  for (auto& link : links_) {
    link->closed = link->closed || link->id == id;
  }
}

void SimNetwork::turn(Instant /*until*/) {
  now_ = clock_.now();
  for (std::size_t i = 0; i < links_.size(); ++i) {
    auto& link = *links_[i];
    if (crashed_ || link.closed) {
      lose(link, crashed_ ? ErrorCode::connection_reset : ErrorCode::none);
    } else if (link.server == nullptr) {
      connect(link);
    } else {
      carry(link);
    }
  }
  std::erase_if(links_, [](const auto& link) { return link->over; });
}

void SimNetwork::connect(Link& link) {
  if (now_ < link.connects_at) {
    return;
  }
  if (link.refusal != ErrorCode::none) {
    lose(link, link.refusal);
    return;
  }
  if (far_end_.mail) {
    link.server = std::make_unique<SmtpServer>(far_end_, random_.next(), now_);
  } else {
    link.server = std::make_unique<ApnsServer>(far_end_, random_.next(), now_);
  }
  link.session->connected(now_);
  collect(link);
}

void SimNetwork::carry(Link& link) {
  deliver(link, true);
  collect(link);
  deliver(link, false);
  if (link.over) {
    return;
  }
  if (link.session->deadline() <= now_) {
    link.session->expire(now_);
  }
  collect(link);
  if (link.session->wants_close()) {
    lose(link, ErrorCode::none);
  } else if (link.in.empty() && link.out.empty() && link.server->finished(now_)) {
    lose(link, ErrorCode::connection_closed);
  }
}

// What both sides want to say sets out.
void SimNetwork::collect(Link& link) {
  if (link.over) {
    return;
  }
  std::array<Byte, 4096> room;
  while (true) {
    const auto most = random_.chance(0.1) ? 1 + random_.below(100) : room.size();
    const auto count = link.session->transmit(MutableBytes(room).first(most), now_);
    if (count == 0) {
      break;
    }
    link.out.emplace_back(arrival(link.out), std::vector<Byte>(room.begin(), room.begin() + count));
  }
  if (auto said = link.server->transmit(now_); !said.empty()) {
    link.in.emplace_back(arrival(link.in), std::move(said));
  }
}

// Bytes keep their order, whatever each piece's delay.
Instant SimNetwork::arrival(const std::deque<Piece>& line) {
  const Instant at = now_ + std::chrono::microseconds(random_.below(5'000));
  return line.empty() ? at : std::max(at, line.back().first);
}

void SimNetwork::deliver(Link& link, bool to_server) {
  auto& line = to_server ? link.out : link.in;
  while (!link.over && !line.empty() && line.front().first <= now_) {
    const auto bytes = std::move(line.front().second);
    line.pop_front();
    if (now_ >= link.vanishes_at) {
      continue;
    }
    for (std::size_t from = 0; from < bytes.size() && !link.over;) {
      auto size = bytes.size() - from;
      size = random_.chance(0.3) ? 1 + random_.below(std::min<std::uint64_t>(size, 50)) : size;
      size = std::min<std::uint64_t>(size, link.bytes_left);
      const auto part = Bytes(bytes).subspan(from, size);
      if (to_server) {
        link.server->receive(part, now_);
      } else if (!link.session->wants_close()) {
        link.session->receive(part, now_);
      }
      from += size;
      link.bytes_left -= link.bytes_left == UINT64_MAX ? 0 : size;
      if (link.bytes_left == 0) {
        lose(link, ErrorCode::connection_reset);
      }
    }
  }
}

void SimNetwork::lose(Link& link, ErrorCode code) {
  link.over = true;
  link.session->lost(Error{code, 0}, now_);
}

Instant SimNetwork::next() const {
  Instant until = Instant::never();
  for (const auto& link : links_) {
    if (link->server == nullptr) {
      until = std::min(until, link->connects_at);
      continue;
    }
    until = std::min({until, link->server->next(), link->session->deadline()});
    for (const auto* line : {&link->out, &link->in}) {
      if (!line->empty()) {
        until = std::min(until, line->front().first);
      }
    }
  }
  return until;
}

}  // namespace muster::sim
