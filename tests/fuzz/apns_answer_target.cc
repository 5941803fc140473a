// Any bytes as what APNs says: status (2 bytes) and body; the body also as a GOAWAY's debug data.
#include "apns/answer.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::Reason;
  using muster::fuzz::demand;
  if (size < 2) {
    return 0;
  }
  static muster::apns::AnswerReader reader;
  const auto status = muster::load<std::uint16_t>(data);
  const auto body = muster::as_text({data + 2, size - 2});
  const auto verdict = reader.read(status, body);
  demand(status != 200 || verdict.reason == Reason::none, "200 has no reason");
  demand(status == 200 || verdict.reason != Reason::none, "a refusal has one");
  demand(verdict.timestamp_ms >= 0, "no time lies before 1970");
  demand(status == 410 || verdict.timestamp_ms == 0, "only a 410 has a time");
  (void)muster::action_for(status, verdict.reason);
  demand(reader.read_goaway(body) < Reason::unknown_answer, "a GOAWAY speaks Apple's words");
  return 0;
}
