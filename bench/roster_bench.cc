// How long does an administrator wait for a roster of a million, and how long does the expander?
//
// Import (CSV, 1,000,000 devices of 500,000 users), preview of a nested group of all of them,
// reading a block. `roster_bench --benchmark_filter=…`; the roster is made once, in a directory of
// its own, and removed.
#include <benchmark/benchmark.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <numeric>
#include <string>

#include "model/limits.h"
#include "roster/roster.h"

namespace {

using namespace muster;

constexpr std::uint32_t users = 500'000;
constexpr std::uint32_t devices = 1'000'000;
constexpr std::uint32_t groups = 1'000;

class BenchRoster {
 public:
  BenchRoster() {
    std::string pattern = std::filesystem::temp_directory_path() / "roster-bench-XXXXXX";
    dir_ = ::mkdtemp(pattern.data());
    std::filesystem::create_directory(dir_ + "/in");
    write_files();
  }
  ~BenchRoster() { std::filesystem::remove_all(dir_); }

  // Into a directory without a roster; the number of devices it took in.
  [[nodiscard]] std::uint64_t import(const std::string& name) const {
    std::filesystem::create_directory(dir_ + "/" + name);
    auto roster = roster::Roster::open(dir_ + "/" + name);
    const auto counts = roster ? (*roster)->import({{dir_ + "/in"}, "", false, ""}, nullptr,
                                                   WallTime{1'700'000'000'000})
                               : tl::unexpected(roster.error());
    if (!counts) {
      std::fprintf(stderr, "%s\n", counts.error().line_of_text().c_str());
      std::abort();
    }
    return counts->devices;
  }
  [[nodiscard]] const std::string& dir() const { return dir_; }

 private:
  void write_files() const {
    std::ofstream user_file(dir_ + "/in/users.csv");
    std::ofstream group_file(dir_ + "/in/groups.csv");
    std::ofstream member_file(dir_ + "/in/members.csv");
    std::ofstream device_file(dir_ + "/in/devices.csv");
    user_file << "user_id,full_name,email,language\n";
    group_file << "group_id,name\nall,Everybody\n";
    member_file << "group_id,user_id,member_group_id\n";
    device_file << "device_id,name,user_id,platform,serial,topic,push_token,push_magic\n";
    for (std::uint32_t g = 0; g < groups; ++g) {
      group_file << 'g' << g << ",Group " << g << '\n';
      member_file << "all,,g" << g << '\n';
    }
    for (std::uint32_t u = 0; u < users; ++u) {
      user_file << "user-" << u << ",User Number " << u << ",user" << u << "@school.example,en\n";
      member_file << 'g' << u % groups << ",user-" << u << ",\n";
    }
    char token[65];
    for (std::uint32_t d = 0; d < devices; ++d) {
      std::snprintf(token, sizeof token, "%08x%056x", d * 2654435761U, d);
      // Ids in no order, as identifiers of devices are.
      device_file << "00008030-" << d * 2654435761U << '-' << d << ",iPad " << d << ",user-"
                  << d % users << ",iPadOS,C" << d << ",com.apple.mgmt.External.bench," << token
                  << ",11111111-2222-3333-4444-" << d << '\n';
    }
  }

  std::string dir_;
};

const BenchRoster& files() {
  static const BenchRoster roster;
  return roster;
}

roster::RosterReader& reader() {
  static const auto opened = [] {
    static_cast<void>(files().import("reading"));
    return roster::RosterReader::open(files().dir() + "/reading");
  }();
  return **opened;
}

void import_of_a_million(benchmark::State& state) {
  files();
  std::uint64_t taken = 0;
  for (auto _ : state) {
    taken += files().import("import" + std::to_string(taken));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(taken));
}
BENCHMARK(import_of_a_million)->Iterations(1)->Unit(benchmark::kSecond);

void preview_of_a_million(benchmark::State& state, roster::Means means) {
  reader();  // made outside the time that is measured
  for (auto _ : state) {
    const auto selection = reader().select_group("Everybody", roster::Wanted::not_invited, means);
    if (!selection || selection->users.size() != users) {
      state.SkipWithError("not the whole roster was selected");
      return;
    }
  }
}
BENCHMARK_CAPTURE(preview_of_a_million, push, roster::Means::push)->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preview_of_a_million, push_then_mail, roster::Means::push_then_mail)
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(preview_of_a_million, mail, roster::Means::mail)->Unit(benchmark::kMillisecond);

// What the expander asks for a page of letters: to everybody, or to one user in `stride`.
void mail_targets_of_a_page(benchmark::State& state) {
  reader();  // made outside the time that is measured
  const auto stride = static_cast<std::uint32_t>(state.range(0));
  std::vector<UserNumber> page(limits::mail_page_size);
  std::vector<roster::MailTarget> targets;
  std::uint32_t first = 0;
  for (auto _ : state) {
    for (std::uint32_t i = 0; i < page.size(); ++i) {
      page[i] = first + i * stride;
    }
    const auto read = reader().read_mail_targets(page, targets);
    if (!read || targets.back().address.empty()) {
      state.SkipWithError("the users cannot be read");
      return;
    }
    first = (first + limits::mail_page_size * stride) % (users - limits::mail_page_size * stride);
  }
  state.SetItemsProcessed(state.iterations() * limits::mail_page_size);
}
BENCHMARK(mail_targets_of_a_page)->Arg(1)->Arg(5)->Arg(50)->Unit(benchmark::kMicrosecond);

void reading_a_block(benchmark::State& state) {
  reader();  // made outside the time that is measured
  std::uint32_t number = 0;
  std::size_t bytes = 0;
  for (auto _ : state) {
    const auto block = reader().block(number);
    if (!block) {
      state.SkipWithError("the block cannot be read");
      return;
    }
    for (std::uint32_t i = 0; i < limits::block_size; ++i) {
      bytes += block->at(number * limits::block_size + i).token.size();
    }
    number = (number + 1) % (devices / limits::block_size);
  }
  benchmark::DoNotOptimize(bytes);
  state.SetItemsProcessed(state.iterations() * limits::block_size);
}
BENCHMARK(reading_a_block)->Unit(benchmark::kMicrosecond);

void texts_of_a_page(benchmark::State& state) {
  reader();  // made outside the time that is measured
  std::vector<DeviceNumber> page(limits::page_size);
  std::iota(page.begin(), page.end(), 100'000U);
  for (auto _ : state) {
    const auto texts = reader().texts(page);
    if (!texts || texts->size() != page.size()) {
      state.SkipWithError("texts are missing");
      return;
    }
  }
}
BENCHMARK(texts_of_a_page)->Unit(benchmark::kMillisecond);

}  // namespace

BENCHMARK_MAIN();
