#include "crypto/pem_file.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string_view>
#include <system_error>

namespace muster::crypto {
namespace {

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using FileOwner = std::unique_ptr<std::FILE, CloseFile>;

tl::unexpected<Complaint> complain(const std::string& file, std::string found, std::string expected,
                                   std::string mend, Error cause = {}) {
  Complaint complaint;
  complaint.file = file;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  complaint.mend = std::move(mend);
  complaint.cause = cause;
  return tl::unexpected(std::move(complaint));
}

Result<FileOwner, Complaint> open_for_reading(const std::string& file) {
  FileOwner opened(std::fopen(file.c_str(), "rbe"));
  if (!opened) {
    const int reason = errno;
    return complain(file, std::string("cannot be read: ") + std::generic_category().message(reason),
                    "a readable file", "check the path and who may read it",
                    error_of_errno(reason));
  }
  struct stat facts{};
  if (fstat(fileno(opened.get()), &facts) == 0 && S_ISDIR(facts.st_mode)) {
    return complain(file, "is a directory", "a PEM file", "name the file inside it",
                    error_of_errno(EISDIR));
  }
  return opened;
}

// systemd hands credentials over with an access list whose mask shows as group-readable.
bool is_systemd_credential(const std::string& file) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Muster ever sets a variable
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory != nullptr && *directory != '\0' &&
         file.starts_with(std::string(directory) + "/");
}

Result<void, Complaint> check_private(const std::string& file, std::FILE* opened) {
  struct stat facts{};
  const bool known = fstat(fileno(opened), &facts) == 0;
  if (known && (facts.st_mode & (S_IRWXG | S_IRWXO)) == 0) {
    return {};
  }
  if (is_systemd_credential(file)) {
    return {};
  }
  return complain(file, "this private key can be read by others than its owner",
                  "a file that only its owner may read", "run: chmod 600 " + file,
                  Error{ErrorCode::not_permitted, 0});
}

// OpenSSL does not say whether a key was damaged or not there at all.
bool names_a_private_key(std::FILE* opened) {
  if (std::fseek(opened, 0, SEEK_SET) != 0) {
    return false;
  }
  // A key is a few kilobytes; what stands behind is not ours.
  std::string text(std::size_t{16} * 1024, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), opened));
  const bool found = text.find("PRIVATE KEY-----") != std::string::npos;
  OPENSSL_cleanse(text.data(), text.size());
  return found;
}

// OpenSSL would ask on the terminal. Refuse, and remember that the key wanted a passphrase.
int refuse_passphrase(char* /*buffer*/, int /*size*/, int /*writing*/, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

Result<std::vector<CertificateOwner>, Complaint> read_certificates(const std::string& file) {
  const auto opened = open_for_reading(file);
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  const BioOwner source(BIO_new_fp(opened->get(), BIO_NOCLOSE));
  std::vector<CertificateOwner> certificates;
  ERR_clear_error();
  while (X509* next = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)) {
    certificates.emplace_back(next);
  }
  // Running out of PEM blocks ends the loop too, as "no start line".
  const bool at_end = ERR_GET_REASON(ERR_peek_last_error()) == PEM_R_NO_START_LINE;
  ERR_clear_error();
  if (!at_end) {
    return complain(file, "certificate " + std::to_string(certificates.size() + 1) + " is damaged",
                    "certificates in PEM form", "fetch the file again from its issuer");
  }
  if (certificates.empty()) {
    return complain(
        file, "holds no certificate", "a certificate in PEM form",
        "convert it to PEM, for example: openssl pkcs12 -in FILE.p12 -nodes -out " + file);
  }
  return certificates;
}

Result<KeyOwner, Complaint> read_private_key(const std::string& file) {
  const auto opened = open_for_reading(file);
  if (!opened) {
    return tl::unexpected(opened.error());
  }
  if (auto checked = check_private(file, opened->get()); !checked) {
    return tl::unexpected(checked.error());
  }
  bool asked = false;
  const BioOwner source(BIO_new_fp(opened->get(), BIO_NOCLOSE));
  KeyOwner key(PEM_read_bio_PrivateKey(source.get(), nullptr, refuse_passphrase, &asked));
  ERR_clear_error();
  if (key) {
    return key;
  }
  if (asked) {
    return complain(file, "this private key is encrypted", "a private key without a passphrase",
                    "decrypt it: openssl pkey -in " + file + " -out PLAIN, then chmod 600 PLAIN");
  }
  if (!names_a_private_key(opened->get())) {
    return complain(file, "holds no private key", "a private key in PEM form",
                    "name the file that begins with -----BEGIN PRIVATE KEY-----");
  }
  return complain(file, "this private key is damaged", "a private key in PEM form",
                  "fetch the file again from its issuer");
}

}  // namespace muster::crypto
