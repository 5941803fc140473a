#include "loadgen/program.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <string>

#include "loadgen/command_apns.h"
#include "loadgen/command_books.h"
#include "loadgen/command_devices.h"
#include "loadgen/command_smtp.h"
#include "loadgen/progress_bar.h"
#include "loadgen/roster.h"
#include "loadgen/school_files.h"
#include "loadgen/school_options.h"
#include "loadgen/school_run.h"
#include "loadgen/verify.h"

namespace muster::loadgen {
namespace {

constexpr int exit_bad_verdict = 1;
constexpr int exit_usage = 2;
constexpr int exit_trouble = 3;

int complain(const Complaint& complaint) {
  std::fprintf(stderr, "muster-loadgen: %s\n", complaint.line_of_text().c_str());
  return exit_trouble;
}

int run_roster(const RosterWishes& wishes) {
  ProgressBar bar("roster");
  const auto made =
      make_roster(wishes, [&bar](std::uint64_t done, std::uint64_t of) { bar.show(done, of); });
  return made ? 0 : complain(made.error());
}

int run_apns(const ApnsWishes& wishes) {
  const auto ran = serve_apns(wishes);
  return ran ? 0 : complain(ran.error());
}

int run_books(const BooksWishes& wishes) {
  const auto ran = serve_books(wishes);
  return ran ? 0 : complain(ran.error());
}

int run_devices(const DevicesWishes& wishes) {
  const auto ran = serve_devices(wishes);
  return ran ? 0 : complain(ran.error());
}

int run_smtp(const SmtpWishes& wishes) {
  const auto ran = serve_smtp(wishes);
  return ran ? 0 : complain(ran.error());
}

struct VerifyArguments {
  VerifyWishes wishes;
  std::uint64_t repeats_max = 0;
  bool json = false;
};

int run_verify(const VerifyArguments& arguments) {
  const auto outcome = verify(arguments.wishes);
  if (!outcome) {
    return complain(outcome.error());
  }
  const auto text =
      arguments.json ? json_of(*outcome, arguments.repeats_max) + "\n" : table_of(*outcome);
  std::fputs(text.c_str(), stdout);
  return outcome->report.good(arguments.repeats_max) ? 0 : exit_bad_verdict;
}

struct SchoolArguments {
  std::vector<std::string> tables;
  std::vector<std::string> journals;
};

int run_verify_school(const SchoolArguments& arguments) {
  SchoolVerdict verdict;
  for (const auto& file : arguments.tables) {
    if (const auto read = read_school_rows(file, verdict); !read) {
      return complain(read.error());
    }
  }
  for (const auto& file : arguments.journals) {
    if (const auto read = read_school_journal(file, verdict); !read) {
      return complain(read.error());
    }
  }
  const auto report = verdict.judge();
  std::printf("%s\n", json_of(report).c_str());
  return report.good() ? 0 : exit_bad_verdict;
}

int run_school_run(const SchoolRunWishes& wishes) {
  const auto report = run_school(wishes);
  if (!report) {
    return complain(report.error());
  }
  std::printf("%s\n", (wishes.json ? json_of(*report) : text_of(*report)).c_str());
  return report->verdict.good() ? 0 : exit_bad_verdict;
}

CLI::App* add_roster(CLI::App& program, RosterWishes& wishes) {
  auto* command = program.add_subcommand("roster", "Make up a school as CSV files");
  command->add_option("--users", wishes.users, "Users")->capture_default_str();
  command->add_option("--devices-per-user", wishes.devices_per_user, "Devices of each user")
      ->capture_default_str();
  command->add_option("--groups", wishes.groups, "Groups below the root group 'all'")
      ->capture_default_str();
  command->add_option("--nesting", wishes.nesting, "Levels of groups below the root")
      ->capture_default_str();
  command->add_option("--seed", wishes.seed, "The same seed makes the same roster")
      ->capture_default_str();
  command->add_option("--mac-share", wishes.mac_share, "Share of Macs, 0 … 1")
      ->capture_default_str();
  command->add_option("--without-device", wishes.without_device, "Share of users without a device")
      ->capture_default_str();
  command->add_option("--without-mail", wishes.without_mail, "Share of users without an address")
      ->capture_default_str();
  command->add_option("--another-device", wishes.another_device,
                      "Share of users with one device more");
  command->add_option("--tv-share", wishes.tv_share, "Share of Apple TVs");
  command->add_option("--shared-share", wishes.shared_share, "Share of Shared iPads");
  command->add_option("--user-enrollment", wishes.user_enrollment,
                      "Share of devices that their users enrolled");
  command->add_option("--without-account", wishes.without_account,
                      "Share of users without a Managed Apple Account");
  command->add_option("--mail-domain", wishes.mail_domain, "Domain of every address")
      ->capture_default_str();
  command
      ->add_option("--mail-domains", wishes.mail_domains,
                   "More than 1: spread them over d0.DOMAIN, d1.DOMAIN and so on, in turns")
      ->capture_default_str();
  command->add_option("--topic", wishes.topic, "Push topic of every device")->capture_default_str();
  command->add_option("--out", wishes.dir, "Folder for the files")->required();
  return command;
}

// How a server ends and what it leaves behind.
void add_end(CLI::App& command, ServingWishes& wishes) {
  command.add_option("--exit-after-idle,--idle", wishes.idle_s,
                     "End after so many seconds without a connection; 0: never");
  command.add_option("--port-file", wishes.port_file, "Write the port here when ready");
  command.add_option("--stats-file", wishes.stats_file, "Write the final counts here as well");
}

// What `apns` and `devices` have in common.
struct PushServerOptions {
  CLI::Option* faults;
  CLI::Option* journal;
};
PushServerOptions add_push_server(CLI::App* command, ApnsWishes& wishes) {
  auto* dir = command->add_option("--tls-dir", wishes.serving.tls_dir,
                                  "Folder of a throw-away authority, made there if absent");
  auto* certificate = command->add_option("--certificate", wishes.serving.certificate_file,
                                          "Server certificate (PEM)");
  auto* key = command->add_option("--key", wishes.serving.key_file, "Its private key (PEM)");
  auto* plain = command->add_flag("--plain", wishes.plain, "No TLS");
  plain->excludes(dir)->excludes(certificate)->excludes(key);
  dir->excludes(certificate);
  certificate->needs(key);
  key->needs(certificate);
  command->add_option("--client-authority", wishes.client_trust_file,
                      "Authority of client certificates (PEM); --tls-dir brings its own");
  command
      ->add_flag("--require-client-certificate", wishes.client_required,
                 "Certificate mode: the certificate's UID is the topic")
      ->excludes(plain);
  command->add_option("--token-key", wishes.token_key_file,
                      "Token mode: public key (PEM) that verifies provider tokens");
  command->add_option("--topic", wishes.topics, "Allowed topic; may be repeated");
  auto* faults = command->add_option("--faults", wishes.faults_file, "Faults as data (TOML)");
  auto* journal =
      command->add_option("--journal", wishes.journal_file, "Record what was acted on here");
  command->add_option("--streams", wishes.streams, "Concurrent streams a connection")
      ->capture_default_str();
  command->add_option("--window", wishes.window, "Flow-control window in bytes")
      ->check(CLI::Range(65'535U, 0x7fffffffU))
      ->capture_default_str();
  command->add_option("--delay", wishes.delay_ms, "Answer after so many milliseconds")
      ->capture_default_str();
  add_end(*command, wishes.serving);
  return {faults, journal};
}

CLI::App* add_apns(CLI::App& program, ApnsWishes& wishes) {
  auto* command = program.add_subcommand("apns", "Stand in for Apple's push server");
  command->add_option("--listen", wishes.serving.listen, "ADDRESS:PORT; port 0: any free one")
      ->capture_default_str();
  const auto options = add_push_server(command, wishes);
  auto* fast = command
                   ->add_flag("--fast", wishes.fast,
                              "A sink: answers 200 to everything, checks and journals nothing")
                   ->excludes(options.faults)
                   ->excludes(options.journal);
  command
      ->add_option(
          "--arrivals", wishes.arrivals_file,
          "Write when each request came here at the end: CLOCK_BOOTTIME in ns, a line each")
      ->needs(fast);
  return command;
}

CLI::App* add_devices(CLI::App& program, DevicesWishes& wishes) {
  auto* command = program.add_subcommand(
      "devices", "Play devices that enrol, are woken, ask and answer, and users who accept");
  command->add_option("--roster", wishes.roster, "Folder of the roster")->required();
  command->add_option("--mdm", wishes.mdm, "URL of the MDM endpoint, without /checkin")->required();
  command->add_option("--books", wishes.books,
                      "URL of the Apps and Books simulator; default: what invitations say");
  command
      ->add_option("--apns-listen", wishes.apns.serving.listen,
                   "ADDRESS:PORT of the push server that wakes them; port 0: any free one")
      ->capture_default_str();
  command->add_option("--behaviour", wishes.behaviour_file, "What they do, as data (TOML)");
  command->add_option("--seed", wishes.seed, "Who does what; default: the behaviour's own");
  auto* rate =
      command->add_option("--accept-rate", wishes.accept_share, "Share of users who accept, 0 … 1")
          ->check(CLI::Range(0.0, 1.0));
  command
      ->add_option("--accept-delay", wishes.accept_delay_ms,
                   "Milliseconds from a user's dialog to his tap")
      ->needs(rate)
      ->capture_default_str();
  command->add_option("--identity", wishes.identity, "How devices show who they are")
      ->check(CLI::IsMember({"signature", "none"}))
      ->capture_default_str();
  command
      ->add_option("--devices-per-identity", wishes.devices_per_identity,
                   "More than 1: so many share a certificate, which costs less")
      ->check(CLI::Range(1U, 1'000'000'000U))
      ->capture_default_str();
  command->add_option("--identity-authority", wishes.identity_authority,
                      "Write the authority of the devices' certificates here (PEM)");
  command->add_option("--connections", wishes.connections, "To the MDM endpoint at once")
      ->check(CLI::Range(1U, 4096U))
      ->capture_default_str();
  command->add_option("--trust", wishes.trust_file, "Authority of https servers (PEM)");
  command->add_option("--devices-journal", wishes.journal_file,
                      "Record what devices and users did here, a line of JSON a fact");
  command->add_option("--enrolled-file", wishes.enrolled_file,
                      "Write the number of devices here when all have enrolled");
  (void)add_push_server(command, wishes.apns);
  return command;
}

CLI::App* add_smtp(CLI::App& program, SmtpWishes& wishes) {
  auto* command = program.add_subcommand("smtp", "Stand in for a mail server");
  wishes.serving.listen = "127.0.0.1:2525";
  auto& serving = wishes.serving;
  command->add_option("--listen", serving.listen, "ADDRESS:PORT; port 0: any free one")
      ->capture_default_str();
  auto* dir = command->add_option("--tls-dir", serving.tls_dir,
                                  "Folder of a throw-away authority, made there if absent");
  auto* certificate =
      command->add_option("--certificate", serving.certificate_file, "Server certificate (PEM)");
  auto* key = command->add_option("--key", serving.key_file, "Its private key (PEM)");
  dir->excludes(certificate);
  certificate->needs(key);
  key->needs(certificate);
  command
      ->add_option("--tls", wishes.tls,
                   "implicit, starttls or none; default: starttls where there is a certificate")
      ->check(CLI::IsMember({"implicit", "starttls", "none"}));
  command->add_option("--login", wishes.login,
                      "USER:PASSWORD; mail without it is refused (PLAIN, LOGIN, SCRAM-SHA-256)");
  command->add_flag("--no-pipelining", wishes.no_pipelining,
                    "Do not offer it, and end a connection that does it all the same");
  command->add_flag("--no-chunking", wishes.no_chunking, "Do not offer BDAT");
  command->add_option("--size", wishes.size_max, "Octets that a message may have")
      ->capture_default_str();
  command->add_option("--connections", wishes.connections,
                      "So many at once; the next is greeted with 421 and closed; 0: any number");
  command->add_option("--messages-per-connection", wishes.messages_per_connection,
                      "Then 421; 0: any number");
  command->add_flag("--no-limits", wishes.no_limits,
                    "Do not tell the messages per connection in EHLO (LIMITS)");
  auto* faults = command->add_option("--faults", wishes.faults_file, "Faults as data (TOML)");
  auto* journal =
      command->add_option("--journal", wishes.journal_file, "Record what was acted on here");
  command->add_option("--delay", wishes.delay_ms, "Answer after so many milliseconds")
      ->capture_default_str();
  command
      ->add_flag("--fast", wishes.fast, "A sink: accepts everything, checks and journals nothing")
      ->excludes(faults)
      ->excludes(journal);
  add_end(*command, serving);
  return command;
}

CLI::App* add_books(CLI::App& program, BooksWishes& wishes) {
  auto* command = program.add_subcommand(
      "books", "Stand in for Apple's Apps and Books: registers users, takes their acceptance");
  wishes.serving.listen = "127.0.0.1:8471";
  auto& serving = wishes.serving;
  command->add_option("--listen", serving.listen, "ADDRESS:PORT; port 0: any free one")
      ->capture_default_str();
  auto* dir = command->add_option("--tls-dir", serving.tls_dir,
                                  "Folder of a throw-away authority, made there if absent");
  auto* certificate =
      command->add_option("--certificate", serving.certificate_file, "Server certificate (PEM)");
  auto* key = command->add_option("--key", serving.key_file, "Its private key (PEM)");
  dir->excludes(certificate);
  certificate->needs(key);
  key->needs(certificate);
  command->add_option("--token-file", wishes.token_file,
                      "Write the content token here, for muster token install; again where a "
                      "fault makes it void");
  command->add_option("--token-days", wishes.token_days, "Days until the token is over")
      ->check(CLI::Range(0U, 36'500U))
      ->capture_default_str();
  command->add_option("--organisation", wishes.organisation, "Whose location it is")
      ->capture_default_str();
  command->add_option("--domain", wishes.domains,
                      "Of its Managed Apple Accounts, which are associated at once; may be "
                      "repeated");
  command->add_option("--faults", wishes.faults_file, "Faults as data (TOML)");
  command->add_option("--journal", wishes.journal_file,
                      "Record what became of each user here, a line of JSON a fact");
  command->add_option("--trust", wishes.trust_file,
                      "Authority of https listeners for notifications (PEM)");
  command
      ->add_option("--event-delay", wishes.event_delay_ms,
                   "Milliseconds from a request of version 2 to its COMPLETE")
      ->capture_default_str();
  command
      ->add_option("--notification-retry", wishes.notification_retry_s,
                   "Seconds until a notification is tried again")
      ->capture_default_str();
  command->add_option("--page-size", wishes.page_size, "Users a page")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command->add_option("--max-users", wishes.users_max, "Users a request")
      ->check(CLI::Range(1U, 1'000'000U))
      ->capture_default_str();
  command->add_option("--seed", wishes.seed, "The same seed makes the same token")
      ->capture_default_str();
  add_end(*command, serving);
  return command;
}

CLI::App* add_verify(CLI::App& program, VerifyArguments& arguments) {
  auto& wishes = arguments.wishes;
  auto* command = program.add_subcommand("verify", "Count every device from the peers' journals");
  command->add_option("--data", wishes.data, "muster's data directory")->required();
  command->add_option("--journal", wishes.journals, "Journal of a peer; may be repeated")
      ->required();
  auto* roster = command->add_option("--roster", wishes.roster,
                                     "Folder of the roster: every device in it must have a row");
  command->add_option("--expect", wishes.expected, "So many devices must have a row")
      ->excludes(roster);
  auto* task = command->add_option("--task", wishes.tasks, "Task to judge; default: the latest");
  command->add_flag("--every-task", wishes.every_task, "Judge all tasks")->excludes(task);
  command->add_option("--repeats-max", arguments.repeats_max, "Repeats that are still good")
      ->capture_default_str();
  command->add_option("--muster", wishes.muster, "The program under test");
  command->add_flag("--json", arguments.json, "One JSON object instead of the table");
  return command;
}

CLI::App* add_verify_school(CLI::App& program, SchoolArguments& arguments) {
  auto* command = program.add_subcommand(
      "verify-school", "Judge every invitation by what its device did, from the journals");
  command
      ->add_option("--table", arguments.tables,
                   "What 'muster tasks TASK --csv' wrote; may be repeated")
      ->required();
  command
      ->add_option("--journal", arguments.journals,
                   "Journal of devices or of books; may be repeated")
      ->required();
  return command;
}

// The muster beside this program, where there is one; otherwise the one in PATH.
std::string muster_beside(const char* program) {
  const std::string path(program);
  const auto slash = path.rfind('/');
  return slash == std::string::npos ? "muster" : path.substr(0, slash + 1) + "muster";
}

}  // namespace

int run_program(int count, char** arguments) {
  CLI::App program(
      "Stands in for everything outside of muster: rosters, Apple's push server, Apps and "
      "Books, mail servers, devices, proof; 'run school' plays all of it at once");
  program.name("muster-loadgen");
  program.require_subcommand(1);
  RosterWishes roster;
  ApnsWishes apns;
  SmtpWishes smtp;
  BooksWishes books;
  DevicesWishes devices;
  VerifyArguments verification;
  verification.wishes.muster = muster_beside(arguments[0]);
  const auto* roster_command = add_roster(program, roster);
  const auto* apns_command = add_apns(program, apns);
  const auto* smtp_command = add_smtp(program, smtp);
  const auto* devices_command = add_devices(program, devices);
  const auto* books_command = add_books(program, books);
  add_verify(program, verification);
  SchoolArguments school;
  const auto* school_command = add_verify_school(program, school);
  SchoolRunWishes school_run;
  school_run.muster = muster_beside(arguments[0]);
  const auto* school_run_command = add_run_school(program, school_run);
  try {
    program.parse(count, arguments);
  } catch (const CLI::ParseError& error) {
    return program.exit(error) == 0 ? 0 : exit_usage;
  }
  if (roster_command->parsed()) {
    return run_roster(roster);
  }
  if (books_command->parsed()) {
    return run_books(books);
  }
  if (smtp_command->parsed()) {
    return run_smtp(smtp);
  }
  if (devices_command->parsed()) {
    return run_devices(devices);
  }
  if (school_run_command->parsed()) {
    return run_school_run(school_run);
  }
  if (school_command->parsed()) {
    return run_verify_school(school);
  }
  return apns_command->parsed() ? run_apns(apns) : run_verify(verification);
}

}  // namespace muster::loadgen
