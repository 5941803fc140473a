#include "loadgen/command_books.h"

#include <algorithm>
#include <cstdio>
#include <utility>

#include "base/ascii.h"
#include "loadgen/books.h"
#include "loadgen/books_fault_file.h"
#include "loadgen/books_host.h"
#include "loadgen/stop_signals.h"

namespace muster::loadgen {
namespace {

constexpr Duration look_every = std::chrono::milliseconds(100);

BooksRules rules_of(const BooksWishes& wishes, const Clock& clock) {
  BooksRules rules;
  rules.organisation = wishes.organisation;
  for (auto domain : wishes.domains) {
    std::ranges::transform(domain, domain.begin(), ascii_lower);
    rules.domains.push_back(std::move(domain));
  }
  rules.limits.set("maxUsers", wishes.users_max);
  rules.page_size = wishes.page_size;
  rules.event_delay = std::chrono::milliseconds(wishes.event_delay_ms);
  rules.notification_retry = std::chrono::seconds(wishes.notification_retry_s);
  rules.token_lifetime = std::chrono::hours(24 * std::int64_t{wishes.token_days});
  rules.seed = wishes.seed;
  rules.started = clock.now();
  rules.started_wall = clock.wall();
  return rules;
}

Result<BooksHost::Settings, Complaint> settings_of(const BooksWishes& wishes) {
  BooksHost::Settings settings;
  settings.server.listen = wishes.serving.listen;
  settings.client.trust_file = wishes.trust_file;
  settings.token_file = wishes.token_file;
  if (wishes.serving.has_certificate()) {
    auto credentials = credentials_of(wishes.serving, {});
    if (!credentials) {
      return tl::unexpected(credentials.error());
    }
    settings.server.certificate_file = credentials->certificate_file;
    settings.server.key_file = credentials->key_file;
  }
  return settings;
}

// Until it is told to stop, or nobody was there for so long.
Result<void, Complaint> run(BooksHost& host, const StopSignals& signals, const Clock& clock,
                            Duration idle_max) {
  auto busy_at = clock.now();
  while (!signals.wait(look_every)) {
    if (auto trouble = host.trouble()) {
      return tl::unexpected(std::move(*trouble));
    }
    const auto now = clock.now();
    if (host.connections() != 0) {
      busy_at = now;
    }
    if (idle_max != Duration::zero() && now - busy_at >= idle_max) {
      break;
    }
  }
  signals.drain();
  return {};
}

}  // namespace

Result<void, Complaint> serve_books(const BooksWishes& wishes) {
  const SystemClock clock;
  const StopSignals signals;
  BooksFaultPlan faults;
  if (!wishes.faults_file.empty()) {
    auto plan = read_books_fault_file(wishes.faults_file);
    if (!plan) {
      return tl::unexpected(plan.error());
    }
    faults = std::move(*plan);
  }
  BooksJournal journal;
  if (!wishes.journal_file.empty()) {
    auto opened = BooksJournal::open(wishes.journal_file);
    if (!opened) {
      return tl::unexpected(opened.error());
    }
    journal = std::move(*opened);
  }
  const auto settings = settings_of(wishes);
  if (!settings) {
    return tl::unexpected(settings.error());
  }
  Books books(rules_of(wishes, clock), std::move(faults), std::move(journal));
  auto host = BooksHost::open(*settings, books, clock);
  if (!host) {
    return tl::unexpected(host.error());
  }
  std::fprintf(stderr, "muster-loadgen: books listens on port %u\n", (*host)->port());
  if (!wishes.serving.port_file.empty()) {
    if (auto written = write_file(wishes.serving.port_file, std::to_string((*host)->port()));
        !written) {
      return written;
    }
  }
  auto ran = run(**host, signals, clock, std::chrono::seconds(wishes.serving.idle_s));
  const auto json = (*host)->stats();
  std::printf("%s\n", json.c_str());
  std::fflush(stdout);
  if (ran && !wishes.serving.stats_file.empty()) {
    return write_file(wishes.serving.stats_file, json);
  }
  return ran;
}

}  // namespace muster::loadgen
