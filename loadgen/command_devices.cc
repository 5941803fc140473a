#include "loadgen/command_devices.h"

#include <memory>
#include <utility>

#include "loadgen/apns_host.h"
#include "loadgen/behaviour_file.h"
#include "loadgen/device_signer.h"
#include "loadgen/fleet_runner.h"

namespace muster::loadgen {
namespace {

Complaint about(std::string found, std::string expected) {
  Complaint complaint;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  return complaint;
}

Result<WebAddress, Complaint> address_of(const std::string& option, const std::string& url) {
  auto address = read_web_address(url);
  if (!address) {
    return tl::unexpected(about(option + " '" + url + "' is no web address",
                                "a URL such as http://127.0.0.1:8470/mdm"));
  }
  return *address;
}

Result<FleetRunnerSettings, Complaint> settings_of(const DevicesWishes& wishes) {
  FleetRunnerSettings settings;
  const auto mdm = address_of("--mdm", wishes.mdm);
  if (!mdm) {
    return tl::unexpected(mdm.error());
  }
  settings.fleet.mdm = *mdm;
  if (!wishes.books.empty()) {
    const auto books = address_of("--books", wishes.books);
    if (!books) {
      return tl::unexpected(books.error());
    }
    settings.fleet.books = *books;
  }
  settings.connections = wishes.connections;
  settings.trust_file = wishes.trust_file;
  settings.journal_file = wishes.journal_file;
  settings.enrolled_file = wishes.enrolled_file;
  return settings;
}

}  // namespace

Result<Behaviour, Complaint> behaviour_of(const DevicesWishes& wishes) {
  Behaviour behaviour;
  if (!wishes.behaviour_file.empty()) {
    auto read = read_behaviour_file(wishes.behaviour_file);
    if (!read) {
      return tl::unexpected(read.error());
    }
    behaviour = std::move(*read);
  }
  behaviour.seed = wishes.seed.value_or(behaviour.seed);
  if (wishes.accept_share) {
    behaviour.accept(*wishes.accept_share, std::chrono::milliseconds(wishes.accept_delay_ms));
  }
  if (behaviour.share_of(Question::user) > 1 + 1e-9) {
    return tl::unexpected(about("the users who accept and those who cancel are more than everybody",
                                "a lower --accept-rate"));
  }
  return behaviour;
}

Result<void, Complaint> serve_devices(const DevicesWishes& wishes) {
  const auto settings = settings_of(wishes);
  if (!settings) {
    return tl::unexpected(settings.error());
  }
  const auto behaviour = behaviour_of(wishes);
  if (!behaviour) {
    return tl::unexpected(behaviour.error());
  }
  const auto roster = read_fleet_roster(wishes.roster);
  if (!roster) {
    return tl::unexpected(roster.error());
  }
  DeviceSigner signer(wishes.devices_per_identity);
  BodySigner sign;
  if (wishes.identity == "signature") {
    sign = [&signer](std::uint32_t device, std::string_view body) {
      return signer.sign(device, body);
    };
  }
  if (!wishes.identity_authority.empty()) {
    if (auto written = write_file(wishes.identity_authority, signer.authority_pem()); !written) {
      return written;
    }
  }
  ApnsParts parts;
  if (auto ready = prepare_apns(wishes.apns, parts); !ready) {
    return ready;
  }
  auto fleet = FleetRunner::open(*settings, *roster, *behaviour, parts.clock, std::move(sign));
  if (!fleet) {
    return tl::unexpected(fleet.error());
  }
  parts.peer.observer = &(*fleet)->observer();
  ApnsHost host(parts.peer, {parts.tls.get(), false});
  (*fleet)->start();
  Result<void, Complaint> ran;
  auto served = serve(wishes.apns.serving, parts.clock,
                      {"devices", host, [&] {
                         ran = (*fleet)->stop();
                         return "{\"apns\":" + parts.peer.stats.json() +
                                ",\"devices\":" + (*fleet)->stats().json() + "}";
                       }});
  return served ? ran : served;
}

}  // namespace muster::loadgen
