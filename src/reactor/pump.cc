#include "reactor/pump.h"

#include <utility>

#include "base/assert.h"

namespace muster::reactor {

Result<void> Pump::start(const crypto::TlsContext* tls, const std::string& host, Instant now) {
  MUSTER_ASSERT(!connected_);
  MUSTER_ASSERT(tls_ == nullptr);
  if (tls == nullptr) {
    connected_ = true;
    session_.connected(now);
    return {};
  }
  tls_ = std::make_unique<crypto::TlsEngine>(*tls, host);
  const auto hello = tls_->feed({});
  if (!hello) {
    return tl::unexpected(hello.error());
  }
  return {};
}

bool Pump::wants_tls() const {
  return connected_ && tls_ == nullptr && session_.wants_tls();
}

Result<void> Pump::secure(const crypto::TlsContext& tls, const std::string& host) {
  MUSTER_ASSERT(wants_tls());
  MUSTER_ASSERT(gathered_.empty());
  tls_ = std::make_unique<crypto::TlsEngine>(tls, host);
  const auto hello = tls_->feed({});
  if (!hello) {
    return tl::unexpected(hello.error());
  }
  return {};
}

Result<void> Pump::take_in(Bytes received, MutableBytes scratch, Instant now) {
  if (tls_ == nullptr) {
    session_.receive(received, now);
    return {};
  }
  const crypto::TlsLoan loan(*tls_, received);  // read where the kernel put it
  const auto established = tls_->feed({});
  if (!established) {
    return tl::unexpected(established.error());
  }
  if (*established && !secured_) {
    secured_ = true;
    if (!std::exchange(connected_, true)) {
      session_.connected(now);
    } else {
      session_.secured(now);
    }
  }
  while (secured_) {
    const auto plain = tls_->decrypt(scratch);
    if (!plain) {
      return tl::unexpected(plain.error());
    }
    if (*plain == 0) {
      break;
    }
    session_.receive(scratch.first(*plain), now);
  }
  return {};
}

Result<bool> Pump::gather(MutableBytes scratch, Instant now) {
  while (gathered_size() + scratch.size() <= gathered_max) {
    // Many small pieces share records: an encrypt() for each would make a record of each.
    std::size_t filled = 0;
    std::size_t offered = 0;
    while (filled < scratch.size()) {
      offered = scratch.size() - filled;
      const auto written = session_.transmit(scratch.subspan(filled), now);
      MUSTER_ASSERT(written <= offered);
      if (written == 0) {
        break;
      }
      filled += written;
    }
    if (auto done = put(scratch.first(filled)); !done) {
      return tl::unexpected(done.error());
    }
    // A session may say 0 because its next piece does not fit a small rest: ask again with full
    // room.
    if (filled < scratch.size() && offered >= record_bytes) {
      return false;
    }
  }
  return true;
}

Result<void> Pump::put(Bytes plaintext) {
  if (tls_ != nullptr) {
    return tls_->encrypt(plaintext);
  }
  gathered_.insert(gathered_.end(), plaintext.begin(), plaintext.end());
  return {};
}

void Pump::close_notify() {
  if (tls_ != nullptr) {
    tls_->close_notify();
  }
}

std::size_t Pump::gathered_size() const {
  return tls_ != nullptr ? tls_->output().size() : gathered_.size();
}

bool Pump::load() {
  if (sent_ < sending_.size()) {
    return true;
  }
  if (gathered_size() == 0) {
    return false;
  }
  sending_.clear();
  sent_ = 0;
  if (tls_ != nullptr) {
    tls_->swap_output(sending_);
  } else {
    gathered_.swap(sending_);
  }
  return true;
}

void Pump::sent(std::size_t bytes) {
  MUSTER_ASSERT(bytes <= sending_.size() - sent_);
  sent_ += bytes;
}

}  // namespace muster::reactor
