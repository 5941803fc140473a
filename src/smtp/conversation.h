// The session itself: who hears which reply, when the connection takes no more, when it is given
// up. The theory and the table stand in session.cc.
//
// Opening (opening.h) speaks first, then Flight (flight.h); Exchange keeps what is to be written
// and what is awaited. Owned by its pool; one thread; lives until lost().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "smtp/exchange.h"
#include "smtp/flight.h"
#include "smtp/opening.h"
#include "smtp/reply.h"
#include "smtp/session.h"
#include "wire/session.h"

namespace muster::smtp {

class Conversation final : public wire::DeliverySession {
 public:
  explicit Conversation(const SessionSettings& settings);
  Conversation(const Conversation&) = delete;  // its parts refer to one another
  Conversation& operator=(const Conversation&) = delete;

  void connected(Instant now) override;
  void receive(Bytes bytes, Instant now) override;
  [[nodiscard]] std::size_t transmit(MutableBytes room, Instant now) override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  [[nodiscard]] bool wants_close() const override;
  [[nodiscard]] bool wants_tls() const override;
  void secured(Instant now) override;
  void lost(Error error, Instant now) override;

  [[nodiscard]] std::uint32_t room() const override;
  void submit(Slot slot, const Job& job, const Content& content, Instant now) override;
  void take_answers(std::vector<wire::Answer>& answers) override;
  void drain(Instant now) override;
  [[nodiscard]] wire::Vitals vitals() const override;

 private:
  using Condition = wire::Vitals::Condition;

  void hear(Instant now);
  void hear_opening(const Reply& reply);
  void hear_flight(Command command, const Reply& reply);
  void hear_early(const Reply& reply);
  void hear_farewell(const Reply& reply);
  void heed(Flight::Upshot upshot);
  void say_opening();
  void refuse(Reason reason, bool politely);
  void note_words(const Reply& reply);
  void fail(Reason reason, ErrorCode code);
  void leave();
  void cut(Reason in_doubt);
  [[nodiscard]] Duration patience() const;
  [[nodiscard]] bool over() const { return cut_ || condition_ == Condition::closed; }

  const SessionSettings settings_;
  Exchange exchange_;
  ReplyReader reader_;
  Opening opening_;
  Flight flight_;
  Condition condition_ = Condition::opening;
  Reason refusal_ = Reason::none;
  std::string said_;  // the words of the refusal or the farewell, in one line
  Error error_;
  Instant since_ = Instant::never();  // the last progress: a reply, or bytes that were taken
  bool leaving_ = false;              // QUIT comes behind the last letter
  bool cut_ = false;                  // nothing more is written or believed
  std::string scratch_;
};

}  // namespace muster::smtp
