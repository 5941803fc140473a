#include "pipeline/letter_writer.h"

#include <utility>

namespace muster::pipeline {
namespace {
constexpr std::size_t letters_per_turn = 16;
constexpr Duration idle_most = std::chrono::milliseconds(500);
}  // namespace

LetterWriter::LetterWriter(Crossings& crossings, Compose compose, const Clock& clock)
    : crossings_(crossings),
      compose_(std::move(compose)),
      clock_(clock),
      slots_(letters_per_turn) {}

bool LetterWriter::turn() {
  const auto count = crossings_.to_write.try_dequeue_bulk(slots_.data(), slots_.size());
  if (count == 0) {
    return false;
  }
  bool stale = false;
  const auto wall = clock_.wall();
  for (std::size_t i = 0; i < count; ++i) {
    const auto& job = crossings_.slab[slots_[i]];
    const auto& entry = *crossings_.tasks[job.task];
    if (job.epoch == entry.epoch.load(std::memory_order_seq_cst)) {
      compose_(job, entry.content, *job.letter, wall);
    } else {
      stale = true;
    }
  }
  crossings_.written.enqueue_bulk(slots_.data(), count);
  if (stale) {
    // The shard may have looked for what a stop left behind before these came: once more.
    crossings_.stops.fetch_add(1, std::memory_order_release);
  }
  crossings_.ring_mail();
  return true;
}

void LetterWriter::run() {
  while (true) {
    const bool ending = crossings_.ending.load(std::memory_order_acquire);
    if (turn()) {
      continue;
    }
    if (ending) {
      return;
    }
    bell_.doze();
    if (crossings_.to_write.size_approx() == 0 &&
        !crossings_.ending.load(std::memory_order_acquire)) {
      bell_.wait(idle_most);
    }
    bell_.awake();
  }
}

}  // namespace muster::pipeline
