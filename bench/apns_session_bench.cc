// Question: what does one push cost in the APNs session alone, from submit() to the taken answer,
// with no TLS, no socket and no ledger? It is the floor under the client CPU of a send on this
// framing.
//
// One session talks in memory to a canned server that counts HEADERS and answers each with 10 bytes
// (":status: 200", END_STREAM), widening the connection's window by what it was sent. The argument
// is how many streams are in flight at once. Report ns/request (items_per_second's inverse) and
// bytes/request out.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <array>
#include <vector>

#include "apns/provider_token.h"
#include "apns/session.h"
#include "base/assert.h"
#include "model/job.h"
#include "wire/session.h"

namespace muster {
namespace {

constexpr std::size_t preface_size = 24;

// Knows of HTTP/2 what a frame's first nine bytes say.
class CannedServer {
 public:
  CannedServer() {
    // SETTINGS: MAX_CONCURRENT_STREAMS 4,096.
    answer_ = {0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0x10, 0};
  }

  void receive(Bytes bytes) {
    bytes_ += bytes.size();
    while (!bytes.empty()) {
      const std::size_t skipped = std::min(skip_, bytes.size());
      skip_ -= skipped;
      bytes = bytes.subspan(skipped);
      while (filled_ < header_.size() && !bytes.empty() && skip_ == 0) {
        header_[filled_++] = bytes.front();
        bytes = bytes.subspan(1);
      }
      if (filled_ == header_.size()) {
        take_frame();
      }
    }
  }
  [[nodiscard]] Bytes answer() {
    if (data_bytes_ > 0) {
      append({0, 0, 4, 8, 0, 0, 0, 0, 0, 0, static_cast<Byte>(data_bytes_ >> 16),
              static_cast<Byte>(data_bytes_ >> 8), static_cast<Byte>(data_bytes_)});
      data_bytes_ = 0;
    }
    return answer_;
  }
  void forget_answer() { answer_.clear(); }
  [[nodiscard]] std::uint64_t bytes() const { return bytes_; }

 private:
  void take_frame() {
    filled_ = 0;
    skip_ = std::size_t{header_[0]} << 16 | std::size_t{header_[1]} << 8 | header_[2];
    if (header_[3] == 0) {  // DATA
      data_bytes_ += skip_;
      if ((header_[4] & 1) != 0) {
        append({0, 0, 1, 1, 5, header_[5], header_[6], header_[7], header_[8], 0x88});
      }
    }
  }
  void append(std::initializer_list<Byte> bytes) { answer_.insert(answer_.end(), bytes); }

  std::vector<Byte> answer_;
  std::array<Byte, 9> header_{};
  std::size_t filled_ = 0;
  std::size_t skip_ = preface_size;
  std::size_t data_bytes_ = 0;
  std::uint64_t bytes_ = 0;
};

Job job_of(std::uint32_t number) {
  Job job;
  job.invitation = number;
  job.token_size = 32;
  for (std::size_t i = 0; i < job.token_size; ++i) {
    job.target[i] = static_cast<Byte>(number >> (i % 4 * 8) ^ i * 37);
  }
  job.magic_size = 36;
  std::fill(job.target.begin() + 32, job.target.end(), Byte{'A'});
  return job;
}

void requests(benchmark::State& state, apns::ProviderToken* token, PushType type) {
  apns::SessionSettings settings;
  settings.authority = "api.push.apple.com";
  settings.topic = type == PushType::mdm ? "com.apple.mgmt.External.1" : "com.example.muster";
  settings.push_type = type;
  settings.token = token;
  Content content;
  content.expiration_s = 1'700'000'000;
  content.alert_payloads = {std::string(184, ' ')};
  const SystemClock clock;
  std::vector<Byte> room(64 * 1024);
  std::vector<wire::Answer> answers;
  std::vector<Job> jobs;
  const auto in_flight = static_cast<std::uint32_t>(state.range(0));
  for (std::uint32_t i = 0; i < in_flight; ++i) {
    jobs.push_back(job_of(i));
  }

  auto session = apns::open_session(settings);
  CannedServer server;
  const Instant now = clock.now();
  const auto exchange = [&] {
    for (std::size_t size = 0; (size = session->transmit(room, now)) > 0;) {
      server.receive(Bytes(room).first(size));
    }
    session->receive(server.answer(), now);
    server.forget_answer();
  };
  session->connected(now);
  exchange();
  std::int64_t answered = 0;
  for (auto _ : state) {
    for (Slot slot = 0; slot < in_flight && session->room() > 0; ++slot) {
      jobs[slot].invitation += in_flight;
      session->submit(slot, jobs[slot], content, now);
    }
    exchange();
    answers.clear();
    session->take_answers(answers);
    MUSTER_ASSERT(!answers.empty());
    MUSTER_ASSERT(answers.front().status == 200);
    answered += static_cast<std::int64_t>(answers.size());
  }
  state.SetItemsProcessed(answered);
  state.counters["bytes/request"] =
      static_cast<double>(server.bytes()) / static_cast<double>(answered);
}

void mdm_by_certificate(benchmark::State& state) {
  requests(state, nullptr, PushType::mdm);
}
void alert_by_token(benchmark::State& state) {
  const SystemClock clock;
  apns::ProviderToken token(crypto::Es256Key::generate(), {"ABC123DEFG", "TEAM456789"}, clock);
  requests(state, &token, PushType::alert);
}
BENCHMARK(mdm_by_certificate)->Arg(1)->Arg(100)->Arg(1000);
BENCHMARK(alert_by_token)->Arg(1)->Arg(100)->Arg(1000);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
