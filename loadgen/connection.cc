#include "loadgen/connection.h"

#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace muster::loadgen {
namespace {

constexpr std::size_t out_bytes_max = 1 << 20;  // beyond it the conversation waits for the socket
constexpr Duration linger_max = std::chrono::seconds(2);

}  // namespace

Connection::Connection(int fd, Welcome welcome) : fd_(fd), welcome_(std::move(welcome)) {
  if (welcome_.tls != nullptr) {
    tls_ = std::make_unique<crypto::TlsEngine>(*welcome_.tls, "");
  } else if (welcome_.alert < 0) {
    conversation_ = welcome_.begin("");
  }
}

Connection::~Connection() {
  if (wish().reset) {
    const linger at_once{1, 0};
    (void)::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  }
  ::close(fd_);
}

void Connection::read(MutableBytes scratch, MutableBytes plaintext, Instant now) {
  if (wish().dead) {
    return;
  }
  const auto got = ::recv(fd_, scratch.data(), scratch.size(), 0);
  if (got < 0 && (errno == EAGAIN || errno == EINTR)) {
    return;
  }
  if (got <= 0) {
    over_ = true;
    return;
  }
  if (lingers_until_ != Instant::never()) {
    return;
  }
  const Bytes bytes = scratch.first(static_cast<std::size_t>(got));
  const int alert = securing_ ? wish().alert : welcome_.alert;
  if (alert >= 0) {
    send_alert(alert);
  } else if (tls_ != nullptr) {
    decrypt(bytes, plaintext, now);
  } else {
    conversation_->receive(bytes, now);
  }
}

void Connection::send_alert(int code) {
  // RFC 8446 §6: type alert, legacy version, length 2, fatal, description.
  const std::array<Byte, 7> record{21, 3, 3, 0, 2, 2, static_cast<Byte>(code)};
  (void)::send(fd_, record.data(), record.size(), MSG_NOSIGNAL);
  ::shutdown(fd_, SHUT_WR);
  over_ = true;
}

void Connection::decrypt(Bytes ciphertext, MutableBytes plaintext, Instant now) {
  const crypto::TlsLoan loan(*tls_, ciphertext);
  const auto up = tls_->feed({});
  if (!up) {
    // The alert that says why. Answers of this turn stay behind: they are not journaled yet.
    const auto alert = tls_->output();
    (void)::send(fd_, alert.data(), alert.size(), MSG_NOSIGNAL);
    over_ = true;
    return;
  }
  if (!*up) {
    return;
  }
  if (conversation_ == nullptr) {
    conversation_ = welcome_.begin(tls_->peer_subject());
  } else if (std::exchange(securing_, false)) {
    conversation_->secured(now);
  }
  for (;;) {
    const auto got = tls_->decrypt(plaintext);
    if (!got) {
      over_ = true;
      return;
    }
    if (*got == 0) {
      return;
    }
    conversation_->receive(plaintext.first(*got), now);
  }
}

void Connection::collect() {
  if (out_at_ == out_.size()) {
    out_.clear();
    out_at_ = 0;
  }
  if (established() && out_.size() - out_at_ < out_bytes_max) {
    plain_.clear();
    conversation_->transmit(plain_);
    if (tls_ == nullptr) {
      if (out_.empty()) {
        out_.swap(plain_);
      } else {
        out_.insert(out_.end(), plain_.begin(), plain_.end());
      }
      return;
    }
    if (!plain_.empty() && !tls_->encrypt(plain_)) {
      over_ = true;
    }
  }
  if (tls_ == nullptr || tls_->output().empty()) {
    return;
  }
  if (out_.empty()) {
    tls_->swap_output(out_);
    return;
  }
  sealed_.clear();
  tls_->swap_output(sealed_);
  out_.insert(out_.end(), sealed_.begin(), sealed_.end());
}

void Connection::write(Instant now) {
  const auto wished = wish();
  if (wished.reset) {
    over_ = true;
  }
  if (over_ || wished.dead || lingers_until_ != Instant::never()) {
    return;
  }
  collect();
  if (!flush_out(wished, now) || !established()) {
    return;
  }
  if (tls_ == nullptr && welcome_.tls_later != nullptr && conversation_->wants_tls()) {
    tls_ = std::make_unique<crypto::TlsEngine>(*welcome_.tls_later, "");
    securing_ = true;
  } else if (conversation_->wants_close()) {
    end_in_good_order(now);
  }
}

// True: everything is out.
bool Connection::flush_out(const TransportWish& wished, Instant now) {
  blocked_ = false;
  while (out_at_ < out_.size()) {
    if (wished.trickle && now < trickle_at_) {
      return false;
    }
    const auto most = wished.trickle ? 1 : out_.size() - out_at_;
    const auto sent = ::send(fd_, out_.data() + out_at_, most, MSG_NOSIGNAL);
    if (sent < 0) {
      blocked_ = errno == EAGAIN;
      over_ = over_ || (errno != EAGAIN && errno != EINTR);
      return false;
    }
    out_at_ += static_cast<std::size_t>(sent);
    trickle_at_ = now + wished.pause;
    if (out_at_ == out_.size()) {
      collect();
    }
  }
  return !over_;
}

void Connection::end_in_good_order(Instant now) {
  if (tls_ != nullptr) {
    tls_->close_notify();
    const auto farewell = tls_->output();
    (void)::send(fd_, farewell.data(), farewell.size(), MSG_NOSIGNAL);
  }
  ::shutdown(fd_, SHUT_WR);
  if (wish().linger) {
    lingers_until_ = now + linger_max;
  } else {
    over_ = true;
  }
}

void Connection::expire(Instant now) {
  if (lingers_until_ != Instant::never()) {
    over_ = over_ || lingers_until_ <= now;
    return;
  }
  if (conversation_ != nullptr && conversation_->deadline() <= now) {
    conversation_->expire(now);
  }
}

Instant Connection::deadline() const {
  const auto wished = wish();
  if (wished.dead || conversation_ == nullptr || lingers_until_ != Instant::never()) {
    return lingers_until_;
  }
  const bool trickling = wished.trickle && out_at_ < out_.size();
  return std::min(conversation_->deadline(), trickling ? trickle_at_ : Instant::never());
}

bool Connection::wants_to_write() const {
  return blocked_ && !wish().dead;
}

void Connection::lost(Instant now) {
  if (conversation_ != nullptr) {
    conversation_->lost(now);
  }
}

}  // namespace muster::loadgen
