#include "console/audit_rows.h"

#include <algorithm>
#include <vector>

#include "base/utf8.h"
#include "crypto/digest.h"
#include "json/value.h"
#include "model/limits.h"

namespace muster::console {
namespace {

// Text of any origin as one that no row can be forged with: neither control characters nor bytes
// that are not UTF-8, and of bounded length.
std::string clean(std::string text) {
  text.resize(std::min(text.size(), limits::audit_field_bytes_max));
  for (auto at = first_not_text(text); at < text.size(); at = first_not_text(text)) {
    text[at] = '?';
  }
  for (auto at = first_control(text); at < text.size(); at = first_control(text)) {
    // Those beyond ASCII have two bytes.
    const std::size_t bytes = static_cast<Byte>(text[at]) < 0x80 ? 1 : 2;
    text.replace(at, bytes, "?");
  }
  return text;
}

std::string detail_of(const std::string& given) {
  if (given.empty()) {
    return "{}";
  }
  const auto tree = json::Tree::parse(given, limits::audit_detail_bytes_max);
  return tree && tree->root().is_object() ? given : R"({"omitted":true})";
}

void append_text(std::vector<Byte>& to, std::string_view text) {
  append<std::uint64_t>(to, text.size());
  to.insert(to.end(), text.begin(), text.end());
}

}  // namespace

store::SecretDigest seal_of(const store::SecretDigest& before, const store::AuditRow& row) {
  std::vector<Byte> bytes(before.begin(), before.end());
  append<std::uint64_t>(bytes, row.number);
  append<std::int64_t>(bytes, row.at.milliseconds);
  for (const auto* text : {&row.actor, &row.address, &row.action, &row.target, &row.detail}) {
    append_text(bytes, *text);
  }
  return crypto::sha256(bytes);
}

Result<void> append_row(store::AccountStore& store, WallTime now, const Actor& actor,
                        const Deed& deed) {
  const auto newest = store.audit(UINT64_MAX, 1);
  if (!newest) {
    return tl::unexpected(newest.error());
  }
  store::AuditRow row;
  row.number = newest->empty() ? 1 : newest->front().number + 1;
  row.at = now;
  row.actor = clean(actor.name);
  row.address = clean(actor.address);
  row.action = clean(deed.action);
  row.target = clean(deed.target);
  row.detail = detail_of(deed.detail);
  row.seal = seal_of(newest->empty() ? store::SecretDigest{} : newest->front().seal, row);
  if (const auto done = store.append_audit(row); !done) {
    return done;
  }
  if (row.number > limits::audit_rows_max) {
    return store.remove_audit_below(row.number - limits::audit_rows_max + 1);
  }
  return {};
}

}  // namespace muster::console
