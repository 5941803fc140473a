#include "http/flow.h"

#include <utility>

#include "base/assert.h"
#include "base/log.h"
#include "http/hall.h"

namespace muster::http {
namespace {

// A portion that has so much goes out as it is; the copying of short pieces saves calls.
constexpr std::size_t portion_bytes = 32UL * 1024;

}  // namespace

Flow::Flow(std::shared_ptr<Gate> gate, std::uint64_t connection)
    : gate_(std::move(gate)), connection_(connection) {}

bool Flow::put(std::string piece, Written written) {
  bool too_much = false;
  {
    const std::lock_guard lock(mutex_);
    MUSTER_ASSERT(!finish_said_);
    if (state_ != State::open) {
      return false;
    }
    too_much = piece.size() > outflow_bytes_max - waiting_;
    if (!too_much) {
      waiting_ += piece.size();
      pieces_.push_back({std::move(piece), std::move(written)});
    }
  }
  if (too_much) {
    log::error("http", "a stream is cut: its writer does not look at what waits");
    cut();
    return false;
  }
  rouse();
  return true;
}

void Flow::finish() {
  {
    const std::lock_guard lock(mutex_);
    finish_said_ = true;
  }
  change_to(State::finished);
}

void Flow::cut() {
  change_to(State::cut);
}

void Flow::change_to(State state) {
  {
    const std::lock_guard lock(mutex_);
    if (state_ != State::open) {
      return;
    }
    state_ = state;
  }
  rouse();
}

// Once, however much is put until the connection looks.
void Flow::rouse() {
  {
    const std::lock_guard lock(mutex_);
    if (std::exchange(roused_, true)) {
      return;
    }
  }
  gate_->rouse(connection_);
}

std::size_t Flow::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_;
}

bool Flow::gone() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::cut || state_ == State::ended;
}

bool Flow::look() {
  const std::lock_guard lock(mutex_);
  roused_ = false;
  return state_ != State::cut;
}

bool Flow::is_finished() const {
  const std::lock_guard lock(mutex_);
  return state_ == State::finished;
}

Flow::Portion Flow::take() {
  const std::lock_guard lock(mutex_);
  Portion portion;
  while (!pieces_.empty()) {
    auto& piece = pieces_.front();
    if (!portion.text.empty() && portion.text.size() + piece.text.size() > portion_bytes) {
      break;
    }
    if (portion.text.empty()) {
      portion.text = std::move(piece.text);
    } else {
      portion.text += piece.text;
    }
    if (piece.written != nullptr) {
      portion.written.push_back(std::move(piece.written));
    }
    pieces_.pop_front();
  }
  portion.last = pieces_.empty() && state_ == State::finished;
  return portion;
}

void Flow::settle(std::size_t bytes) {
  const std::lock_guard lock(mutex_);
  MUSTER_ASSERT(bytes <= waiting_);
  waiting_ -= bytes;
}

void Flow::end() {
  std::list<Piece> left;
  {
    const std::lock_guard lock(mutex_);
    state_ = State::ended;
    waiting_ = 0;
    left.swap(pieces_);
  }
  for (const auto& each : left) {
    Hall::tell(each.written, false);
  }
}

// ── the writer's end of it ──

Outflow::Outflow(std::shared_ptr<Flow> flow) : flow_(std::move(flow)) {}
Outflow::Outflow(Outflow&& other) noexcept = default;

Outflow& Outflow::operator=(Outflow&& other) noexcept {
  if (this != &other) {
    const Outflow dropped(std::exchange(flow_, std::exchange(other.flow_, nullptr)));
  }
  return *this;
}

Outflow::~Outflow() {
  if (flow_ != nullptr) {
    flow_->cut();
  }
}

bool Outflow::send(std::string piece, std::function<void(bool)> written) {
  MUSTER_ASSERT(flow_ != nullptr);
  return flow_->put(std::move(piece), std::move(written));
}

std::size_t Outflow::waiting() const {
  MUSTER_ASSERT(flow_ != nullptr);
  return flow_->waiting();
}

bool Outflow::gone() const {
  MUSTER_ASSERT(flow_ != nullptr);
  return flow_->gone();
}

void Outflow::finish() {
  MUSTER_ASSERT(flow_ != nullptr);
  flow_->finish();
}

}  // namespace muster::http
