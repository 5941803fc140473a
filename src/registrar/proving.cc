// A session's beginning: Apple's limits as they are now, and whose the content token is.
#include <algorithm>

#include "base/log.h"
#include "model/limits.h"
#include "registrar/implementation.h"

namespace muster::registrar {
namespace {

constexpr std::string_view about_us = "bulk invitations to Managed Distribution";

bool subscribed(const ClientConfig& config, std::string_view type) {
  return std::ranges::find(config.notification_types, type) != config.notification_types.end();
}

}  // namespace

Result<void> Registrar::Implementation::ask_service(Location& location) {
  const std::array requests{ask_service_config(settings.url)};
  const auto answers = ask(location, requests);
  const auto config = read_service_config(answers[0], clock.wall());
  if (config) {
    service = *config;
    service_until = clock.now() + settings.config_every;
    return {};
  }
  // It is open to all: whatever Apple says here is not about the token, and holds for everybody.
  auto refusal = config.error();
  if (refusal.remedy() == Remedy::stop_location) {
    refusal.number = 0;
    refusal.status = 0;
    refusal.trouble = ErrorCode::protocol;
  }
  Round mine;
  mine.note(refusal);
  Round others;
  others.note_handled(refusal);
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  for (auto& each : places) {
    const auto& round = &each == &location ? mine : others;
    if (!each.open() || !round.held_up()) {
      continue;
    }
    if (const auto done = conclude(each, round); !done) {
      return done;
    }
  }
  return records.commit();
}

Result<void> Registrar::Implementation::prove(Location& location) {
  const std::array requests{ask_client_config(access(location))};
  const auto answers = ask(location, requests);
  const auto config = read_client_config(answers[0], clock.wall());
  Round round;
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  if (!config) {
    round.note(config.error());
  } else if (const auto done = take_in_config(location, *config); !done) {
    return done;
  }
  if (const auto done = conclude(location, round); !done) {
    return done;
  }
  if (const auto done = records.commit(); !done) {
    return done;
  }
  const bool ours = config && location.open();
  return ours && claim_wanted(location, *config) ? claim(location) : Result<void>{};
}

Result<void> Registrar::Implementation::take_in_config(Location& location,
                                                       const ClientConfig& config) {
  location.row.name = config.location_name;
  location.row.expires_at = config.expires_at.value_or(location.row.expires_at);
  if (const auto done = records.store().put_location(location.row); !done) {
    return done;
  }
  if (location.hold() != Hold::to_be_taken_over) {
    const auto ours = still_ours(location, config.mdm);
    if (!ours) {
      return tl::unexpected(ours.error());
    }
    if (!*ours) {
      return {};
    }
  }
  return claim_wanted(location, config) ? Result<void>{} : prove_ours(location);
}

Result<void> Registrar::Implementation::prove_ours(Location& location) {
  location.proved_until = clock.now() + settings.config_every;
  return hold(location, Hold::ok,
              location.notifications_off
                  ? "Apple refuses to notify " + settings.notification_url +
                        ": who has accepted is learnt later, by asking; mend [books] "
                        "notification_url or leave it empty"
                  : "");
}

bool Registrar::Implementation::claim_wanted(const Location& location,
                                             const ClientConfig& config) const {
  if (!config.mdm || config.mdm->id != location.row.our_id) {
    return true;
  }
  const bool notified = !settings.notification_url.empty() && !location.notifications_off;
  return notified &&
         (config.notification_url != settings.notification_url ||
          !subscribed(config, type_user_management) || !subscribed(config, type_user_associated));
}

// Apple sends TEST_NOTIFICATION while this is asked: deliver() answers it from another thread.
Result<void> Registrar::Implementation::claim(Location& location) {
  const auto cut = [](std::string_view text, std::uint32_t most) { return text.substr(0, most); };
  const std::array requests{claim_client_config(
      access(location),
      Claim{.id = location.row.our_id,
            .name = cut(settings.name, rules().mdm_name_max),
            .metadata = cut(about_us, rules().mdm_metadata_max),
            .notification_url = location.notifications_off ? "" : settings.notification_url,
            .notification_token = location.row.notification_token})};
  const auto answers = ask(location, requests);
  const auto config = read_client_config(answers[0], clock.wall());
  Round round;
  if (const auto begun = records.begin(); !begun) {
    return begun;
  }
  if (config) {
    if (const auto done = prove_ours(location); !done) {
      return done;
    }
  } else if (config.error().remedy() == Remedy::without_notifications &&
             !location.notifications_off) {
    log::warning("registrar", "Apple refuses the address for notifications",
                 {{"location", location.row.id}, {"reason", config.error().words()}});
    location.notifications_off = true;  // the next step claims once more, without them
    round.note_handled(config.error());
  } else {
    round.note(config.error());
  }
  if (const auto done = conclude(location, round); !done) {
    return done;
  }
  return records.commit();
}

}  // namespace muster::registrar
