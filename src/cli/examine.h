// What muster doctor looks at: findings with their mend. Looks only, and asks DNS where mail goes
// directly; connects to nobody.
//
// It says what can be known without a peer: a file that can be read may still be a certificate that
// Apple refuses. That a credential works is known by sending.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "muster/location.h"
#include "muster/settings.h"
#include "muster/task.h"
#include "service/hygiene.h"

namespace muster::cli {

enum class Grade : std::uint8_t { good, warning, bad };
struct Finding {
  Grade grade = Grade::good;
  std::string subject;  // "apns.credential[1]"
  std::string found;
  std::string mend;                                   // empty where nothing is to be done
  std::optional<std::uint64_t> count = std::nullopt;  // of what was counted; of that the first
  std::vector<std::string> examples = {};
};

// Credentials: that there are any, and that every file of theirs can be read, is PEM, and is
// private.
[[nodiscard]] std::vector<Finding> examine_credentials(const Settings& settings);
// Whether what the settings say fits together for sending.
[[nodiscard]] std::vector<Finding> examine_sending(const Settings& settings);
// What mail needs: the relay's password, the letters' texts and keys; how it goes where it goes
// directly, and what mail hosts hold against that. Nothing where mail is off.
[[nodiscard]] std::vector<Finding> examine_mail(const Settings& settings);
// Whether what mail hosts send back would arrive: asks DNS, for some seconds at most. Nothing
// unless mail goes directly.
[[nodiscard]] std::vector<Finding> examine_bounces(const Settings& settings);
// Content tokens: whose they are, whether Apple takes them, and until when they hold.
[[nodiscard]] std::vector<Finding> examine_locations(const std::vector<Location>& locations,
                                                     const std::string& flags);
// Tasks that wait for somebody. `flags` as in Common::flags().
[[nodiscard]] std::vector<Finding> examine_tasks(const std::vector<Task>& tasks,
                                                 const std::string& flags);
// What is wrong with a roster whose every row is right.
[[nodiscard]] std::vector<Finding> examine_roster(const service::Hygiene& hygiene);

[[nodiscard]] std::string findings_text(const std::vector<Finding>& findings);
[[nodiscard]] std::string findings_json(const std::vector<Finding>& findings);
// 0 unless something is bad, then 3: a send could not start.
[[nodiscard]] int exit_code_of(const std::vector<Finding>& findings);

}  // namespace muster::cli
