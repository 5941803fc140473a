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
#include "crypto/issuing.h"
#include "crypto/openssl.h"

namespace muster::crypto {
namespace {

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

Result<void, Complaint> write_certificate(const std::string& file, const Issued& issued) {
  return write_file(file, certificate_pem(issued.certificate.get()), 0644);
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
  const Issued authority = issue_certificate(
      CertificateRequest{"Muster throw-away authority", "", "", "", day_s}, nullptr);
  const Issued server =
      issue_certificate(CertificateRequest{wanted.server_name, "",
                                           "DNS:" + wanted.server_name + ",IP:127.0.0.1,IP:::1",
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
  const Issued client =
      issue_certificate(CertificateRequest{"Muster throw-away client", wanted.topic, "",
                                           "clientAuth", wanted.client_valid_s},
                        &authority);
  return write_pair(wanted.dir + "/client", client);
}

}  // namespace muster::crypto
