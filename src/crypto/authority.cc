// The throw-away authority of certificate.h: one self-signed root, and leaves signed by it.
#include <fcntl.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <system_error>

#include "base/assert.h"
#include "crypto/certificate.h"
#include "crypto/digest.h"
#include "crypto/openssl.h"

namespace muster::crypto {
namespace {

constexpr std::int64_t day_s = 86'400;

tl::unexpected<Complaint> cannot_write(const std::string& file, int reason) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::string("cannot be written: ") + std::generic_category().message(reason);
  complaint.mend = "name a directory that can be written";
  complaint.cause = error_of_errno(reason);
  return tl::unexpected(std::move(complaint));
}

// Keys are private from their first byte on: the mode is given to open(), not set afterwards.
Result<void, Complaint> write_file(const std::string& file, const std::string& text, mode_t mode) {
  unlink(file.c_str());
  const int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (descriptor < 0) {
    return cannot_write(file, errno);
  }
  std::string_view rest = text;
  while (!rest.empty()) {
    const auto written = ::write(descriptor, rest.data(), rest.size());
    if (written < 0) {
      const int reason = errno;
      close(descriptor);
      return cannot_write(file, reason);
    }
    rest.remove_prefix(static_cast<std::size_t>(written));
  }
  close(descriptor);
  return {};
}

struct Issued {
  CertificateOwner certificate;
  KeyOwner key;
};

struct Request {
  std::string common_name;
  std::string user_id;            // empty: none
  std::string alternative_names;  // in OpenSSL's configuration syntax; empty: none
  std::string usage;              // extended key usage; empty: an authority
  std::int64_t valid_s = day_s;
};

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

// `issuer` null: self-signed. Nothing where the alternative names are no names.
Issued issue(const Request& wanted, const Issued* issuer) {
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

Result<void, Complaint> write_certificate(const std::string& file, const Issued& issued) {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(PEM_write_bio_X509(memory.get(), issued.certificate.get()) == 1);
  return write_file(file, text_of(memory.get()), 0644);
}

Result<void, Complaint> write_pair(const std::string& stem, const Issued& issued) {
  if (auto written = write_certificate(stem + ".pem", issued); !written) {
    return written;
  }
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(PEM_write_bio_PKCS8PrivateKey(memory.get(), issued.key.get(), nullptr, nullptr, 0,
                                              nullptr, nullptr) == 1);
  return write_file(stem + ".key", text_of(memory.get()), 0600);
}

// A comma would begin another entry of OpenSSL's list.
bool may_be_a_name(const std::string& name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return c > ' ' && c < 0x7f && c != ','; });
}

}  // namespace

Result<void, Complaint> make_authority(const ThrowAwayAuthority& wanted) {
  std::error_code failed;
  std::filesystem::create_directories(wanted.dir, failed);
  if (failed) {
    return cannot_write(wanted.dir, failed.value());
  }
  if (!may_be_a_name(wanted.server_name)) {
    Complaint complaint;
    complaint.found = "'" + wanted.server_name + "' is no server name";
    complaint.expected = "a host name such as localhost";
    return tl::unexpected(std::move(complaint));
  }
  const Issued authority =
      issue(Request{"Muster throw-away authority", "", "", "", day_s}, nullptr);
  const Issued server =
      issue(Request{wanted.server_name, "", "DNS:" + wanted.server_name + ",IP:127.0.0.1,IP:::1",
                    "serverAuth", wanted.server_valid_s},
            &authority);
  MUSTER_ASSERT(server.certificate != nullptr);
  if (auto written = write_certificate(wanted.dir + "/ca.pem", authority); !written) {
    return written;
  }
  if (auto written = write_pair(wanted.dir + "/server", server); !written) {
    return written;
  }
  if (wanted.topic.empty()) {
    return {};
  }
  const Issued client = issue(
      Request{"Muster throw-away client", wanted.topic, "", "clientAuth", wanted.client_valid_s},
      &authority);
  return write_pair(wanted.dir + "/client", client);
}

}  // namespace muster::crypto
