#include "tests/sim/witness.h"

#include <utility>

#include "model/id.h"

namespace muster::sim {
namespace {

class Watched final : public wire::DeliverySession {
 public:
  Watched(std::unique_ptr<wire::DeliverySession> session, Witness& witness)
      : session_(std::move(session)), witness_(witness) {}

  void connected(Instant now) override { session_->connected(now); }
  void receive(Bytes bytes, Instant now) override { session_->receive(bytes, now); }
  std::size_t transmit(MutableBytes room, Instant now) override {
    return session_->transmit(room, now);
  }
  Instant deadline() const override { return session_->deadline(); }
  void expire(Instant now) override { session_->expire(now); }
  bool wants_close() const override { return session_->wants_close(); }
  void lost(Error error, Instant now) override { session_->lost(error, now); }
  std::uint32_t room() const override { return session_->room(); }
  void drain(Instant now) override { session_->drain(now); }
  wire::Vitals vitals() const override { return session_->vitals(); }

  void submit(Slot slot, const Job& job, const Content& content, Instant now) override {
    const auto id = job.channel == Channel::mail
                        ? job.letter->id
                        : uuid_text(apns_id(content.push_prefix, job.invitation, job.generation));
    if (!witness_.dead) {
      ++witness_.attempts[id].submitted;
      witness_.on_the_way.insert(id);
      if (const auto words = witness_.objection(job); !words.empty()) {
        witness_.complaints.push_back(id + ": " + words);
      }
    }
    if (!ids_.emplace(slot, id).second) {
      witness_.complaints.push_back("a slot was submitted twice to one session");
    }
    session_->submit(slot, job, content, now);
  }
  void take_answers(std::vector<wire::Answer>& answers) override {
    const auto before = answers.size();
    session_->take_answers(answers);
    for (auto i = before; i < answers.size(); ++i) {
      const auto id = ids_.find(answers[i].slot);
      if (id == ids_.end()) {
        witness_.complaints.push_back("an answer for a slot that was not submitted");
        continue;
      }
      if (!witness_.dead) {
        witness_.note(id->second, answers[i]);
      }
      ids_.erase(id);
    }
  }

 private:
  std::unique_ptr<wire::DeliverySession> session_;
  Witness& witness_;
  std::unordered_map<Slot, std::string> ids_;
};

}  // namespace

void Witness::note(const std::string& id, const wire::Answer& answer) {
  const auto on_its_way = on_the_way.find(id);
  if (on_its_way == on_the_way.end()) {
    complaints.push_back("an answer for what was not on its way: " + id);
    return;
  }
  on_the_way.erase(on_its_way);
  auto& told = attempts[id];
  switch (answer.fate) {
    case wire::Fate::unprocessed:
      ++told.unprocessed;
      return;
    case wire::Fate::in_doubt:
      ++told.doubted;
      return;
    case wire::Fate::answered:
      break;
  }
  if (answer.status / 100 != 2) {
    ++told.refused;
    return;
  }
  ++told.accepted;
  if (++told.accepted_unforgotten > 1) {
    complaints.push_back("sent again although it was accepted and recorded: " + id);
  }
}

std::size_t Witness::crash() {
  const auto count = on_the_way.size();
  for (const auto& id : on_the_way) {
    ++attempts[id].died;
  }
  on_the_way.clear();
  dead = true;
  return count;
}

std::unique_ptr<wire::DeliverySession> watched(std::unique_ptr<wire::DeliverySession> session,
                                               Witness& witness) {
  return std::make_unique<Watched>(std::move(session), witness);
}

}  // namespace muster::sim
