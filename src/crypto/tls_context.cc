#include <openssl/err.h>
#include <sys/stat.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>

#include "base/assert.h"
#include "crypto/pem_file.h"
#include "crypto/tls.h"
#include "crypto/tls_implementation.h"

namespace muster::crypto {
namespace {

// RFC 9113 §9.2: HTTP/2 wants forward secrecy and authenticated encryption; so does everything else
// here.
constexpr const char* tls12_ciphers = "ECDHE+AESGCM:ECDHE+CHACHA20";

SslContextOwner new_ssl_context(const SSL_METHOD* method) {
  SslContextOwner context(SSL_CTX_new(method));
  MUSTER_ASSERT(context != nullptr);
  MUSTER_ASSERT(SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) == 1);
  MUSTER_ASSERT(SSL_CTX_set_cipher_list(context.get(), tls12_ciphers) == 1);
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_TICKET);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  // One BIO_read takes all that has come instead of header and body of each record by themselves.
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

Complaint complaint_of(const std::string& file, std::string found, std::string expected,
                       std::string mend, ErrorCode cause) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  complaint.mend = std::move(mend);
  complaint.cause = Error{cause, 0};
  return complaint;
}

Result<void, Complaint> trust(SSL_CTX* context, const std::string& file) {
  const auto authorities = read_certificates(file);
  if (!authorities) {
    return tl::unexpected(authorities.error());
  }
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  for (const auto& authority : *authorities) {
    MUSTER_ASSERT(X509_STORE_add_cert(store, authority.get()) == 1);
  }
  return {};
}

// Whether OpenSSL finds authorities in this directory by the hash of their names, as
// update-ca-certificates and c_rehash leave it: "9d04f354.0".
bool is_hashed(const std::string& directory) {
  std::error_code trouble;
  const std::filesystem::directory_iterator entries(directory, trouble);
  return std::any_of(begin(entries), end(entries), [](const auto& entry) {
    const auto name = entry.path().filename().string();
    return name.size() == 10 && name.ends_with(".0");
  });
}

// The system's authorities. To read a bundle of 140 costs 20 ms of CPU, half of the start of a
// send; a hashed directory holds the same, and is asked for the one that a chain needs. The bundle
// is read where there is no such directory, or where SSL_CERT_FILE asks for a file.
void trust_the_system(SSL_CTX* context) {
  // NOLINTBEGIN(concurrency-mt-unsafe): nothing here changes the environment
  const char* named = std::getenv(X509_get_default_cert_dir_env());
  const bool hashed = is_hashed(named != nullptr ? named : X509_get_default_cert_dir());
  MUSTER_ASSERT(SSL_CTX_set_default_verify_dir(context) == 1);
  if (!hashed || std::getenv(X509_get_default_cert_file_env()) != nullptr) {
    MUSTER_ASSERT(SSL_CTX_set_default_verify_file(context) == 1);
  }
  // NOLINTEND(concurrency-mt-unsafe)
  ERR_clear_error();
}

Result<void, Complaint> check_dates(const X509& certificate, const std::string& file) {
  const auto subject = one_line(X509_get_subject_name(&certificate));
  if (X509_cmp_current_time(X509_get0_notAfter(&certificate)) < 0) {
    return tl::unexpected(
        complaint_of(file,
                     "the certificate of " + subject + " expired on " +
                         to_text(wall_time_of(X509_get0_notAfter(&certificate))),
                     "a certificate that is still valid",
                     "renew it where it was issued (an MDM push certificate: "
                     "https://identity.apple.com/pushcert, "
                     "with the same Apple Account as before) and replace the file",
                     ErrorCode::tls_certificate_expired));
  }
  if (X509_cmp_current_time(X509_get0_notBefore(&certificate)) > 0) {
    return tl::unexpected(complaint_of(file,
                                       "the certificate of " + subject + " is not valid before " +
                                           to_text(wall_time_of(X509_get0_notBefore(&certificate))),
                                       "a certificate that is already valid",
                                       "check this machine's clock",
                                       ErrorCode::tls_certificate_expired));
  }
  return {};
}

struct Identity {
  std::string certificate_file;
  std::string key_file;  // empty: inside certificate_file
  bool dates_matter = false;
};

Result<void, Complaint> use_identity(SSL_CTX* context, const Identity& identity) {
  const auto& key_file = identity.key_file.empty() ? identity.certificate_file : identity.key_file;
  const auto certificates = read_certificates(identity.certificate_file);
  if (!certificates) {
    return tl::unexpected(certificates.error());
  }
  const auto key = read_private_key(key_file);
  if (!key) {
    return tl::unexpected(key.error());
  }
  X509* own = certificates->front().get();
  if (X509_check_private_key(own, key->get()) != 1) {
    ERR_clear_error();
    return tl::unexpected(complaint_of(
        key_file, "this key does not belong to the certificate in " + identity.certificate_file,
        "the key that the certificate was requested with",
        "name the right key, or request a new certificate", ErrorCode::none));
  }
  if (identity.dates_matter) {
    if (auto valid = check_dates(*own, identity.certificate_file); !valid) {
      return valid;
    }
  }
  // OpenSSL's own rules may still refuse, a 512-bit key for example.
  bool taken = SSL_CTX_use_certificate(context, own) == 1 &&
               SSL_CTX_use_PrivateKey(context, key->get()) == 1;
  for (std::size_t i = 1; taken && i < certificates->size(); ++i) {
    taken = SSL_CTX_add1_chain_cert(context, (*certificates)[i].get()) == 1;
  }
  if (!taken) {
    const std::string reason = ERR_reason_error_string(ERR_peek_last_error());
    ERR_clear_error();
    return tl::unexpected(complaint_of(identity.certificate_file, "OpenSSL refuses it: " + reason,
                                       "a certificate with a key strong enough for TLS",
                                       "request a new certificate", ErrorCode::none));
  }
  return {};
}

// RFC 7301: one byte of length before each name; we offer one.
std::string alpn_on_the_wire(const std::string& alpn) {
  MUSTER_ASSERT(alpn.size() < 256);
  return std::string(1, static_cast<char>(alpn.size())) + alpn;
}

int select_alpn(SSL* /*ssl*/, const unsigned char** chosen, unsigned char* chosen_size,
                const unsigned char* offered, unsigned int offered_size, void* argument) {
  const auto& wanted = static_cast<const TlsContext::Implementation*>(argument)->alpn;
  for (unsigned int at = 0; at < offered_size;) {
    const unsigned int size = offered[at];
    if (at + 1 + size > offered_size) {
      break;
    }
    if (as_text({offered + at + 1, size}) == wanted) {
      *chosen = offered + at + 1;
      *chosen_size = static_cast<unsigned char>(size);
      return SSL_TLSEXT_ERR_OK;
    }
    at += 1 + size;
  }
  return SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

TlsContext::TlsContext(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
TlsContext::~TlsContext() = default;

Result<std::unique_ptr<TlsContext>, Complaint> TlsContext::client(
    const TlsClientSettings& settings) {
  auto made = std::make_unique<Implementation>();
  made->is_client = true;
  made->alpn = settings.alpn;
  made->ssl_context = new_ssl_context(TLS_client_method());
  SSL_CTX* context = made->ssl_context.get();
  SSL_CTX_set_verify(context, settings.verify ? SSL_VERIFY_PEER : SSL_VERIFY_NONE, nullptr);
  trust_the_system(context);
  if (!settings.trust_file.empty()) {
    if (auto trusted = trust(context, settings.trust_file); !trusted) {
      return tl::unexpected(trusted.error());
    }
  }
  if (!settings.certificate_file.empty()) {
    const Identity identity{settings.certificate_file, settings.key_file, true};
    if (auto used = use_identity(context, identity); !used) {
      return tl::unexpected(used.error());
    }
  }
  if (!settings.alpn.empty()) {
    const auto offer = alpn_on_the_wire(settings.alpn);
    // This one function of OpenSSL answers 0 for success.
    MUSTER_ASSERT(SSL_CTX_set_alpn_protos(context, as_bytes(offer).data(),
                                          static_cast<unsigned int>(offer.size())) == 0);
  }
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(made)));
}

Result<std::unique_ptr<TlsContext>, Complaint> TlsContext::server(
    const TlsServerSettings& settings) {
  auto made = std::make_unique<Implementation>();
  made->alpn = settings.alpn;
  made->ssl_context = new_ssl_context(TLS_server_method());
  SSL_CTX* context = made->ssl_context.get();
  // No resumption: connections live for hours, and tickets would be records nobody needs.
  SSL_CTX_set_num_tickets(context, 0);
  SSL_CTX_set_options(context, SSL_OP_CIPHER_SERVER_PREFERENCE);
  const Identity identity{settings.certificate_file, settings.key_file, false};
  if (auto used = use_identity(context, identity); !used) {
    return tl::unexpected(used.error());
  }
  if (!settings.client_trust_file.empty()) {
    if (auto trusted = trust(context, settings.client_trust_file); !trusted) {
      return tl::unexpected(trusted.error());
    }
    const int required = settings.client_required ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0;
    SSL_CTX_set_verify(context, SSL_VERIFY_PEER | required, nullptr);
    SSL_CTX_set_session_id_context(context, as_bytes("muster").data(), 6);
  }
  if (settings.mostly_idle) {
    SSL_CTX_set_mode(context, SSL_MODE_RELEASE_BUFFERS);
  }
  if (!settings.alpn.empty()) {
    SSL_CTX_set_alpn_select_cb(context, select_alpn, made.get());
  }
  return std::unique_ptr<TlsContext>(new TlsContext(std::move(made)));
}

}  // namespace muster::crypto
