#include "registrar/registrar.h"

#include "model/limits.h"
#include "registrar/facts.h"
#include "registrar/implementation.h"

namespace muster::registrar {
namespace {

std::string words_of(const Location& location) {
  if (!location.row.standing_text.empty()) {
    return location.row.standing_text;
  }
  if (!location.trouble.empty()) {
    return location.trouble + "; it is tried again by itself";
  }
  if (location.shared_accounts != 0) {
    return std::to_string(location.shared_accounts) +
           " Apple Accounts have accepted for more than one user each: assignments to these users "
           "will clash; retire those who used another's account and invite them again";
  }
  return {};
}

}  // namespace

Result<std::unique_ptr<Registrar>, Complaint> Registrar::open(const std::string& dir,
                                                              const RegistrarSettings& settings,
                                                              http::Exchange& exchange,
                                                              const Clock& clock) {
  auto store = store::RegistrationStore::open(dir, store::OpenMode::write);
  if (!store) {
    return tl::unexpected(store.error());
  }
  auto implementation =
      std::make_unique<Implementation>(dir, settings, exchange, clock, std::move(*store));
  const auto loaded = implementation->load();
  if (!loaded) {
    return tl::unexpected(Complaint{.file = dir + "/control.db",
                                    .found = words(loaded.error()),
                                    .expected = {},
                                    .mend = "restore the file from a backup; nothing was changed",
                                    .cause = loaded.error()});
  }
  return std::unique_ptr<Registrar>(new Registrar(std::move(implementation)));
}

Registrar::Registrar(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Registrar::~Registrar() = default;

Result<void, Complaint> Registrar::install(const std::string& location, const ContentToken& token) {
  return implementation_->install(location, token);
}
Result<void, Complaint> Registrar::take_over(const std::string& location) {
  return implementation_->take_over(location);
}
Result<void> Registrar::want(std::span<const Person> people) {
  return implementation_->want(people);
}
void Registrar::reconsider(UserNumber user) {
  implementation_->records.standings().reconsider(user);
}
Result<void> Registrar::take_codes(std::span<const ImportedCode> codes) {
  return implementation_->take_codes(codes);
}
void Registrar::turn() {
  implementation_->turn();
}
Instant Registrar::next() const {
  return implementation_->next();
}
std::vector<UserNumber> Registrar::take_associated() {
  return implementation_->records.take_associated();
}
const Standings& Registrar::standings() const {
  return implementation_->records.standings();
}
std::uint16_t Registrar::deliver(std::string_view authorization, std::string_view body) {
  return implementation_->inbox.deliver(authorization, body);
}
bool Registrar::wanted() const {
  return implementation_->inbox.any();
}

std::vector<LocationFacts> Registrar::locations() const {
  const auto now = implementation_->clock.wall();
  const std::lock_guard lock(implementation_->facts_mutex);
  auto facts = implementation_->facts;
  for (auto& each : facts) {
    const bool codes = each.condition == LocationFacts::Condition::codes;
    each.expiry = codes ? Expiry::good : expiry_of(each.expires_at, now);
  }
  return facts;
}

void Registrar::Implementation::publish() {
  std::vector<LocationFacts> made;
  made.reserve(places.size());
  for (const auto& location : places) {
    const auto counts = records.counts(location.row.number);
    auto& facts_now = made.emplace_back(facts_of(location.row, clock.wall()));
    facts_now.words = words_of(location);
    facts_now.waiting = counts.waiting;
    facts_now.registered = counts.registered;
    facts_now.associated = counts.associated;
    facts_now.refused_users = counts.refused;
    if (location.row.number >= 1 && location.row.number <= limits::locations_max) {
      records.standings().stop(static_cast<std::uint32_t>(location.row.number),
                               location.stopped(clock.wall()));
    }
  }
  const std::lock_guard lock(facts_mutex);
  facts.swap(made);
}

}  // namespace muster::registrar
