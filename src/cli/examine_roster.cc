// A roster's hygiene as findings: nothing of it keeps a send from starting.
#include "cli/examine.h"
#include "cli/text.h"

namespace muster::cli {
namespace {

Finding finding_of(const service::Finds& finds, const std::string& found, const std::string& mend) {
  Finding finding{finds.count == 0 ? Grade::good : Grade::warning, "roster",
                  with_separators(finds.count) + " " + found, finds.count == 0 ? "" : mend};
  finding.count = finds.count;
  finding.examples = finds.first;
  return finding;
}

}  // namespace

std::vector<Finding> examine_roster(const service::Hygiene& hygiene) {
  const auto of = [](std::uint64_t number, const char* noun) {
    return "of " + counted(number, noun) + " ";
  };
  const auto users = of(hygiene.users, "user");
  const auto devices = of(hygiene.devices, "device");
  return {
      finding_of(hygiene.users_without_either, users + "have neither an address nor a device",
                 "no invitation can reach them"),
      finding_of(hygiene.users_without_address, users + "have no address",
                 "mail cannot reach them"),
      finding_of(hygiene.users_without_device, users + "have no device", "push cannot reach them"),
      finding_of(hygiene.devices_dead, devices + "have a push token that is gone",
                 "they get a new one when they check in or are imported with it"),
      finding_of(hygiene.devices_silent, devices + "checked in once, but not in the last 30 days",
                 "see whether they are still used"),
      finding_of(hygiene.addresses_shared, "addresses belong to several users each",
                 "who reads them takes the invitations of all"),
      finding_of(hygiene.groups_empty, of(hygiene.groups, "group") + "have nobody in them",
                 "a send to them reaches nobody")};
}

}  // namespace muster::cli
