#include "loadgen/school_options.h"

namespace muster::loadgen {
namespace {

void add_school_people(CLI::App* command, SchoolRunWishes& wishes) {
  auto& roster = wishes.roster;
  command->add_option("--users", roster.users, "Users")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command
      ->add_option("--devices-per-user", wishes.devices_per_user,
                   "Devices of each user; 1.2: every fifth has a second one")
      ->check(CLI::Range(1.0, 100.0))
      ->capture_default_str();
  command->add_option("--seed", roster.seed, "The same seed: the same people, who do the same")
      ->capture_default_str();
  const auto share = [command](const char* name, double& value, const char* what) {
    command->add_option(name, value, what)->check(CLI::Range(0.0, 1.0))->capture_default_str();
  };
  share("--accept-rate", wishes.accept_rate, "Share of users who accept what they are shown");
  share("--mac-share", roster.mac_share, "Share of Macs");
  share("--tv-share", roster.tv_share, "Share of Apple TVs");
  share("--shared-share", roster.shared_share, "Share of Shared iPads");
  share("--user-enrollment", roster.user_enrollment, "Share of devices that their users enrolled");
  share("--without-account", roster.without_account,
        "Share of users without a Managed Apple Account");
  share("--without-device", roster.without_device, "Share of users without a device");
}

}  // namespace

CLI::App* add_run_school(CLI::App& program, SchoolRunWishes& wishes) {
  auto* run = program.add_subcommand("run", "Play a whole story with real processes, and judge it");
  run->require_subcommand(1);
  auto* command = run->add_subcommand(
      "school",
      "Managed Distribution from an empty folder to every invitation's end: a school, Apps and "
      "Books, devices, muster; exits 0 if nothing was lost, doubled or misreported");
  auto& roster = wishes.roster;
  roster.users = 5000;
  roster.groups = 40;
  roster.nesting = 4;
  roster.mac_share = 0.15;
  roster.tv_share = 0.02;
  roster.shared_share = 0.05;
  roster.user_enrollment = 0.02;
  roster.without_account = 0.6;
  roster.without_device = 0.02;
  add_school_people(command, wishes);
  command->add_flag("--faults,!--no-faults", wishes.faults,
                    "Apps and Books and the devices have a bad day (loadgen/faults); default: on");
  command->add_option("--muster", wishes.muster, "The program under test");
  command->add_option("--dir", wishes.dir,
                      "Folder for all files, empty or not there yet; default: a temporary one, "
                      "which stays only where something is wrong");
  command->add_flag("--json", wishes.json, "One JSON object instead of the report");
  return command;
}

}  // namespace muster::loadgen
