#include "crypto/certificate.h"

#include "crypto/openssl.h"
#include "crypto/pem_file.h"

namespace muster::crypto {

Result<CertificateFacts, Complaint> read_certificate(const std::string& file) {
  const auto certificates = read_certificates(file);
  if (!certificates) {
    return tl::unexpected(certificates.error());
  }
  const X509* own = certificates->front().get();
  CertificateFacts facts;
  facts.subject = one_line(X509_get_subject_name(own));
  facts.user_id = user_id_of(X509_get_subject_name(own));
  facts.not_before = wall_time_of(X509_get0_notBefore(own));
  facts.not_after = wall_time_of(X509_get0_notAfter(own));
  return facts;
}

}  // namespace muster::crypto
