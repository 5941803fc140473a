// What Apple says of a user, into his row.
//
// News may be late or overtaken: what would take a user a step back (Retired, or Registered after
// he had accepted) is believed only of an answer that was asked for by his name just now; otherwise
// it is a reason to ask.
#include <algorithm>

#include "base/log.h"
#include "registrar/implementation.h"
#include "registrar/invitation_url.h"

namespace muster::registrar {

Result<void> Registrar::Implementation::see(Location& location, const SeenUser& seen, bool sure) {
  auto found = records.store().registration_of(seen.id);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& row = *found;
  if (!row || row->location != location.row.number) {
    return {};  // not one of ours
  }
  const auto progress = Records::progress_of(*row);
  const bool ahead = progress == Progress::associated || progress == Progress::retired;
  switch (seen.status) {
    case SeenUser::Status::retired:
      if (progress == Progress::registered || progress == Progress::associated) {
        location.lookups.push_back({row->user, false});
      }
      return {};
    case SeenUser::Status::registered:
      if (ahead && !sure) {
        location.lookups.push_back({row->user, false});
        return {};
      }
      return see_registered(*row, seen);
    case SeenUser::Status::associated:
      if (progress == Progress::retired && !sure) {
        location.lookups.push_back({row->user, false});
        return {};
      }
      return see_associated(location, *row, seen);
  }
  return {};
}

Result<void> Registrar::Implementation::see_registered(store::RegistrationRow& row,
                                                       const SeenUser& seen) {
  if (Records::progress_of(row) == Progress::registered && row.code == seen.code) {
    return {};
  }
  const std::string_view url_template =
      service ? std::string_view(service->invitation_template) : invitation_template_default;
  auto url = acceptable_url(seen.url) ? seen.url : invitation_url(url_template, seen.code);
  if (url.empty()) {
    return refuse(row, error_unusable_code);
  }
  row.code = seen.code;
  row.url = std::move(url);
  row.id_hash.clear();
  row.error = 0;
  row.tries = 0;
  return records.change(row, Progress::registered, clock.wall());
}

Result<void> Registrar::Implementation::see_associated(Location& location,
                                                       store::RegistrationRow& row,
                                                       const SeenUser& seen) {
  if (Records::progress_of(row) == Progress::associated && row.id_hash == seen.id_hash) {
    return {};
  }
  if (!seen.id_hash.empty() && row.id_hash != seen.id_hash) {
    const auto users = records.store().users_of(location.row.number, seen.id_hash);
    if (!users) {
      return tl::unexpected(users.error());
    }
    if (*users == 1 && location.shared_accounts++ == 0) {
      log::warning("registrar", "one Apple Account has accepted for several users",
                   {{"location", location.row.id}});
    }
  }
  row.code.clear();  // it has served: nobody else shall accept with it
  row.url.clear();
  row.id_hash = seen.id_hash;
  row.error = 0;
  row.tries = 0;
  return records.change(row, Progress::associated, clock.wall());
}

}  // namespace muster::registrar
