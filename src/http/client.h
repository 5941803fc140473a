// Requests to web services over libcurl, several at once on kept connections.
//
// Certificates are verified; redirects are not followed; proxies of the environment are not used.
// A response over `body_bytes_max` is ErrorCode::protocol. interrupt() makes everything under way,
// and everything asked later, end at once with ErrorCode::connection_closed: for an orderly stop.
// A body that is long, or has no end, is read piece by piece: stream().
// Bodies, fields and URLs are never logged: they hold tokens and invitation codes.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "http/exchange.h"

namespace muster::http {

struct ClientSettings {
  std::string trust_file;          // extra certificate authority (PEM); empty: the system's
  std::uint32_t parallel_max = 5;  // exchanges at once; Apple allows five list requests
  std::size_t body_bytes_max = 16UL * 1024 * 1024;  // of a response
};

using TakePiece = std::function<bool(std::string_view piece)>;

class Client final : public Exchange {
 public:
  // The complaint names the trust file.
  [[nodiscard]] static Result<std::unique_ptr<Client>, Complaint> open(
      const ClientSettings& settings);
  ~Client() override;

  [[nodiscard]] std::vector<Result<Response>> exchange(std::span<const Request> requests) override;
  // The body goes to `take` as it comes, whatever the status, and is not bounded; it is left out of
  // the response. `take` is called by this thread; false: it wants no more, and the connection ends
  // there. A patience of zero is none.
  [[nodiscard]] Result<Response> stream(const Request& request, const TakePiece& take);
  void interrupt();  // any thread

 private:
  struct Implementation;
  explicit Client(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::http
