#include "base/assert.h"
#include "smtp/flight.h"

namespace muster::smtp {

using wire::Fate;

// ── answering ──

void Flight::answer(InHand& in_hand, Fate fate, Reason reason, std::uint16_t status) {
  MUSTER_ASSERT(!in_hand.answered);
  in_hand.answered = true;
  --open_;
  answers.push_back(wire::Answer{in_hand.slot, fate, reason, status, 0});
}

void Flight::finish() {
  MUSTER_ASSERT(letters_.front().answered);
  MUSTER_ASSERT(begun_ != 0);
  letters_.pop();
  --begun_;
}

bool Flight::dot_written(const InHand& in_hand) const {
  return in_hand.body_end != 0 && exchange_.written(in_hand.body_end);
}

void Flight::answer_overdue() {
  if (letters_.empty() || begun_ == 0 || letters_.front().answered ||
      letters_.front().body_end != 0) {
    return;
  }
  // It counts as an attempt: a server that never answers this one must not be asked for ever.
  answer(letters_.front(), Fate::answered, Reason::answer_overdue, 0);
}

void Flight::answer_all(Reason in_doubt) {
  for (; !letters_.empty(); letters_.pop()) {
    auto& in_hand = letters_.front();
    if (in_hand.answered) {
      continue;
    }
    if (dot_written(in_hand)) {
      answer(in_hand, Fate::in_doubt, in_doubt, 0);
    } else {
      answer(in_hand, Fate::unprocessed, Reason::none, 0);
    }
  }
  begun_ = 0;
}

void Flight::answer_waiting() {
  std::size_t kept = letters_.size();
  for (; kept > begun_; --kept) {
    answer(letters_[kept - 1], Fate::unprocessed, Reason::none, 0);
    letters_.pop_back();
  }
}

}  // namespace muster::smtp
