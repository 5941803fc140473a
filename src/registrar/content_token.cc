#include "registrar/content_token.h"

#include <vector>

#include "base/utf8.h"
#include "crypto/digest.h"
#include "json/value.h"
#include "model/limits.h"
#include "registrar/dates.h"

namespace muster::registrar {
namespace {

constexpr Duration soon = std::chrono::hours(24 * 30);

// Nothing of the content is quoted: whatever it is, it may be a secret.
tl::unexpected<Complaint> refuse(const std::string& name, std::string found) {
  return tl::unexpected(
      Complaint{.file = name,
                .found = std::move(found),
                .expected = "a content token of Apple School Manager or Apple Business Manager",
                .mend = "download it there again (your name, Preferences, Payments and Billing, "
                        "Content Tokens) and install that file as it is",
                .cause = {}});
}

// A byte order mark and white space anywhere: mail programs and editors put them there.
std::string without_white_space(std::string_view content) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (content.starts_with(mark)) {
    content.remove_prefix(mark.size());
  }
  std::string text;
  text.reserve(content.size());
  for (const char c : content) {
    if (std::string_view(" \t\r\n\v\f").find(c) == std::string_view::npos) {
      text += c;
    }
  }
  return text;
}

}  // namespace

Result<ContentToken, Complaint> read_content_token(std::string_view content,
                                                   const std::string& name) {
  if (content.size() > limits::content_token_bytes_max) {
    return refuse(name, "this is too long for a content token (" + std::to_string(content.size()) +
                            " bytes)");
  }
  ContentToken token;
  token.text = without_white_space(content);
  if (token.text.empty()) {
    return refuse(name, "there is nothing in it");
  }
  std::vector<Byte> inside;
  if (!crypto::from_base64(token.text, inside)) {
    return refuse(name, token.text.front() == '{' ? "this is JSON, not yet in base64"
                                                  : "this is not base64, or it was cut off");
  }
  const auto tree = json::Tree::parse(as_text(inside), limits::content_token_bytes_max);
  if (!tree || !tree->root().is_object()) {
    return refuse(name, "there is no JSON object in its base64");
  }
  const auto secret = tree->root().at("token").text();
  const auto date = tree->root().at("expDate").text();
  const auto organisation = tree->root().at("orgName").text();
  if (!secret || secret->empty()) {
    return refuse(name, "its JSON has no 'token'");
  }
  if (!date) {
    return refuse(name, "its JSON has no 'expDate'");
  }
  if (!organisation || organisation->empty()) {
    return refuse(name, "its JSON has no 'orgName'");
  }
  if (organisation->size() > limits::name_bytes_max ||
      first_control(*organisation) != organisation->size()) {
    return refuse(name, "its 'orgName' is too long or has control characters");
  }
  const auto expires_at = read_token_date(*date);
  if (!expires_at) {
    return refuse(name, "its 'expDate' is no date like 2030-11-08T22:33:22-0700");
  }
  token.organisation = *organisation;
  token.expires_at = *expires_at;
  return token;
}

Expiry expiry_of(WallTime expires_at, WallTime now) {
  if (expires_at <= now) {
    return Expiry::expired;
  }
  const auto left = std::chrono::milliseconds(expires_at.milliseconds - now.milliseconds);
  return left <= soon ? Expiry::soon : Expiry::good;
}

}  // namespace muster::registrar
