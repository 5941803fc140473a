// One kept connection of the fleet to a web server: HTTP/1.1, one request at a time, no socket.
//
// A wire::Session: some Network drives it. Used by that network's thread. Where anything is wrong
// with an answer (broken head, no length, too large, too late) the connection is given up and the
// request has no answer; whether the server acted on it is unknown, as in life.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "loadgen/invitation_url.h"
#include "loadgen/web_answer.h"
#include "wire/session.h"

namespace muster::loadgen {

struct WebRequest {
  std::uint64_t ticket = 0;   // the asker's
  std::string bytes;          // head and body
  bool loses_answer = false;  // ends the connection with the first byte of the answer
};

// A request's bytes: its line, Host, `fields` (each with its line's end), Content-Length, the body.
[[nodiscard]] std::string web_request(std::string_view method, const WebAddress& to,
                                      std::string_view fields, std::string_view body);

struct WebOutcome {
  std::uint64_t ticket = 0;
  bool came = false;
  std::uint16_t status = 0;
  std::string body = {};
};

class WebLine final : public wire::Session {
 public:
  explicit WebLine(Duration patience) : patience_(patience) {}

  // Where idle().
  void submit(WebRequest request, Instant now);
  [[nodiscard]] bool idle() const { return !request_ && !ended() && !outcome_; }
  // It takes nothing more; lost() was called or is on its way.
  [[nodiscard]] bool ended() const { return closing_ || lost_; }
  [[nodiscard]] bool gone() const { return lost_; }
  [[nodiscard]] std::optional<WebOutcome> take_outcome();

  void connected(Instant now) override;
  void receive(Bytes bytes, Instant now) override;
  [[nodiscard]] std::size_t transmit(MutableBytes room, Instant now) override;
  [[nodiscard]] Instant deadline() const override { return due_; }
  void expire(Instant now) override;
  [[nodiscard]] bool wants_close() const override { return closing_; }
  void lost(Error error, Instant now) override;

 private:
  void conclude(bool came);

  Duration patience_;
  std::optional<WebRequest> request_;
  std::optional<WebOutcome> outcome_;
  WebAnswerReader reader_;
  std::size_t sent_ = 0;
  bool up_ = false;
  bool closing_ = false;
  bool lost_ = false;
  Instant due_ = Instant::never();
};

}  // namespace muster::loadgen
