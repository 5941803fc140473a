// The far end of mail in the simulation: an SMTP server of our own making.
//
// Shares no code with src/smtp. It acts on a letter once its dot has come and it decides to take
// it, and writes down in the journal what it did, under the recipient's name. It misbehaves as the
// options say: refuses for the time being and for good, takes its leave with 421 amid a group, ends
// the connection between the dot and its reply, takes few letters a connection.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/random.h"
#include "tests/sim/apns_server.h"
#include "tests/sim/server.h"

namespace muster::sim {

class SmtpServer final : public Server {
 public:
  SmtpServer(FarEnd& far_end, std::uint64_t seed, Instant now);

  void receive(Bytes bytes, Instant now) override;
  [[nodiscard]] std::vector<Byte> transmit(Instant now) override;
  [[nodiscard]] Instant next() const override;
  [[nodiscard]] bool finished(Instant now) const override;

 private:
  void take_line(std::string_view line);
  void begin_letter();
  void take_recipient(std::string_view line);
  void take_data();
  void take_letter(std::string_view text);
  void reply(int code, std::string_view text);
  void leave(std::string_view words);
  [[nodiscard]] bool fault(double share);
  Deeds& deeds() { return far_end_.journal[recipient_]; }

  FarEnd& far_end_;
  Random random_;
  std::string in_;
  std::deque<std::pair<Instant, std::string>> out_;
  Instant now_;
  std::uint32_t letters_left_ = UINT32_MAX;
  bool greeted_ = false;
  bool sender_ = false;    // MAIL was accepted
  std::string recipient_;  // RCPT was accepted: his name
  bool body_ = false;      // between 354 and the dot
  bool leaving_ = false;
};

}  // namespace muster::sim
