#include "http/stream.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <utility>

#include "base/assert.h"

namespace muster::http {
namespace {

// Plaintext that is encrypted at once: one full record of TLS.
constexpr std::size_t piece_bytes = 16UL * 1024;

bool would_block(int os_error) {
  return os_error == EAGAIN || os_error == EWOULDBLOCK || os_error == EINTR;
}

}  // namespace

Stream::Stream(boost::asio::io_context& context, int fd,
               std::shared_ptr<const crypto::TlsContext> tls)
    : descriptor_(context), context_(std::move(tls)) {
  boost::system::error_code trouble;
  descriptor_.assign(fd, trouble);
  if (trouble) {
    ::close(fd);  // the kernel has no room to watch it
    error_ = error_of_errno(trouble.value());
  }
  if (context_ != nullptr) {
    tls_ = std::make_unique<crypto::TlsEngine>(*context_, "");
  }
}

Stream::Step Stream::fail(Error error) {
  error_ = error;
  return Step::failed;
}

Stream::Step Stream::read(ReadingRoom& room, std::string& into) {
  auto& buffer = room.from_kernel;
  const auto count = ::recv(descriptor_.native_handle(), buffer.data(), buffer.size(), 0);
  if (count < 0) {
    return would_block(errno) ? Step::blocked : fail(error_of_errno(errno));
  }
  if (count == 0) {
    return Step::ended;
  }
  const auto bytes = Bytes(buffer).first(static_cast<std::size_t>(count));
  if (tls_ != nullptr) {
    return decrypt(bytes, room, into);
  }
  into += as_text(bytes);
  return Step::done;
}

Stream::Step Stream::decrypt(Bytes ciphertext, ReadingRoom& room, std::string& into) {
  const crypto::TlsLoan loan(*tls_, ciphertext);
  if (const auto fed = tls_->feed({}); !fed) {
    return fail(fed.error());
  }
  for (;;) {
    const auto count = tls_->decrypt(room.decrypted);
    if (!count) {
      return count.error().code == ErrorCode::connection_closed ? Step::ended : fail(count.error());
    }
    if (*count == 0) {
      return Step::done;
    }
    into += as_text(Bytes(room.decrypted).first(*count));
  }
}

void Stream::say(std::string_view head, std::string body) {
  MUSTER_ASSERT(body_.empty());
  head_ += head;
  body_ = std::move(body);
}

void Stream::said(std::size_t bytes) {
  said_ += bytes;
  if (unsaid() == 0) {
    std::string().swap(head_);
    std::string().swap(body_);
    said_ = 0;
  }
}

Stream::Step Stream::write() {
  return tls_ == nullptr ? write_clear() : write_encrypted();
}

Stream::Step Stream::write_clear() {
  while (unsaid() != 0) {
    const auto of_head = std::min(said_, head_.size());
    const auto of_body = said_ - of_head;
    std::array<iovec, 2> pieces{iovec{head_.data() + of_head, head_.size() - of_head},
                                iovec{body_.data() + of_body, body_.size() - of_body}};
    msghdr message{};
    message.msg_iov = pieces.data();
    message.msg_iovlen = pieces.size();
    const auto count = ::sendmsg(descriptor_.native_handle(), &message, MSG_NOSIGNAL);
    if (count < 0) {
      return would_block(errno) ? Step::blocked : fail(error_of_errno(errno));
    }
    bytes_written_ += static_cast<std::uint64_t>(count);
    said(static_cast<std::size_t>(count));
  }
  return Step::done;
}

Stream::Step Stream::write_encrypted() {
  for (;;) {
    if (ciphertext_at_ == ciphertext_.size()) {
      std::vector<Byte>().swap(ciphertext_);
      ciphertext_at_ = 0;
      if (!encrypt_next()) {
        return Step::failed;
      }
      tls_->swap_output(ciphertext_);
      if (ciphertext_.empty()) {
        return Step::done;
      }
    }
    const auto rest = Bytes(ciphertext_).subspan(ciphertext_at_);
    const auto count = ::send(descriptor_.native_handle(), rest.data(), rest.size(), MSG_NOSIGNAL);
    if (count < 0) {
      return would_block(errno) ? Step::blocked : fail(error_of_errno(errno));
    }
    ciphertext_at_ += static_cast<std::size_t>(count);
    bytes_written_ += static_cast<std::uint64_t>(count);
  }
}

// Makes ciphertext of the next piece, where there is one.
bool Stream::encrypt_next() {
  if (unsaid() == 0 || !tls_->established()) {
    return true;
  }
  const auto text = said_ < head_.size() ? std::string_view(head_).substr(said_)
                                         : std::string_view(body_).substr(said_ - head_.size());
  const auto piece = as_bytes(text.substr(0, piece_bytes));
  if (const auto encrypted = tls_->encrypt(piece); !encrypted) {
    error_ = encrypted.error();
    return false;
  }
  said(piece.size());
  return true;
}

void Stream::finish() {
  if (tls_ != nullptr) {
    tls_->close_notify();
    static_cast<void>(write_encrypted());  // where the kernel has no room, the end alone must do
  }
  ::shutdown(descriptor_.native_handle(), SHUT_WR);
}

void Stream::close() {
  boost::system::error_code ignored;
  descriptor_.close(ignored);
}

std::int64_t Stream::bytes_taken() {
  int held = 0;
  MUSTER_ASSERT(::ioctl(descriptor_.native_handle(), SIOCOUTQ, &held) == 0);
  return static_cast<std::int64_t>(bytes_written_) - held;
}

void Stream::reset() {
  const linger abortive{1, 0};
  ::setsockopt(descriptor_.native_handle(), SOL_SOCKET, SO_LINGER, &abortive, sizeof abortive);
  close();
}

std::vector<Byte> Stream::certificate() const {
  return tls_ == nullptr ? std::vector<Byte>() : tls_->peer_certificate();
}

}  // namespace muster::http
