#include "crypto/password.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <array>
#include <charconv>
#include <optional>
#include <vector>

#include "base/assert.h"
#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "crypto/openssl.h"

namespace muster::crypto {
namespace {

// Stored:
//   hash := "$scrypt$ln=" number ",r=" number ",p=" number "$" salt "$" key
//   salt := 16 bytes in base64url · key := 32 bytes in base64url
using KdfOwner = std::unique_ptr<EVP_KDF, Release<EVP_KDF_free>>;
using KdfContextOwner = std::unique_ptr<EVP_KDF_CTX, Release<EVP_KDF_CTX_free>>;
using Salt = std::array<Byte, 16>;

// A hash that asks for more was not written by us, or by a later version on a larger machine.
constexpr std::uint64_t memory_max = 1024UL * 1024 * 1024;
constexpr std::uint32_t parallel_max = 64;

// What OpenSSL reckons with: N + p blocks of 128 · r bytes, and a little.
std::uint64_t memory_of(const PasswordCost& cost) {
  return 128UL * cost.r * ((1UL << cost.log2_n) + cost.p + 2);
}

bool bearable(const PasswordCost& cost) {
  return cost.log2_n >= 1 && cost.log2_n <= 24 && cost.r >= 1 && cost.r <= 1024 && cost.p >= 1 &&
         cost.p <= parallel_max && memory_of(cost) <= memory_max;
}

Digest derive(std::string_view password, Bytes salt, const PasswordCost& cost) {
  MUSTER_ASSERT(bearable(cost));
  const KdfOwner kdf(EVP_KDF_fetch(nullptr, "SCRYPT", nullptr));
  const KdfContextOwner context(EVP_KDF_CTX_new(kdf.get()));
  MUSTER_ASSERT(context != nullptr);
  std::uint64_t n = 1UL << cost.log2_n;
  std::uint32_t r = cost.r;
  std::uint32_t p = cost.p;
  std::uint64_t memory = memory_of(cost);
  // OpenSSL takes pointers to what it only reads, and no null pointer.
  std::string secret(password);
  std::vector<Byte> grain(salt.begin(), salt.end());
  const std::array<OSSL_PARAM, 7> parameters{
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_PASSWORD, secret.data(), secret.size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_SALT, grain.data(), grain.size()),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_N, &n),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_R, &r),
      OSSL_PARAM_construct_uint32(OSSL_KDF_PARAM_SCRYPT_P, &p),
      OSSL_PARAM_construct_uint64(OSSL_KDF_PARAM_SCRYPT_MAXMEM, &memory),
      OSSL_PARAM_construct_end()};
  Digest key{};
  MUSTER_ASSERT(EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) == 1);
  OPENSSL_cleanse(secret.data(), secret.size());
  return key;
}

struct Stored {
  PasswordCost cost;
  std::vector<Byte> salt;
  std::vector<Byte> key;
};

bool take(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word)) {
    return false;
  }
  text.remove_prefix(word.size());
  return true;
}

bool take_number(std::string_view& text, std::uint32_t& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return error == std::errc{};
}

std::optional<Stored> read(std::string_view text) {
  Stored stored;
  const bool begun = take(text, "$scrypt$ln=") && take_number(text, stored.cost.log2_n) &&
                     take(text, ",r=") && take_number(text, stored.cost.r) && take(text, ",p=") &&
                     take_number(text, stored.cost.p) && take(text, "$");
  const auto middle = text.find('$');
  if (!begun || middle == std::string_view::npos ||
      !from_base64url(text.substr(0, middle), stored.salt) ||
      !from_base64url(text.substr(middle + 1), stored.key) || !bearable(stored.cost) ||
      stored.key.size() != Digest{}.size()) {
    return std::nullopt;
  }
  return stored;
}

}  // namespace

std::string hash_password(std::string_view password, const PasswordCost& cost) {
  Salt salt{};
  fill_random(salt);
  const Digest key = derive(password, salt, cost);
  return "$scrypt$ln=" + std::to_string(cost.log2_n) + ",r=" + std::to_string(cost.r) +
         ",p=" + std::to_string(cost.p) + "$" + base64url(salt) + "$" + base64url(key);
}

bool password_matches(std::string_view password, std::string_view stored,
                      const PasswordCost& cost) {
  const auto hash = read(stored);
  if (!hash) {
    static_cast<void>(derive(password, Salt{}, cost));
    return false;
  }
  return equal_in_constant_time(derive(password, hash->salt, hash->cost), hash->key);
}

bool worth_less_than(std::string_view stored, const PasswordCost& cost) {
  const auto hash = read(stored);
  return !hash || hash->cost.log2_n < cost.log2_n || hash->cost.r < cost.r || hash->cost.p < cost.p;
}

std::string random_token() {
  std::array<Byte, 32> bytes{};
  fill_random(bytes);
  return base64url(bytes);
}

}  // namespace muster::crypto
