// Question: what does the header block of one push cost, and how does that compare with nghttp2's
// compressor on the same fields? It is the part of the framing that looks at every byte of a token.
//
// Two kinds of push: an MDM wake by certificate, and an alert with an authorization of 200 bytes.
// `muster` goes from the job to the block. `nghttp2` gets fields that are ready (their texts are
// made beforehand, 256 jobs in turn), so it is spared the digits that we write; `fields` is what
// they cost. Report ns/block, bytes/block and the ratio of one run.
#include <benchmark/benchmark.h>
#include <nghttp2/nghttp2.h>

#include <array>
#include <string>
#include <vector>

#include "apns/header_encoder.h"
#include "apns/request.h"
#include "apns/session.h"
#include "base/assert.h"
#include "model/job.h"

namespace muster {
namespace {

constexpr std::size_t jobs_in_turn = 256;

// What is pushed, and to whom.
struct Round {
  explicit Round(PushType type) {
    settings.authority = "api.push.apple.com";
    settings.topic = type == PushType::mdm ? "com.apple.mgmt.External.1" : "com.example.muster";
    settings.push_type = type;
    if (type == PushType::alert) {
      // Like base64url, of which a token is made: all its 64 letters in turn.
      constexpr std::string_view letters =
          "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
      authorization = "bearer ";
      for (std::size_t i = 0; i < 193; ++i) {
        authorization += letters[i * 37 % letters.size()];
      }
    }
    content.push_prefix = {0xa0, 0xb1, 0x62, 0xe3, 0xa4, 0xd5, 0x86, 0xf7};
    content.expiration_s = 1'700'604'800;
    std::uint32_t state = 1;
    for (std::uint32_t i = 0; i < jobs_in_turn; ++i) {
      Job job;
      job.invitation = i;
      job.token_size = 32;
      for (Byte& byte : job.target) {
        state = state * 1'664'525 + 1'013'904'223;
        byte = static_cast<Byte>(state >> 24);
      }
      jobs.push_back(job);
    }
  }

  apns::SessionSettings settings;
  std::string authorization;
  Content content;
  std::vector<Job> jobs;
};

void report(benchmark::State& state, std::size_t bytes) {
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes/block"] =
      static_cast<double>(bytes) / static_cast<double>(state.iterations());
}

void muster_block(benchmark::State& state, PushType type) {
  const Round round(type);
  apns::HeaderEncoder encoder(round.settings);
  encoder.set_authorization(round.authorization);
  std::vector<Byte> room(encoder.block_bytes_max());
  std::size_t bytes = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const Byte* end = encoder.encode(round.jobs[next], round.content, room.data());
    benchmark::ClobberMemory();
    bytes += static_cast<std::size_t>(end - room.data());
    next = (next + 1) % jobs_in_turn;
  }
  report(state, bytes);
}

nghttp2_nv field_of(const apns::Field& field) {
  return {.name = const_cast<Byte*>(as_bytes(field.name).data()),
          .value = const_cast<Byte*>(as_bytes(field.value).data()),
          .namelen = field.name.size(),
          .valuelen = field.value.size(),
          .flags = static_cast<std::uint8_t>(field.indexed ? NGHTTP2_NV_FLAG_NONE
                                                           : NGHTTP2_NV_FLAG_NO_INDEX)};
}

void nghttp2_block(benchmark::State& state, PushType type) {
  const Round round(type);
  apns::RequestBuilder builder(round.settings);
  // Texts and fields of each job; the texts stay where they are.
  std::array<std::vector<std::string>, jobs_in_turn> texts;
  std::array<std::vector<nghttp2_nv>, jobs_in_turn> fields;
  for (std::size_t i = 0; i < jobs_in_turn; ++i) {
    const auto built = builder.fields(round.jobs[i], round.content, round.authorization);
    texts[i].reserve(built.size());
    for (const apns::Field& field : built) {
      texts[i].emplace_back(field.value);
      fields[i].push_back(field_of({field.name, texts[i].back(), field.indexed}));
    }
  }
  nghttp2_hd_deflater* deflater = nullptr;
  MUSTER_ASSERT(nghttp2_hd_deflate_new(&deflater, 4096) == 0);
  std::vector<Byte> room(4096);
  // The first job's fields enter the table; those of the others were built to follow it.
  std::size_t bytes = 0;
  std::size_t next = 0;
  for (auto _ : state) {
    const ssize_t size = nghttp2_hd_deflate_hd(deflater, room.data(), room.size(),
                                               fields[next].data(), fields[next].size());
    benchmark::ClobberMemory();
    bytes += static_cast<std::size_t>(size);
    next = next + 1 == jobs_in_turn ? 1 : next + 1;
  }
  nghttp2_hd_deflate_del(deflater);
  report(state, bytes);
}

void fields_alone(benchmark::State& state, PushType type) {
  const Round round(type);
  apns::RequestBuilder builder(round.settings);
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        builder.fields(round.jobs[next], round.content, round.authorization).data());
    benchmark::ClobberMemory();
    next = (next + 1) % jobs_in_turn;
  }
  state.SetItemsProcessed(state.iterations());
}

BENCHMARK_CAPTURE(muster_block, mdm_by_certificate, PushType::mdm);
BENCHMARK_CAPTURE(nghttp2_block, mdm_by_certificate, PushType::mdm);
BENCHMARK_CAPTURE(fields_alone, mdm_by_certificate, PushType::mdm);
BENCHMARK_CAPTURE(muster_block, alert_by_token, PushType::alert);
BENCHMARK_CAPTURE(nghttp2_block, alert_by_token, PushType::alert);
BENCHMARK_CAPTURE(fields_alone, alert_by_token, PushType::alert);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
