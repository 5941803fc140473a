// How bytes move: OpenSSL takes ciphertext through our BIO from where the caller has it, for as
// long as that is lent; what it has not taken then is kept in `incoming` and read first the next
// time. SSL_read_ex() wants more only when the BIO has nothing left, so whoever decrypts to the end
// leaves nothing to keep. What OpenSSL writes, the same BIO appends to `outgoing`: one contiguous
// run that the caller sends or swaps out. Both are reused, so that a connection in its stride
// allocates nothing here.
#include <openssl/err.h>
#include <openssl/tls1.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <utility>

#include "base/assert.h"
#include "crypto/tls.h"
#include "crypto/tls_implementation.h"

namespace muster::crypto {

struct TlsEngine::Implementation {
  SslOwner ssl;
  bool is_client = false;
  std::string alpn;
  bool established = false;
  bool closing = false;  // our close_notify is out
  Error failure;         // the first error; every later call returns it

  std::vector<Byte> incoming;   // kept from earlier loans
  std::size_t incoming_at = 0;  // bytes before it have been taken by OpenSSL
  Bytes lent;                   // the caller's; comes after `incoming`
  std::vector<Byte> outgoing;
  std::size_t outgoing_at = 0;  // bytes before it have been taken by the caller

  void name_the_peer(const std::string& host);
  [[nodiscard]] std::size_t take_kept(char* to, std::size_t size);
  [[nodiscard]] std::size_t take_lent(char* to, std::size_t size);
  void keep_lent();
  [[nodiscard]] Result<void> continue_handshake();
  [[nodiscard]] bool speaks_what_we_asked_for() const;
  [[nodiscard]] tl::unexpected<Error> fail(Error error);
  [[nodiscard]] Error error_of(int ssl_error) const;

  // What OpenSSL calls; the BIO's data is this Implementation.
  static Implementation& of(BIO* bio) { return *static_cast<Implementation*>(BIO_get_data(bio)); }
  static int bio_write(BIO* bio, const char* from, std::size_t size, std::size_t* written);
  static int bio_read(BIO* bio, char* to, std::size_t size, std::size_t* read);
  static long bio_control(BIO* bio, int command, long number, void* pointer);
  static int bio_create(BIO* bio);
  static const BIO_METHOD* bio_method();
};

// ── errors ──

namespace {

// An alert by which the peer speaks about our certificate (RFC 8446 §6.2; access_denied as well,
// which servers send for certificates that are valid but not welcome).
bool is_about_our_certificate(int alert) {
  switch (alert) {
    case TLS1_AD_UNKNOWN_CA:
    case TLS1_AD_ACCESS_DENIED:
    case SSL_AD_BAD_CERTIFICATE:
    case SSL_AD_UNSUPPORTED_CERTIFICATE:
    case SSL_AD_CERTIFICATE_REVOKED:
    case SSL_AD_CERTIFICATE_EXPIRED:
    case SSL_AD_CERTIFICATE_UNKNOWN:
    case SSL_AD_NO_CERTIFICATE:
    case TLS13_AD_CERTIFICATE_REQUIRED:
      return true;
    default:
      return false;
  }
}

ErrorCode code_of_verification(long result) {
  switch (result) {
    case X509_V_ERR_CERT_HAS_EXPIRED:
    case X509_V_ERR_CERT_NOT_YET_VALID:
      return ErrorCode::tls_certificate_expired;
    case X509_V_ERR_HOSTNAME_MISMATCH:
    case X509_V_ERR_IP_ADDRESS_MISMATCH:
      return ErrorCode::tls_certificate_wrong_name;
    default:
      return ErrorCode::tls_certificate_untrusted;
  }
}

ErrorCode code_of_reason(int reason, long verification) {
  switch (reason) {
    case SSL_R_CERTIFICATE_VERIFY_FAILED:
      return code_of_verification(verification);
    case SSL_R_PEER_DID_NOT_RETURN_A_CERTIFICATE:
      return ErrorCode::tls_certificate_untrusted;
    case SSL_R_NO_APPLICATION_PROTOCOL:
      return ErrorCode::alpn_refused;
    default:
      break;
  }
  const int alert = reason - SSL_AD_REASON_OFFSET;  // negative where the reason is not an alert
  if (alert == TLS1_AD_NO_APPLICATION_PROTOCOL) {
    return ErrorCode::alpn_refused;
  }
  return is_about_our_certificate(alert) ? ErrorCode::tls_client_refused : ErrorCode::tls_protocol;
}

}  // namespace

tl::unexpected<Error> TlsEngine::Implementation::fail(Error error) {
  MUSTER_ASSERT(error.code != ErrorCode::none);
  if (failure.code == ErrorCode::none) {
    failure = error;
  }
  ERR_clear_error();
  return tl::unexpected(failure);
}

Error TlsEngine::Implementation::error_of(int ssl_error) const {
  if (ssl_error == SSL_ERROR_ZERO_RETURN) {
    return Error{ErrorCode::connection_closed, 0};
  }
  // The first entry of the queue is the reason; those above it say what failed because of it.
  const auto entry = ERR_peek_error();
  if (ERR_GET_LIB(entry) != ERR_LIB_SSL) {
    return Error{ErrorCode::tls_protocol, 0};
  }
  return Error{code_of_reason(ERR_GET_REASON(entry), SSL_get_verify_result(ssl.get())), 0};
}

// ── the BIO ──

int TlsEngine::Implementation::bio_write(BIO* bio, const char* from, std::size_t size,
                                         std::size_t* written) {
  auto& outgoing = of(bio).outgoing;
  const auto* first = reinterpret_cast<const Byte*>(from);
  outgoing.insert(outgoing.end(), first, first + size);
  *written = size;
  return 1;
}

int TlsEngine::Implementation::bio_read(BIO* bio, char* to, std::size_t size, std::size_t* read) {
  auto& self = of(bio);
  BIO_clear_retry_flags(bio);
  const auto kept = self.take_kept(to, size);
  const auto count = kept + self.take_lent(to + kept, size - kept);
  if (count == 0) {
    BIO_set_retry_read(bio);
    return 0;
  }
  *read = count;
  return 1;
}

std::size_t TlsEngine::Implementation::take_kept(char* to, std::size_t size) {
  const auto count = std::min(size, incoming.size() - incoming_at);
  if (count != 0) {
    std::memcpy(to, incoming.data() + incoming_at, count);
    incoming_at += count;
  }
  return count;
}

std::size_t TlsEngine::Implementation::take_lent(char* to, std::size_t size) {
  const auto count = std::min(size, lent.size());
  if (count != 0) {
    std::memcpy(to, lent.data(), count);
    lent = lent.subspan(count);
  }
  return count;
}

long TlsEngine::Implementation::bio_control(BIO* /*bio*/, int command, long /*number*/,
                                            void* /*pointer*/) {
  return command == BIO_CTRL_FLUSH ? 1 : 0;
}

int TlsEngine::Implementation::bio_create(BIO* bio) {
  BIO_set_init(bio, 1);
  return 1;
}

const BIO_METHOD* TlsEngine::Implementation::bio_method() {
  static const BIO_METHOD* const method = [] {
    BIO_METHOD* made = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "muster buffers");
    MUSTER_ASSERT(made != nullptr);
    BIO_meth_set_write_ex(made, bio_write);
    BIO_meth_set_read_ex(made, bio_read);
    BIO_meth_set_ctrl(made, bio_control);
    BIO_meth_set_create(made, bio_create);
    return made;
  }();
  return method;
}

// ── the connection ──

TlsEngine::TlsEngine(const TlsContext& context, const std::string& host)
    : implementation_(std::make_unique<Implementation>()) {
  auto& self = *implementation_;
  const auto& shared = context.implementation();
  self.is_client = shared.is_client;
  self.alpn = shared.alpn;
  self.ssl.reset(SSL_new(shared.ssl_context.get()));
  MUSTER_ASSERT(self.ssl != nullptr);
  BIO* bio = BIO_new(Implementation::bio_method());
  MUSTER_ASSERT(bio != nullptr);
  BIO_set_data(bio, &self);
  SSL_set_bio(self.ssl.get(), bio, bio);  // takes the one reference for both directions
  if (self.is_client) {
    SSL_set_connect_state(self.ssl.get());
    self.name_the_peer(host);
  } else {
    SSL_set_accept_state(self.ssl.get());
  }
}

TlsEngine::~TlsEngine() = default;

// A literal address is compared with the certificate's addresses and is no SNI (RFC 6066 §3).
void TlsEngine::Implementation::name_the_peer(const std::string& host) {
  MUSTER_ASSERT(!host.empty());  // OpenSSL would verify no name at all
  X509_VERIFY_PARAM* wanted = SSL_get0_param(ssl.get());
  if (X509_VERIFY_PARAM_set1_ip_asc(wanted, host.c_str()) == 1) {
    return;
  }
  ERR_clear_error();
  SSL_set_hostflags(ssl.get(), X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  // SSL_set_tlsext_host_name is a macro with a cast in it; the name is copied, never written to.
  const long named = SSL_ctrl(ssl.get(), SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
                              const_cast<char*>(host.c_str()));
  if (SSL_set1_host(ssl.get(), host.c_str()) != 1 || named != 1) {
    // A name over 255 bytes: no certificate can name it.
    failure = Error{ErrorCode::tls_certificate_wrong_name, 0};
    ERR_clear_error();
  }
}

Result<bool> TlsEngine::feed(Bytes ciphertext) {
  auto& self = *implementation_;
  if (self.failure.code != ErrorCode::none) {
    return tl::unexpected(self.failure);
  }
  std::optional<TlsLoan> loan;
  if (!ciphertext.empty()) {
    loan.emplace(*this, ciphertext);
  }
  if (!self.established) {
    if (auto advanced = self.continue_handshake(); !advanced) {
      return tl::unexpected(advanced.error());
    }
  }
  return self.established;
}

TlsLoan::TlsLoan(TlsEngine& engine, Bytes ciphertext) : engine_(*engine.implementation_) {
  MUSTER_ASSERT(engine_.lent.empty());
  engine_.lent = ciphertext;
}

TlsLoan::~TlsLoan() {
  engine_.keep_lent();
}

void TlsEngine::Implementation::keep_lent() {
  const Bytes rest = std::exchange(lent, Bytes{});
  if (rest.empty() || failure.code != ErrorCode::none) {
    return;  // a failed engine reads no more
  }
  // What OpenSSL has taken makes room first; the rest is moved at most once per byte taken.
  if (incoming_at == incoming.size()) {
    incoming.clear();
    incoming_at = 0;
  } else if (incoming_at > incoming.size() / 2) {
    incoming.erase(incoming.begin(), incoming.begin() + static_cast<std::ptrdiff_t>(incoming_at));
    incoming_at = 0;
  }
  incoming.insert(incoming.end(), rest.begin(), rest.end());
}

Result<void> TlsEngine::Implementation::continue_handshake() {
  ERR_clear_error();
  const int result = SSL_do_handshake(ssl.get());
  if (result != 1) {
    const int ssl_error = SSL_get_error(ssl.get(), result);
    if (ssl_error == SSL_ERROR_WANT_READ) {
      return {};
    }
    return fail(error_of(ssl_error));
  }
  if (!speaks_what_we_asked_for()) {
    return fail(Error{ErrorCode::alpn_refused, 0});
  }
  established = true;
  return {};
}

// A peer without ALPN completes the handshake all the same.
bool TlsEngine::Implementation::speaks_what_we_asked_for() const {
  if (alpn.empty()) {
    return true;
  }
  const unsigned char* chosen = nullptr;
  unsigned int size = 0;
  SSL_get0_alpn_selected(ssl.get(), &chosen, &size);
  return chosen != nullptr && as_text({chosen, size}) == alpn;
}

bool TlsEngine::established() const {
  return implementation_->established;
}

Result<std::size_t> TlsEngine::decrypt(MutableBytes room) {
  auto& self = *implementation_;
  if (self.failure.code != ErrorCode::none) {
    return tl::unexpected(self.failure);
  }
  if (!self.established) {
    return 0;
  }
  ERR_clear_error();
  std::size_t filled = 0;
  while (filled < room.size()) {
    std::size_t count = 0;
    const int result =
        SSL_read_ex(self.ssl.get(), room.data() + filled, room.size() - filled, &count);
    if (result == 1) {
      filled += count;
      continue;
    }
    const int ssl_error = SSL_get_error(self.ssl.get(), result);
    if (ssl_error == SSL_ERROR_WANT_READ) {
      break;
    }
    auto failed = self.fail(self.error_of(ssl_error));
    if (filled == 0) {
      return failed;
    }
    break;  // hand over what came before the error; the next call returns it
  }
  return filled;
}

Result<void> TlsEngine::encrypt(Bytes plaintext) {
  auto& self = *implementation_;
  if (self.failure.code != ErrorCode::none) {
    return tl::unexpected(self.failure);
  }
  MUSTER_ASSERT(self.established);
  MUSTER_ASSERT(!self.closing);
  if (plaintext.empty()) {
    return {};  // OpenSSL leaves writes of nothing undefined
  }
  ERR_clear_error();
  std::size_t written = 0;
  const int result = SSL_write_ex(self.ssl.get(), plaintext.data(), plaintext.size(), &written);
  if (result != 1) {
    return self.fail(self.error_of(SSL_get_error(self.ssl.get(), result)));
  }
  MUSTER_ASSERT(written == plaintext.size());  // our BIO takes everything
  return {};
}

Bytes TlsEngine::output() const {
  return Bytes(implementation_->outgoing).subspan(implementation_->outgoing_at);
}

void TlsEngine::take(std::size_t bytes) {
  auto& self = *implementation_;
  MUSTER_ASSERT(bytes <= self.outgoing.size() - self.outgoing_at);
  self.outgoing_at += bytes;
  if (self.outgoing_at == self.outgoing.size()) {
    self.outgoing.clear();
    self.outgoing_at = 0;
  }
}

void TlsEngine::swap_output(std::vector<Byte>& to) {
  MUSTER_ASSERT(to.empty());
  auto& self = *implementation_;
  if (self.outgoing_at != 0) {
    self.outgoing.erase(self.outgoing.begin(),
                        self.outgoing.begin() + static_cast<std::ptrdiff_t>(self.outgoing_at));
    self.outgoing_at = 0;
  }
  self.outgoing.swap(to);
}

void TlsEngine::close_notify() {
  auto& self = *implementation_;
  const bool usable =
      self.failure.code == ErrorCode::none || self.failure.code == ErrorCode::connection_closed;
  if (!self.established || self.closing || !usable) {
    return;
  }
  self.closing = true;
  ERR_clear_error();
  SSL_shutdown(
      self.ssl.get());  // 0: sent, the peer's is outstanding; nothing can go wrong in memory
  ERR_clear_error();
}

std::string TlsEngine::peer_subject() const {
  const X509* certificate = SSL_get0_peer_certificate(implementation_->ssl.get());
  return certificate == nullptr ? std::string() : one_line(X509_get_subject_name(certificate));
}

std::vector<Byte> TlsEngine::peer_certificate() const {
  const X509* certificate = SSL_get0_peer_certificate(implementation_->ssl.get());
  if (certificate == nullptr) {
    return {};
  }
  unsigned char* encoded = nullptr;
  const int size = i2d_X509(certificate, &encoded);
  MUSTER_ASSERT(size > 0);
  std::vector<Byte> copy(encoded, encoded + size);
  OPENSSL_free(encoded);
  return copy;
}

}  // namespace muster::crypto
