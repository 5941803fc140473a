// Kept connections to web servers, so many at once: who asks gets an answer or none.
//
// Belongs to one thread and its Network. An idle connection is used again where it goes to the same
// server, and given up where another server needs its place.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "crypto/tls.h"
#include "loadgen/invitation_url.h"
#include "loadgen/web_line.h"
#include "wire/network.h"

namespace muster::loadgen {

struct WebClientSettings {
  std::uint32_t connections_max = 64;
  Duration patience = std::chrono::seconds(60);  // of one request, connecting included
  const crypto::TlsContext* tls = nullptr;       // for https; outlives the network
};

class WebClient {
 public:
  // `network` outlives it.
  WebClient(wire::Network& network, const WebClientSettings& settings);
  ~WebClient();
  WebClient(const WebClient&) = delete;
  WebClient& operator=(const WebClient&) = delete;

  [[nodiscard]] bool has_room() const { return under_way_ < settings_.connections_max; }
  [[nodiscard]] std::size_t under_way() const { return under_way_; }
  // Where there is room.
  void submit(const WebAddress& to, WebRequest request);
  // Appends the outcomes since the last call; to be called after each turn of the network.
  void take(std::vector<WebOutcome>& outcomes);

 private:
  struct Line;
  [[nodiscard]] Line& line_to(const WebAddress& to);

  wire::Network& network_;
  WebClientSettings settings_;
  std::vector<std::unique_ptr<Line>> lines_;
  std::size_t under_way_ = 0;
  std::uint32_t opened_ = 0;
};

}  // namespace muster::loadgen
