#include "crypto/cms.h"

#include <openssl/cms.h>
#include <openssl/err.h>

#include <vector>

#include "base/assert.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"
#include "crypto/pem_file.h"

namespace muster::crypto {
namespace {

using MessageOwner = std::unique_ptr<CMS_ContentInfo, Release<CMS_ContentInfo_free>>;
using StoreOwner = std::unique_ptr<X509_STORE, Release<X509_STORE_free>>;
// The certificates inside still belong to the message.
struct FreeStack {
  void operator()(STACK_OF(X509) * certificates) const { sk_X509_free(certificates); }
};
using SignersOwner = std::unique_ptr<STACK_OF(X509), FreeStack>;

std::optional<Fingerprint> fingerprint_of(const X509* certificate) {
  Fingerprint fingerprint{};
  unsigned int size = 0;
  if (X509_digest(certificate, EVP_sha256(), fingerprint.data(), &size) != 1) {
    return std::nullopt;
  }
  MUSTER_ASSERT(size == fingerprint.size());
  return fingerprint;
}

std::optional<Fingerprint> only_signer_of(CMS_ContentInfo* message) {
  const SignersOwner signers(CMS_get0_signers(message));
  if (!signers || sk_X509_num(signers.get()) != 1) {
    return std::nullopt;
  }
  return fingerprint_of(sk_X509_value(signers.get(), 0));
}

}  // namespace

struct SignatureAuthority::Implementation {
  StoreOwner store;
};

Fingerprint fingerprint_of(Bytes certificate_der) {
  return sha256(certificate_der);
}

SignatureAuthority::SignatureAuthority(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
SignatureAuthority::SignatureAuthority(SignatureAuthority&&) noexcept = default;
SignatureAuthority& SignatureAuthority::operator=(SignatureAuthority&&) noexcept = default;
SignatureAuthority::~SignatureAuthority() = default;

Result<SignatureAuthority, Complaint> SignatureAuthority::open(const std::string& trust_file) {
  const auto certificates = read_certificates(trust_file);
  if (!certificates) {
    return tl::unexpected(certificates.error());
  }
  auto implementation = std::make_unique<Implementation>();
  implementation->store.reset(X509_STORE_new());
  X509_STORE* store = implementation->store.get();
  MUSTER_ASSERT(store != nullptr);
  for (const auto& certificate : *certificates) {
    MUSTER_ASSERT(X509_STORE_add_cert(store, certificate.get()) == 1);
  }
  // An authority in between may be named without its root; and see cms.h about uses.
  X509_VERIFY_PARAM* rules = X509_STORE_get0_param(store);
  MUSTER_ASSERT(X509_VERIFY_PARAM_set_flags(rules, X509_V_FLAG_PARTIAL_CHAIN) == 1);
  MUSTER_ASSERT(X509_VERIFY_PARAM_set_purpose(rules, X509_PURPOSE_ANY) == 1);
  return SignatureAuthority(std::move(implementation));
}

std::optional<Fingerprint> SignatureAuthority::signer_of(Bytes body, std::string_view signature,
                                                         WallTime now) const {
  std::vector<Byte> der;
  if (signature.size() > signature_bytes_max || body.size() > INT32_MAX ||
      !from_base64(signature, der)) {
    return std::nullopt;
  }
  const Byte* at = der.data();
  const MessageOwner message(d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(der.size())));
  const BioOwner content(BIO_new_mem_buf(body.data(), static_cast<int>(body.size())));
  std::optional<Fingerprint> signer;
  if (message && at == der.data() + der.size()) {
    X509_STORE* store = implementation_->store.get();
    X509_VERIFY_PARAM_set_time(X509_STORE_get0_param(store), static_cast<time_t>(now.seconds()));
    if (CMS_verify(message.get(), nullptr, store, content.get(), nullptr, CMS_BINARY) == 1) {
      signer = only_signer_of(message.get());
    }
  }
  ERR_clear_error();
  return signer;
}

}  // namespace muster::crypto
