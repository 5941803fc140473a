#include "crypto/device_identity.h"

#include <openssl/cms.h>
#include <openssl/pem.h>

#include "base/assert.h"
#include "crypto/digest.h"
#include "crypto/issuing.h"
#include "crypto/openssl.h"

namespace muster::crypto {
namespace {

using MessageOwner = std::unique_ptr<CMS_ContentInfo, Release<CMS_ContentInfo_free>>;

}  // namespace

struct DeviceIdentity::Implementation {
  Issued issued;
};
struct DeviceAuthority::Implementation {
  Issued issued;
};

DeviceIdentity::DeviceIdentity(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
DeviceIdentity::DeviceIdentity(DeviceIdentity&&) noexcept = default;
DeviceIdentity& DeviceIdentity::operator=(DeviceIdentity&&) noexcept = default;
DeviceIdentity::~DeviceIdentity() = default;

std::string DeviceIdentity::sign(std::string_view body) const {
  const BioOwner content(BIO_new_mem_buf(body.data(), static_cast<int>(body.size())));
  const MessageOwner message(CMS_sign(implementation_->issued.certificate.get(),
                                      implementation_->issued.key.get(), nullptr, content.get(),
                                      CMS_DETACHED | CMS_BINARY | CMS_NOSMIMECAP));
  MUSTER_ASSERT(message != nullptr);
  unsigned char* der = nullptr;
  const int size = i2d_CMS_ContentInfo(message.get(), &der);
  MUSTER_ASSERT(size > 0);
  const std::unique_ptr<unsigned char, void (*)(unsigned char*)> owner(
      der, [](unsigned char* memory) { OPENSSL_free(memory); });
  return base64({der, static_cast<std::size_t>(size)});
}

std::vector<Byte> DeviceIdentity::certificate() const {
  const X509* certificate = implementation_->issued.certificate.get();
  const int size = i2d_X509(certificate, nullptr);
  MUSTER_ASSERT(size > 0);
  std::vector<Byte> der(static_cast<std::size_t>(size));
  unsigned char* at = der.data();
  MUSTER_ASSERT(i2d_X509(certificate, &at) == size);
  return der;
}

std::string DeviceIdentity::private_key_pem() const {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(PEM_write_bio_PKCS8PrivateKey(memory.get(), implementation_->issued.key.get(),
                                              nullptr, nullptr, 0, nullptr, nullptr) == 1);
  return text_of(memory.get());
}

std::string DeviceIdentity::certificate_pem() const {
  return crypto::certificate_pem(implementation_->issued.certificate.get());
}

DeviceAuthority::DeviceAuthority()
    : implementation_(std::make_unique<Implementation>(Implementation{issue_certificate(
          CertificateRequest{"Muster throw-away device authority", "", "", "", day_s}, nullptr)})) {
}
DeviceAuthority::DeviceAuthority(DeviceAuthority&&) noexcept = default;
DeviceAuthority& DeviceAuthority::operator=(DeviceAuthority&&) noexcept = default;
DeviceAuthority::~DeviceAuthority() = default;

std::string DeviceAuthority::certificate_pem() const {
  return crypto::certificate_pem(implementation_->issued.certificate.get());
}

DeviceIdentity DeviceAuthority::issue(const std::string& name, std::int64_t valid_s) const {
  CertificateRequest wanted;
  wanted.common_name = name;
  wanted.usage = "clientAuth";
  wanted.valid_s = valid_s;
  return DeviceIdentity(std::make_unique<DeviceIdentity::Implementation>(
      DeviceIdentity::Implementation{issue_certificate(wanted, &implementation_->issued)}));
}

}  // namespace muster::crypto
