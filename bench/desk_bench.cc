// Question: how many devices a second does the MDM desk answer, one thread, when each asks for its
// command? A million devices that were woken within ten minutes ask 1,700 times a second.
//
// poll: devices that are Idle and are handed InviteToProgram, `batch` calls a commit, identities
// off; each device a new command, in the order in which they enrolled. shown: their
// acknowledgements. idle: they ask while nothing waits. The wait for the disk is in the wall time.
#include <benchmark/benchmark.h>
#include <stdlib.h>

#include <filesystem>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/assert.h"
#include "mdm/desk.h"

namespace muster::mdm {
namespace {

constexpr std::uint32_t devices_count = 16'384;

class BenchHouse final : public House {
 public:
  Result<std::vector<roster::CheckedIn>> check_in(
      std::span<const roster::CheckIn> devices) override {
    std::vector<roster::CheckedIn> known;
    for (const auto& device : devices) {
      const auto number = static_cast<DeviceNumber>(numbers_.size());
      const auto [at, created] = numbers_.emplace(device.udid, number);
      known.push_back({at->second, created});
    }
    return known;
  }
  Result<std::vector<Waiting>> waiting(DeviceNumber device) override {
    if (!waits) {
      return std::vector<Waiting>();
    }
    return std::vector<Waiting>{
        {task, device, "https://buy.itunes.apple.com/x?inviteCode=" + std::to_string(device)}};
  }
  bool waits = true;
  TaskId task;

 private:
  std::unordered_map<std::string, DeviceNumber> numbers_;
};

std::string plist(const std::string& members) {
  return "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST "
         "1.0//EN\" \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n<plist "
         "version=\"1.0\"><dict>" +
         members + "</dict></plist>\n";
}

std::string udid_of(std::uint32_t number) {
  return "00008030-" + std::to_string(number * 2654435761U) + "-" + std::to_string(number);
}

std::string text(const std::string& key, const std::string& value) {
  return "<key>" + key + "</key><string>" + value + "</string>";
}

class Bench {
 public:
  Bench() {
    std::string pattern = std::filesystem::temp_directory_path() / "muster-bench-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    desk_ = std::move(*Desk::open(dir_, {.trust_file = "", .identity_required = false}, house));
    for (const std::string type : {"Authenticate", "TokenUpdate"}) {
      std::vector<Call> calls;
      for (std::uint32_t number = 0; number < devices_count; ++number) {
        calls.push_back(
            of(Call::Kind::check_in,
               text("MessageType", type) + text("UDID", udid_of(number)) +
                   text("ProductName", "iPad8,6") + text("Topic", "com.apple.mgmt.External.bench") +
                   text("PushMagic", "11111111-2222-3333-4444-555555555555") +
                   "<key>Token</key><data>MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=</data>"));
      }
      answer(calls);
    }
  }
  ~Bench() {
    desk_.reset();
    std::filesystem::remove_all(dir_);
  }

  static Call of(Call::Kind kind, const std::string& members) {
    Call call;
    call.kind = kind;
    call.body = plist(members);
    return call;
  }
  // The next `count` devices say this. Past the last one a new task begins.
  std::vector<Call> next(std::size_t count, bool acknowledged) {
    std::vector<Call> calls;
    for (std::size_t i = 0; i < count; ++i, ++at_) {
      if (at_ == devices_count) {
        at_ = 0;
        ++house.task.bytes[0];
      }
      auto members =
          text("UDID", udid_of(at_)) + text("Status", acknowledged ? "Acknowledged" : "Idle");
      if (acknowledged) {
        members += text("CommandUUID", command_uuid(house.task, at_)) +
                   text("InvitationResult", "Acknowledged");
      }
      calls.push_back(of(Call::Kind::command, members));
    }
    return calls;
  }
  void back() { at_ = 0; }
  void answer(std::vector<Call>& calls) {
    desk_->answer(calls, WallTime{1'700'000'000'000});
    MUSTER_ASSERT(calls.front().status == 200 && calls.back().status == 200);
    benchmark::DoNotOptimize(desk_->take_events());
  }

  BenchHouse house;

 private:
  std::string dir_;
  std::unique_ptr<Desk> desk_;
  std::uint32_t at_ = 0;
};

void poll(benchmark::State& state) {
  Bench bench;
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (auto step : state) {
    (void)step;
    state.PauseTiming();
    auto calls = bench.next(batch, false);
    state.ResumeTiming();
    bench.answer(calls);
    MUSTER_ASSERT(!calls.back().answer.empty());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(poll)->Arg(1)->Arg(16)->Arg(256)->UseRealTime();

void shown(benchmark::State& state) {
  Bench bench;
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (std::uint32_t handed = 0; handed < devices_count; handed += 256) {
    auto calls = bench.next(256, false);
    bench.answer(calls);
  }
  bench.back();
  for (auto step : state) {
    (void)step;
    state.PauseTiming();
    auto calls = bench.next(batch, true);
    state.ResumeTiming();
    bench.answer(calls);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(shown)->Arg(256)->Iterations(devices_count / 256)->UseRealTime();

void idle(benchmark::State& state) {
  Bench bench;
  bench.house.waits = false;
  const auto batch = static_cast<std::size_t>(state.range(0));
  for (auto step : state) {
    (void)step;
    state.PauseTiming();
    auto calls = bench.next(batch, false);
    state.ResumeTiming();
    bench.answer(calls);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(idle)->Arg(256)->UseRealTime();

}  // namespace
}  // namespace muster::mdm

BENCHMARK_MAIN();
