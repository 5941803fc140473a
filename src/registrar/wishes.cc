// What people want of the registrar: content tokens, users, imported codes. Durable at once.
#include <algorithm>
#include <set>

#include "base/log.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "model/id.h"
#include "model/limits.h"
#include "registrar/implementation.h"
#include "registrar/invitation_url.h"

namespace muster::registrar {
namespace {

constexpr std::size_t notification_token_bytes = 32;
constexpr std::size_t wishes_per_commit = 16'384;

Complaint complaint_of(const std::string& dir, const Error& error) {
  return Complaint{.file = dir + "/control.db",
                   .found = muster::words(error),
                   .expected = {},
                   .mend = "nothing was changed; try again once that is mended",
                   .cause = error};
}

tl::unexpected<Complaint> complain(std::string found, std::string mend) {
  return tl::unexpected(Complaint{
      .file = {}, .found = std::move(found), .expected = {}, .mend = std::move(mend), .cause = {}});
}

bool good_name(const std::string& id) {
  return !id.empty() && id.size() <= limits::name_bytes_max && first_not_text(id) == id.size() &&
         first_control(id) == id.size();
}

std::string new_token() {
  std::array<Byte, notification_token_bytes> bytes{};
  crypto::fill_random(bytes);
  return crypto::base64url(bytes);
}

}  // namespace

Result<void> Registrar::Implementation::write(const std::function<Result<void>()>& what) {
  if (halted) {
    return trouble(ErrorCode::disk_failed);
  }
  if (stale) {
    if (const auto loaded = load(); !loaded) {
      return loaded;
    }
    stale = false;
  }
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  auto done = what();
  if (done) {
    done = records.commit();
  }
  if (!done) {
    lose(done.error(), clock.now());
  }
  publish();
  return done;
}

Result<void, Complaint> Registrar::Implementation::install(const std::string& id,
                                                           const ContentToken& token) {
  if (!good_name(id)) {
    return complain("this is no name for a location", "give it a short one, as in users.csv");
  }
  if (expiry_of(token.expires_at, clock.wall()) == Expiry::expired) {
    return complain("the content token expired on " + to_text(token.expires_at),
                    "download a new one in Apple School Manager or Apple Business Manager");
  }
  const auto* known = find(id);
  if (known == nullptr && places.size() >= limits::locations_max) {
    return complain("there are " + std::to_string(places.size()) + " locations already",
                    "install the token for one of them");
  }
  auto row = known == nullptr ? store::LocationRow{} : known->row;
  const bool same = row.organisation == token.organisation;
  const auto counts = records.counts(row.number);
  if (known != nullptr && !row.content_token.empty() && !same &&
      counts.waiting + counts.registered + counts.associated != 0) {
    return complain("location '" + id + "' has users registered with " + row.organisation +
                        ", and this content token is of " + token.organisation,
                    "install it for another location");
  }
  row.id = id;
  row.content_token = token.text;
  row.organisation = token.organisation;
  row.expires_at = token.expires_at;
  row.installed_at = clock.wall();
  row.standing = static_cast<std::uint8_t>(Hold::unproved);
  row.standing_text.clear();
  if (!same) {
    row.since_version.clear();
  }
  if (row.our_id.empty()) {
    row.our_id = uuid_text(Records::new_row(0).client_user_id);
    row.notification_token = new_token();
  }
  const auto done = write([&] { return records.store().put_location(row); });
  if (!done) {
    return tl::unexpected(complaint_of(dir_, done.error()));
  }
  auto* location = find(id);
  if (location == nullptr) {
    location = &add_location(row);
  }
  location->row = row;
  location->walk.reset();
  location->walk_wanted = true;
  location->proved_until = Instant{};
  location->notifications_off = false;
  location->trouble.clear();
  inbox.admit(row.number, row.notification_token);
  publish();
  return {};
}

Result<void, Complaint> Registrar::Implementation::take_over(const std::string& id) {
  auto* location = find(id);
  if (location == nullptr || location->row.content_token.empty()) {
    return complain("location '" + id + "' has no content token", "install one first");
  }
  const auto done =
      write([&] { return hold(*find(id), Hold::to_be_taken_over, "to be taken over"); });
  if (!done) {
    return tl::unexpected(complaint_of(dir_, done.error()));
  }
  return {};
}

Result<void> Registrar::Implementation::want(std::span<const Person> people) {
  while (!people.empty()) {
    const auto some = people.first(std::min(people.size(), wishes_per_commit));
    people = people.subspan(some.size());
    const auto done = write([&]() -> Result<void> {
      for (const auto& person : some) {
        if (auto one = want_one(person); !one) {
          return one;
        }
      }
      return {};
    });
    if (!done) {
      return done;
    }
  }
  return {};
}

Result<void> Registrar::Implementation::want_one(const Person& person) {
  auto found = records.store().registration(person.user);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& known = *found;
  auto* location = find(person.location);
  if (!known) {
    return put_wanted(person, location, std::nullopt);
  }
  switch (Records::progress_of(*known)) {
    case Progress::asked:
    case Progress::registered:
    case Progress::associated:
      return {};
    case Progress::wanted: {
      const bool same = location != nullptr && known->location == location->row.number &&
                        known->email == person.email && known->account == person.account;
      return same ? Result<void>{} : put_wanted(person, location, std::move(known));
    }
    case Progress::refused:
    case Progress::retired:
      break;
  }
  return put_wanted(person, location, std::move(known));
}

// He begins anew, under the id that he has.
Result<void> Registrar::Implementation::put_wanted(const Person& person, Location* location,
                                                   std::optional<store::RegistrationRow> known) {
  const bool possible = location != nullptr && !location->row.content_token.empty();
  const auto number = location == nullptr ? 0 : location->row.number;
  const auto old = known.value_or(Records::new_row(person.user));
  if (known) {
    records.move(*known, number);
  }
  store::RegistrationRow row;
  row.user = person.user;
  row.location = number;
  row.client_user_id = old.client_user_id;
  row.state = old.state;
  row.error = possible ? 0 : error_no_content_token;
  row.email = person.email;
  row.account = person.account;
  const auto to = possible ? Progress::wanted : Progress::refused;
  if (possible) {
    location->wanted.push_back(person.user);  // a second time, perhaps: queues are hints
  }
  return known ? records.change(row, to, clock.wall()) : records.add(row, to, clock.wall());
}

Result<void> Registrar::Implementation::take_codes(std::span<const ImportedCode> codes) {
  std::vector<std::string> read;
  read.reserve(codes.size());
  std::set<std::string> unknown;
  for (const auto& imported : codes) {
    auto code = code_of(imported.url);
    if (!code || !good_name(imported.location)) {
      return trouble(ErrorCode::protocol);
    }
    read.push_back(std::move(*code));
    if (find(imported.location) == nullptr) {
      unknown.insert(imported.location);
    }
  }
  if (places.size() + unknown.size() > limits::locations_max) {
    return trouble(ErrorCode::not_permitted);
  }
  return write([&]() -> Result<void> {
    for (const auto& id : unknown) {
      store::LocationRow row;
      row.id = id;
      row.standing = static_cast<std::uint8_t>(Hold::codes);
      if (const auto done = records.store().put_location(row); !done) {
        return done;
      }
      add_location(row);
    }
    for (std::size_t i = 0; i < codes.size(); ++i) {
      if (const auto done = take_code(codes[i], std::move(read[i])); !done) {
        return done;
      }
    }
    return {};
  });
}

Result<void> Registrar::Implementation::take_code(const ImportedCode& imported, std::string code) {
  const auto found = records.store().registration(imported.user);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto& known = *found;
  auto row = known ? *known : Records::new_row(imported.user);
  const auto number = find(imported.location)->row.number;
  if (known && Records::progress_of(row) == Progress::associated) {
    return {};  // he needs none any more
  }
  if (known) {
    records.move(row, number);
  } else {
    row.location = number;
  }
  row.code = std::move(code);
  row.url = imported.url;
  row.id_hash.clear();
  row.error = 0;
  return known ? records.change(row, Progress::registered, clock.wall())
               : records.add(row, Progress::registered, clock.wall());
}

}  // namespace muster::registrar
