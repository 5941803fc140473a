#include "console/audit.h"

#include <algorithm>
#include <utility>

#include "console/audit_rows.h"
#include "console/records.h"
#include "model/limits.h"

namespace muster::console {

struct Audit::Implementation {
  std::unique_ptr<Records> records;
  const Clock& clock;
};

Audit::Audit(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Audit::~Audit() = default;

Result<std::unique_ptr<Audit>, Complaint> Audit::open(const std::string& dir, const Clock& clock) {
  auto records = Records::open(dir);
  if (!records) {
    return tl::unexpected(records.error());
  }
  return std::unique_ptr<Audit>(
      new Audit(std::make_unique<Implementation>(Implementation{std::move(*records), clock})));
}

Result<void, Refusal> Audit::append(const Actor& actor, const Deed& deed) {
  const WallTime now = implementation_->clock.wall();
  return implementation_->records->change([&](store::AccountStore& store) -> Result<void, Refusal> {
    if (const auto done = append_row(store, now, actor, deed); !done) {
      return refuse_for_trouble(done.error());
    }
    return {};
  });
}

Result<AuditPage, Refusal> Audit::list(std::uint64_t before, std::uint32_t limit) {
  const auto most = std::clamp<std::uint32_t>(limit, 1, limits::audit_page_max);
  // One more than is shown tells whether any follow.
  auto rows = implementation_->records->read([&](store::AccountStore& store) {
    return store.audit(before == 0 ? UINT64_MAX : before, most + 1);
  });
  if (!rows) {
    return refuse_for_trouble(rows.error());
  }
  AuditPage page;
  const bool more = rows->size() > most;
  rows->resize(std::min<std::size_t>(rows->size(), most));
  for (auto& row : *rows) {
    page.entries.push_back({row.number, row.at, std::move(row.actor), std::move(row.address),
                            std::move(row.action), std::move(row.target), std::move(row.detail)});
  }
  page.next = more ? page.entries.back().number : 0;
  return page;
}

Result<std::uint64_t, Refusal> Audit::first_broken() {
  std::uint64_t next = 0;  // 0: the first row is still to come
  store::SecretDigest seal{};
  for (;;) {
    const auto rows = implementation_->records->read(
        [&](store::AccountStore& store) { return store.audit_from(next, limits::audit_page_max); });
    if (!rows) {
      return refuse_for_trouble(rows.error());
    }
    if (rows->empty()) {
      return 0;
    }
    for (const auto& row : *rows) {
      // The row before the oldest one that is kept is gone by right, and its seal with it.
      const bool oldest = next == 0 && row.number != 1;
      if (!oldest &&
          (row.number != std::max<std::uint64_t>(next, 1) || row.seal != seal_of(seal, row))) {
        return row.number;
      }
      seal = row.seal;
      next = row.number + 1;
    }
  }
}

}  // namespace muster::console
