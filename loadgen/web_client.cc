#include "loadgen/web_client.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace muster::loadgen {

struct WebClient::Line {
  Line(const WebAddress& where, Duration patience) : to(where), session(patience) {}
  WebAddress to;
  WebLine session;
  wire::ConnectionId connection = 0;
  bool given_up = false;  // its place was needed; lost() follows

  [[nodiscard]] bool idle() const { return session.idle() && !given_up; }
  [[nodiscard]] bool goes_to(const WebAddress& where) const {
    return to.tls == where.tls && to.port == where.port && to.host == where.host;
  }
};

WebClient::WebClient(wire::Network& network, const WebClientSettings& settings)
    : network_(network), settings_(settings) {}

WebClient::~WebClient() = default;

void WebClient::submit(const WebAddress& to, WebRequest request) {
  MUSTER_ASSERT(has_room());
  MUSTER_ASSERT(!to.tls || settings_.tls != nullptr);
  ++under_way_;
  auto& line = line_to(to);
  line.session.submit(std::move(request), network_.now());
  network_.wake(line.connection);
}

WebClient::Line& WebClient::line_to(const WebAddress& to) {
  const auto idle = std::find_if(lines_.begin(), lines_.end(), [&to](const auto& line) {
    return line->idle() && line->goes_to(to);
  });
  if (idle != lines_.end()) {
    return **idle;
  }
  if (lines_.size() >= settings_.connections_max) {
    const auto other =
        std::find_if(lines_.begin(), lines_.end(), [](const auto& line) { return line->idle(); });
    if (other != lines_.end()) {
      (*other)->given_up = true;
      network_.close((*other)->connection);
    }
  }
  auto& line = *lines_.emplace_back(std::make_unique<Line>(to, settings_.patience));
  wire::Endpoint endpoint;
  endpoint.host = to.host;
  endpoint.port = to.port;
  endpoint.tls = to.tls ? settings_.tls : nullptr;
  endpoint.ordinal = opened_++;
  line.connection = network_.open(endpoint, line.session);
  return line;
}

void WebClient::take(std::vector<WebOutcome>& outcomes) {
  const auto before = outcomes.size();
  for (const auto& line : lines_) {
    if (auto outcome = line->session.take_outcome()) {
      outcomes.push_back(std::move(*outcome));
    }
  }
  under_way_ -= outcomes.size() - before;
  std::erase_if(lines_, [](const auto& line) { return line->session.gone(); });
}

}  // namespace muster::loadgen
