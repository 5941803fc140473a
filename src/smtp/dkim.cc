#include "smtp/dkim.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "base/assert.h"
#include "crypto/digest.h"
#include "smtp/address.h"
#include "smtp/canonical.h"

namespace muster::smtp {
namespace {

constexpr std::size_t line_max = 78;
constexpr std::size_t signature_line = 72;            // digits of b= a line
constexpr std::string_view behind_hash = ";\r\n b=";  // between bh= and the signature's digits
constexpr std::string_view next_line = "\r\n ";

tl::unexpected<Complaint> complain(std::string found, std::string expected) {
  Complaint complaint;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  return tl::unexpected(std::move(complaint));
}

// "from:to:…:from", folded behind colons.
std::string names_of(std::span<const std::string_view> fields) {
  std::string names = " h=";
  std::size_t column = names.size();
  const auto add_name = [&](std::string_view name, char end) {
    if (column + name.size() + 1 > line_max) {
      names += "\r\n  ";
      column = 2;
    }
    for (const char letter : name) {
      names += static_cast<char>(letter >= 'A' && letter <= 'Z' ? letter + ('a' - 'A') : letter);
    }
    names += end;
    column += name.size() + 1;
  };
  for (const std::string_view name : fields) {
    add_name(name, ':');
  }
  add_name("From", ';');
  return names;
}

// Octets of so many digits with their folds.
std::size_t folded_size(std::size_t digits) {
  return digits + (digits - 1) / signature_line * next_line.size();
}

}  // namespace

BodyHash body_hash(std::string_view body, Octets& room) {
  room.clear();
  add_canonical_body(room, body);
  BodyHash hash{};
  static_assert(std::tuple_size_v<BodyHash> == crypto::base64_size(32));
  crypto::write_base64(crypto::sha256(room), hash.data());
  return hash;
}

Result<DkimSigner, Complaint> DkimSigner::make(const DkimKey& key,
                                               std::span<const std::string_view> fields) {
  if (const auto hindrance = hindrance_of_domain(key.domain); !hindrance.empty()) {
    return complain("the DKIM domain '" + key.domain + "' " + hindrance,
                    "the domain whose DNS holds the key, such as school.example");
  }
  if (!hindrance_of_domain(key.selector).empty()) {
    return complain("the DKIM selector '" + key.selector + "' is no name in DNS",
                    "the name in front of ._domainkey in DNS, such as muster1");
  }
  auto signing_key = crypto::SigningKey::read(key.key_file);
  if (!signing_key) {
    return tl::unexpected(signing_key.error());
  }
  std::string domain;
  std::string selector;
  MUSTER_ASSERT(append_ascii_domain(key.domain, domain));
  MUSTER_ASSERT(append_ascii_domain(key.selector, selector));
  const bool rsa = signing_key->kind() == crypto::SigningKey::Kind::rsa;
  return DkimSigner(std::move(*signing_key),
                    "DKIM-Signature: v=1; a=" + std::string(rsa ? "rsa" : "ed25519") +
                        "-sha256; c=relaxed/relaxed;\r\n d=" + domain + ";\r\n s=" + selector +
                        ";\r\n t=",
                    ";\r\n" + names_of(fields) + "\r\n bh=");
}

DkimSigner::DkimSigner(crypto::SigningKey key, std::string begin, std::string middle)
    : key_(std::move(key)), begin_(std::move(begin)), middle_(std::move(middle)) {}

DkimSigner::Place DkimSigner::write_field(Octets& to, WallTime now) const {
  std::array<char, 20> digits{};
  const auto written = std::to_chars(digits.data(), digits.data() + digits.size(),
                                     std::max<std::int64_t>(now.seconds(), 0));
  Place place{.begin = to.size()};
  add(to, begin_);
  add(to, std::string_view(digits.data(), static_cast<std::size_t>(written.ptr - digits.data())));
  add(to, middle_);
  place.hash = to.size();
  to.resize(to.size() + std::tuple_size_v<BodyHash>);
  add(to, behind_hash);
  to.resize(to.size() + folded_size(crypto::base64_size(key_.signature_size())));
  add(to, "\r\n");
  return place;
}

void DkimSigner::finish(Octets& letter, Place place, const BodyHash& hash,
                        Octets& canonical) const {
  std::copy(hash.begin(), hash.end(), letter.data() + place.hash);
  const std::size_t begin = place.hash + hash.size() + behind_hash.size();
  const auto before = canonical.size();
  add_canonical_field(canonical, as_text(Bytes(letter).subspan(place.begin, begin - place.begin)));
  const auto digest = crypto::sha256(canonical);
  canonical.resize(before);

  std::array<Byte, crypto::SigningKey::signature_size_max> signature{};
  const auto size = key_.signature_size();
  key_.sign(digest, signature);
  std::array<char, crypto::base64_size(crypto::SigningKey::signature_size_max)> digits{};
  crypto::write_base64(Bytes(signature).first(size), digits.data());
  Byte* out = letter.data() + begin;
  const auto digits_size = crypto::base64_size(size);
  for (std::size_t line = 0; line < digits_size; line += signature_line) {
    if (line > 0) {
      out = std::copy(next_line.begin(), next_line.end(), out);
    }
    out = std::copy_n(digits.data() + line, std::min(signature_line, digits_size - line), out);
  }
  MUSTER_ASSERT(out[0] == '\r' && out[1] == '\n');
}

}  // namespace muster::smtp
