#include "crypto/openssl.h"

#include <openssl/obj_mac.h>

#include <ctime>

#include "base/assert.h"

namespace muster::crypto {

std::string text_of(BIO* memory) {
  char* start = nullptr;
  const auto length = BIO_get_mem_data(memory, &start);
  return length > 0 ? std::string(start, static_cast<std::size_t>(length)) : std::string();
}

std::string one_line(const X509_NAME* name) {
  const BioOwner memory(BIO_new(BIO_s_mem()));
  MUSTER_ASSERT(memory != nullptr);
  X509_NAME_print_ex(memory.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  return text_of(memory.get());
}

std::string user_id_of(const X509_NAME* name) {
  const int at = X509_NAME_get_index_by_NID(name, NID_userId, -1);
  if (at < 0) {
    return {};
  }
  unsigned char* text = nullptr;
  const int length =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  if (length < 0) {
    return {};
  }
  std::string user_id(reinterpret_cast<const char*>(text), static_cast<std::size_t>(length));
  OPENSSL_free(text);
  return user_id;
}

WallTime wall_time_of(const ASN1_TIME* time) {
  std::tm parts{};
  if (ASN1_TIME_to_tm(time, &parts) != 1) {
    return WallTime{};
  }
  return WallTime{static_cast<std::int64_t>(timegm(&parts)) * 1000};
}

}  // namespace muster::crypto
