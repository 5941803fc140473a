#include "tests/sim/options.h"

#include <algorithm>
#include <sstream>
#include <string>

#include "base/random.h"

namespace muster::sim {

std::string Faults::text() const {
  std::ostringstream text;
  text << "refused " << refused << " unreachable " << unreachable << " cut " << cut
       << " black_hole " << black_hole << " bad_status " << bad_status << " stream_refused "
       << stream_refused << " stream_reset " << stream_reset << " stream_silent " << stream_silent
       << " goaway " << goaway << " one_stream " << one_stream << " window_shut " << window_shut
       << " mail_busy " << mail_busy << " mail_leave " << mail_leave << " mail_deferred "
       << mail_deferred << " mail_refused " << mail_refused << " mail_silent_end "
       << mail_silent_end << " dns_failed " << dns_failed;
  return text.str();
}

Options Options::draw(std::uint64_t seed) {
  Random random(seed * 2654435761U + 1);
  const auto sometimes = [&](double share_of_seeds, double most) {
    return random.chance(share_of_seeds) ? most * static_cast<double>(1 + random.below(100)) / 100
                                         : 0.0;
  };
  Options options;
  options.seed = seed;
  constexpr std::uint32_t sizes[] = {3, 40, 300, 1500, 3000, 4096, 6000};
  options.invitations = sizes[random.below(std::size(sizes))];
  options.shards = static_cast<std::uint32_t>(1 + random.below(2));
  options.connections = static_cast<std::uint32_t>(1 + random.below(4));
  constexpr std::uint32_t streams[] = {1, 20, 100, 1000, 4000};
  options.streams = streams[random.below(std::size(streams))];
  options.tokens_lost = random.chance(0.3) ? 1 + options.invitations / 50 : 0;
  options.canary = random.chance(0.5) ? static_cast<std::uint32_t>(1 + random.below(100)) : 0;
  options.rate = random.chance(0.2) ? 500 : 0;
  options.latency_most =
      std::chrono::milliseconds(1 + random.below(random.chance(0.2) ? 2500 : 60));
  auto& faults = options.faults;
  faults.refused = sometimes(0.4, 0.4);
  faults.unreachable = sometimes(0.2, 0.3);
  faults.cut = sometimes(0.5, 0.7);
  faults.black_hole = sometimes(0.3, 0.3);
  faults.bad_status = sometimes(0.6, 0.3);
  faults.stream_refused = sometimes(0.4, 0.03);
  faults.stream_reset = sometimes(0.4, 0.03);
  faults.stream_silent = sometimes(0.3, 0.01);
  faults.goaway = sometimes(0.5, 0.02);
  faults.one_stream = sometimes(0.3, 0.01);
  faults.window_shut = sometimes(0.3, 0.5);
  options.faults_last = std::chrono::seconds(5 + random.below(60));
  for (auto count = random.below(4); count > 0; --count) {
    options.crashes.push_back(1 + random.below(options.invitations));
  }
  for (auto count = random.below(3); count > 0; --count) {
    options.drains.push_back(1 + random.below(options.invitations));
  }
  // Drawn last, so that a seed's pushes stay what they were before there was mail.
  constexpr std::uint32_t mailboxes[] = {1, 30, 200, 700, 1200};
  options.mailboxes = random.chance(0.5) ? mailboxes[random.below(std::size(mailboxes))] : 0;
  options.pipelining = random.chance(0.7);
  options.letters_a_connection =
      random.chance(0.3) ? static_cast<std::uint32_t>(1 + random.below(20)) : 0;
  options.letters_a_second = random.chance(0.2) ? 100 : 0;
  faults.mail_busy = sometimes(0.3, 0.3);
  faults.mail_leave = sometimes(0.4, 0.05);
  faults.mail_deferred = sometimes(0.5, 0.1);
  faults.mail_refused = sometimes(0.4, 0.05);
  faults.mail_silent_end = sometimes(0.5, 0.05);
  for (auto count = options.mailboxes == 0 ? 0 : random.below(3); count > 0; --count) {
    options.mail_crashes.push_back(1 + random.below(options.mailboxes));
  }
  options.direct = options.mailboxes != 0 && random.chance(0.5);
  faults.dns_failed = sometimes(0.5, 0.5);
  // … and last of all, before tasks asked for clearances.
  constexpr std::uint32_t accounts[] = {0, 1, 50, 400, 5000};
  options.asks = random.chance(1.0 / 3);
  const auto accounts_drawn = accounts[random.below(std::size(accounts))];
  options.accounts = options.asks ? accounts_drawn : 0;
  options.registering_lasts = std::chrono::seconds(1 + random.below(100));
  std::sort(options.mail_crashes.begin(), options.mail_crashes.end());
  std::sort(options.crashes.begin(), options.crashes.end());
  std::sort(options.drains.begin(), options.drains.end());
  return options;
}

std::string Options::text() const {
  std::ostringstream text;
  text << "seed " << seed << ": invitations " << invitations << " shards " << shards
       << " connections " << connections << " streams " << streams << " tokens_lost " << tokens_lost
       << " canary " << canary << " rate " << rate << " latency_ms "
       << latency_most.count() / 1'000'000 << (direct ? " direct" : "")
       << (asks ? " asks, accounts " + std::to_string(accounts) : "") << " faults_s "
       << faults_last.count() / 1'000'000'000 << " " << faults.text() << " crashes";
  for (const auto at : crashes) {
    text << " " << at;
  }
  text << " mail_crashes";
  for (const auto at : mail_crashes) {
    text << " " << at;
  }
  text << " drains";
  for (const auto at : drains) {
    text << " " << at;
  }
  return text.str();
}

}  // namespace muster::sim
