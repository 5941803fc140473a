#include "crypto/issuing.h"

#include <openssl/err.h>
#include <openssl/pem.h>

#include <array>

#include "base/assert.h"
#include "crypto/digest.h"

namespace muster::crypto {
namespace {

void add_name(X509* certificate, int nid, const std::string& value) {
  MUSTER_ASSERT(X509_NAME_add_entry_by_NID(X509_get_subject_name(certificate), nid, MBSTRING_UTF8,
                                           as_bytes(value).data(), static_cast<int>(value.size()),
                                           -1, 0) == 1);
}

// False where OpenSSL cannot read `value`: a server name that is no name.
bool add_extension(X509* certificate, const Issued* issuer, int nid, const std::string& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, issuer == nullptr ? certificate : issuer->certificate.get(), certificate,
                 nullptr, nullptr, 0);
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str());
  if (extension == nullptr) {
    ERR_clear_error();
    return false;
  }
  const bool added = X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

void set_serial(X509* certificate) {
  std::array<Byte, 8> serial{};
  fill_random(serial);
  serial[0] = static_cast<Byte>((serial[0] & 0x7f) | 0x40);  // positive, never zero
  BIGNUM* number = BN_bin2bn(serial.data(), static_cast<int>(serial.size()), nullptr);
  BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate));
  BN_free(number);
}

// The validity begins an hour early, so that clocks may differ; an expired one began a day before.
void set_validity(X509* certificate, std::int64_t valid_s) {
  const std::int64_t not_before = valid_s < 0 ? valid_s - day_s : -3600;
  X509_gmtime_adj(X509_getm_notBefore(certificate), static_cast<long>(not_before));
  X509_gmtime_adj(X509_getm_notAfter(certificate), static_cast<long>(valid_s));
}

}  // namespace

Issued issue_certificate(const CertificateRequest& wanted, const Issued* issuer) {
  Issued made{CertificateOwner(X509_new()), KeyOwner(EVP_EC_gen("P-256"))};
  X509* certificate = made.certificate.get();
  MUSTER_ASSERT(certificate != nullptr && made.key != nullptr);
  X509_set_version(certificate, X509_VERSION_3);
  set_serial(certificate);
  set_validity(certificate, wanted.valid_s);
  if (!wanted.user_id.empty()) {
    add_name(certificate, NID_userId, wanted.user_id);
  }
  add_name(certificate, NID_commonName, wanted.common_name);
  X509_set_pubkey(certificate, made.key.get());
  const X509* signer = issuer == nullptr ? certificate : issuer->certificate.get();
  X509_set_issuer_name(certificate, X509_get_subject_name(signer));
  const bool authority = wanted.usage.empty();
  MUSTER_ASSERT(add_extension(certificate, issuer, NID_basic_constraints,
                              authority ? "critical,CA:TRUE" : "critical,CA:FALSE"));
  MUSTER_ASSERT(
      add_extension(certificate, issuer, NID_key_usage,
                    authority ? "critical,keyCertSign,cRLSign" : "critical,digitalSignature"));
  MUSTER_ASSERT(add_extension(certificate, issuer, NID_subject_key_identifier, "hash"));
  MUSTER_ASSERT(add_extension(certificate, issuer, NID_authority_key_identifier, "keyid"));
  if (!authority) {
    MUSTER_ASSERT(add_extension(certificate, issuer, NID_ext_key_usage, wanted.usage));
  }
  if (!wanted.alternative_names.empty() &&
      !add_extension(certificate, issuer, NID_subject_alt_name, wanted.alternative_names)) {
    return {};
  }
  EVP_PKEY* signing_key = issuer == nullptr ? made.key.get() : issuer->key.get();
  MUSTER_ASSERT(X509_sign(certificate, signing_key, EVP_sha256()) > 0);
  return made;
}

std::string certificate_pem(const X509* certificate) {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(PEM_write_bio_X509(memory.get(), certificate) == 1);
  return text_of(memory.get());
}

}  // namespace muster::crypto
