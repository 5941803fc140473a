#include "http/trust.h"

#include <curl/curl.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>

#include "crypto/certificate.h"

namespace muster::http {
namespace {

std::string text_or_empty(const char* text) {
  return text == nullptr ? std::string() : std::string(text);
}

std::string content_of(const std::string& file) {
  std::ifstream stream(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(stream), {}};
}

// "9d04f354.0": the hash of a name, as update-ca-certificates leaves it.
bool is_hashed(const std::string& directory) {
  std::error_code trouble;
  const std::filesystem::directory_iterator entries(directory, trouble);
  return std::any_of(begin(entries), end(entries), [](const auto& entry) {
    const auto name = entry.path().filename().string();
    return name.size() == 10 && name.ends_with(".0");
  });
}

}  // namespace

SystemTrust system_trust() {
  const auto* facts = ::curl_version_info(CURLVERSION_NOW);
  return {text_or_empty(facts->capath), text_or_empty(facts->cainfo)};
}

Result<Trust, Complaint> read_trust(const std::string& file, const SystemTrust& system) {
  Trust trust;
  if (!file.empty()) {
    if (const auto readable = crypto::read_certificate(file); !readable) {
      return tl::unexpected(readable.error());
    }
    trust.blob = content_of(file) + "\n";
  }
  if (is_hashed(system.directory)) {
    trust.directory = system.directory;
  } else {
    trust.blob += content_of(system.bundle);
  }
  return trust;
}

}  // namespace muster::http
