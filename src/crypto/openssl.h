// Owners for OpenSSL's objects, and the few conversions that several files of this room need.
//
// Only this room sees OpenSSL. Every object is held by a unique_ptr whose deleter is OpenSSL's own
// free function, so that no path, early return or complaint included, leaks one.
#pragma once

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <memory>
#include <string>

#include "base/time.h"

namespace muster::crypto {

template <auto free_function>
struct Release {
  template <class T>
  void operator()(T* object) const {
    free_function(object);
  }
};

using BioOwner = std::unique_ptr<BIO, Release<BIO_free_all>>;
using CertificateOwner = std::unique_ptr<X509, Release<X509_free>>;
using KeyOwner = std::unique_ptr<EVP_PKEY, Release<EVP_PKEY_free>>;
using KeyContextOwner = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using DigestContextOwner = std::unique_ptr<EVP_MD_CTX, Release<EVP_MD_CTX_free>>;
using SslContextOwner = std::unique_ptr<SSL_CTX, Release<SSL_CTX_free>>;
using SslOwner = std::unique_ptr<SSL, Release<SSL_free>>;
using SignatureOwner = std::unique_ptr<ECDSA_SIG, Release<ECDSA_SIG_free>>;

// What was written to a memory BIO.
[[nodiscard]] std::string text_of(BIO* memory);
// "UID=com.apple.mgmt.External.1,CN=client": RFC 2253, one line, control characters escaped.
[[nodiscard]] std::string one_line(const X509_NAME* name);
// The UID of a subject; empty where it has none.
[[nodiscard]] std::string user_id_of(const X509_NAME* name);
[[nodiscard]] WallTime wall_time_of(const ASN1_TIME* time);

}  // namespace muster::crypto
