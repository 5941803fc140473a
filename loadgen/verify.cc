#include "loadgen/verify.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <utility>

#include "crypto/digest.h"
#include "loadgen/csv.h"
#include "loadgen/json_shape.h"
#include "loadgen/smtp_command.h"
#include "loadgen/subprocess.h"

namespace muster::loadgen {
namespace {

constexpr std::string_view mdm_topics = "com.apple.mgmt.";

std::optional<DeviceToken> read_token(std::string_view hex) {
  std::vector<Byte> bytes;
  if (!from_hex(hex, bytes) || bytes.size() != 32) {
    return std::nullopt;
  }
  DeviceToken token{};
  std::copy(bytes.begin(), bytes.end(), token.begin());
  return token;
}

std::optional<Channel> channel_named(std::string_view name) {
  for (const auto channel : {Channel::push, Channel::mail, Channel::account}) {
    if (name_of(channel) == name) {
      return channel;
    }
  }
  return std::nullopt;
}

Complaint about(std::string found, std::string mend = {}) {
  Complaint complaint;
  complaint.found = std::move(found);
  complaint.mend = std::move(mend);
  return complaint;
}

Complaint failed(const std::vector<std::string>& command, int exit) {
  std::string line;
  for (const auto& word : command) {
    line += (line.empty() ? "" : " ") + word;
  }
  return about("'" + line + "' ended with exit code " + std::to_string(exit),
               "its own words stand above");
}

// A row of the table in the columns that read_rows() asks for.
Result<VerdictRow, std::string> row_of(const std::vector<std::string>& fields) {
  VerdictRow row;
  const auto& invitation = fields[0];
  const auto* const last = invitation.data() + invitation.size();
  const auto [end, error] = std::from_chars(invitation.data(), last, row.invitation);
  if (error != std::errc{} || end != last) {
    return tl::unexpected("invitation '" + invitation + "'");
  }
  row.device_id = fields[1];
  const auto channel = channel_named(fields[2]);
  if (!channel) {
    return tl::unexpected("channel '" + fields[2] + "'");
  }
  row.channel = *channel;
  const auto state = state_named(fields[3]);
  if (!state) {
    return tl::unexpected("state '" + fields[3] + "'");
  }
  row.state = *state;
  row.reason = fields[4].empty() ? Reason::none : reason_named(fields[4]);
  if (!fields[5].empty()) {
    const auto id = read_uuid(fields[5]);
    if (!id) {
      return tl::unexpected("apns_id '" + fields[5] + "'");
    }
    row.has_apns_id = true;
    row.apns_id = *id;
  }
  row.user_id = fields[6];
  row.reply = fields[7];
  return row;
}

Result<void, Complaint> read_journal(const std::string& file, VerifyOutcome& outcome,
                                     Verdict& verdict) {
  auto reader = JournalReader::open(file);
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  JournalRecord record;
  for (;;) {
    const auto more = reader->next(record);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      outcome.torn_journals += reader->torn() ? 1 : 0;
      return {};
    }
    verdict.add(record);
  }
}

Result<std::string, Complaint> list_tasks(const VerifyWishes& wishes) {
  const std::vector<std::string> command{wishes.muster, "tasks", "--json", "--data", wishes.data};
  auto process = Subprocess::start(command);
  if (!process) {
    return tl::unexpected(process.error());
  }
  auto json = process->read_all();
  if (const int exit = process->wait(); exit != 0) {
    return tl::unexpected(failed(command, exit));
  }
  return json;
}

Result<std::vector<std::string>, Complaint> choose_tasks(const VerifyWishes& wishes,
                                                         const std::string& json) {
  if (!wishes.tasks.empty()) {
    return wishes.tasks;
  }
  auto known = read_task_ids(json);
  if (!known) {
    return known;
  }
  if (known->empty()) {
    return tl::unexpected(about("no task in " + wishes.data, "send something first"));
  }
  if (!wishes.every_task) {
    known->resize(1);
  }
  return known;
}

Result<void, Complaint> read_task(const VerifyWishes& wishes, const std::string& id,
                                  std::uint32_t index, Verdict& verdict) {
  const std::vector<std::string> command{wishes.muster, "tasks",  id,
                                         "--csv",       "--data", wishes.data};
  auto process = Subprocess::start(command);
  if (!process) {
    return tl::unexpected(process.error());
  }
  auto read = read_rows(process->take_output(), "muster tasks " + id, index, verdict);
  // The program's own trouble explains a table that breaks off.
  if (const int exit = process->wait(); exit != 0) {
    return tl::unexpected(failed(command, exit));
  }
  return read;
}

void add(std::string& to, std::string_view name, std::uint64_t count) {
  const auto text = std::to_string(count);
  to += "  ";
  to += name;
  to.append(name.size() + text.size() < 56 ? 56 - name.size() - text.size() : 1, ' ');
  to += text + "\n";
}

std::string numbers(const VerdictReport& report) {
  return std::to_string(report.lost) + " lost, " + std::to_string(report.repeated) + " repeated, " +
         std::to_string(report.misreported) + " misreported of " +
         std::to_string(std::max(report.rows, report.devices_expected));
}

}  // namespace

Result<std::vector<std::string>, Complaint> read_task_ids(const std::string& json) {
  const auto refuse = [] {
    return tl::unexpected(about("'muster tasks --json' wrote no list of tasks"));
  };
  const auto document = json_members(json);
  if (!document) {
    return refuse();
  }
  const auto elements = json_elements(json_value(*document, "tasks"));
  if (!elements) {
    return refuse();
  }
  // By creation, the latest first. RFC 3339 texts of one form sort like the times they name.
  std::vector<std::pair<std::string, std::string>> tasks;
  for (const auto element : *elements) {
    const auto members = json_members(element);
    const auto id = members ? json_plain_string(json_value(*members, "id")) : std::nullopt;
    if (!id) {
      return refuse();
    }
    tasks.emplace_back(json_value(*members, "created_at"), *id);
  }
  std::stable_sort(tasks.begin(), tasks.end(),
                   [](const auto& a, const auto& b) { return a.first > b.first; });
  std::vector<std::string> ids;
  ids.reserve(tasks.size());
  for (auto& task : tasks) {
    ids.push_back(std::move(task.second));
  }
  return ids;
}

std::optional<std::uint64_t> read_repeats(const std::string& json,
                                          const std::vector<std::string>& tasks) {
  const auto document = json_members(json);
  const auto elements =
      document ? json_elements(json_value(*document, "tasks")) : decltype(json_elements({})){};
  if (!elements) {
    return std::nullopt;
  }
  std::uint64_t sum = 0;
  std::size_t told = 0;
  for (const auto element : *elements) {
    const auto members = json_members(element);
    const auto id = members ? json_plain_string(json_value(*members, "id")) : std::nullopt;
    if (!id || std::find(tasks.begin(), tasks.end(), *id) == tasks.end()) {
      continue;
    }
    const auto number = json_value(*members, "repeated");
    std::uint64_t repeated = 0;
    const auto [end, error] =
        std::from_chars(number.data(), number.data() + number.size(), repeated);
    told += error == std::errc{} && end == number.data() + number.size() ? 1 : 0;
    sum += repeated;
  }
  return told == tasks.size() ? std::optional(sum) : std::nullopt;
}

namespace {

Result<void, Complaint> read_users(const std::string& file, Verdict& verdict) {
  static constexpr std::array<std::string_view, 2> columns{"user_id", "email"};
  auto reader = CsvReader::open(file);
  if (!reader) {
    // Tests and older rosters name devices alone.
    return reader.error().cause.code == ErrorCode::not_found ? Result<void, Complaint>()
                                                             : tl::unexpected(reader.error());
  }
  return reader->each_row(columns, [&](const auto& fields) -> Result<void, Complaint> {
    if (!fields[1].empty()) {
      verdict.expect_mailbox(fields[0], crypto::sha256(as_bytes(lower_case(fields[1]))));
    }
    return {};
  });
}

}  // namespace

Result<void, Complaint> read_roster(const std::string& dir, Verdict& verdict) {
  if (auto users = read_users(dir + "/users.csv", verdict); !users) {
    return users;
  }
  static constexpr std::array<std::string_view, 5> columns{"device_id", "platform", "topic",
                                                           "push_token", "user_push_token"};
  auto reader = CsvReader::open(dir + "/devices.csv");
  if (!reader) {
    return tl::unexpected(reader.error());
  }
  return reader->each_row(columns, [&](const auto& fields) -> Result<void, Complaint> {
    // A Mac takes an MDM command that invites its user on the user's channel, so that one is woken.
    // An alert is shown by the device, whatever it is.
    const bool to_user = fields[1] == "macOS" && fields[2].starts_with(mdm_topics);
    const auto& hex = to_user ? fields[4] : fields[3];
    const auto token = read_token(hex);
    if (!token) {
      return tl::unexpected(
          reader->complain("'" + hex + "' is not a push token", "64 hexadecimal digits"));
    }
    verdict.expect(fields[0], *token);
    return {};
  });
}

Result<void, Complaint> read_rows(int fd, const std::string& name, std::uint32_t task,
                                  Verdict& verdict) {
  static constexpr std::array<std::string_view, 8> columns{
      "invitation", "device_id", "channel", "state", "reason", "apns_id", "user_id", "reply"};
  CsvReader reader(fd, name);
  return reader.each_row(columns, [&](const auto& fields) -> Result<void, Complaint> {
    auto row = row_of(fields);
    if (!row) {
      return tl::unexpected(reader.complain("unknown " + row.error()));
    }
    row->task = task;
    verdict.add(std::move(*row));
    return {};
  });
}

Result<VerifyOutcome, Complaint> verify(const VerifyWishes& wishes) {
  VerifyOutcome outcome;
  Verdict verdict(wishes.every_task);
  if (!wishes.roster.empty()) {
    if (auto read = read_roster(wishes.roster, verdict); !read) {
      return tl::unexpected(read.error());
    }
  } else if (wishes.expected != 0) {
    verdict.expect(wishes.expected);
  }
  const auto json = list_tasks(wishes);
  if (!json) {
    return tl::unexpected(json.error());
  }
  auto tasks = choose_tasks(wishes, *json);
  if (!tasks) {
    return tl::unexpected(tasks.error());
  }
  outcome.tasks = std::move(*tasks);
  if (const auto repeats = read_repeats(*json, outcome.tasks)) {
    verdict.admit_repeats(*repeats);
  }
  for (std::uint32_t i = 0; i < outcome.tasks.size(); ++i) {
    if (auto read = read_task(wishes, outcome.tasks[i], i, verdict); !read) {
      return tl::unexpected(read.error());
    }
  }
  verdict.seal();
  for (const auto& journal : wishes.journals) {
    if (auto read = read_journal(journal, outcome, verdict); !read) {
      return tl::unexpected(read.error());
    }
  }
  outcome.report = verdict.judge();
  return outcome;
}

std::string table_of(const VerifyOutcome& outcome) {
  const auto& report = outcome.report;
  std::string text;
  for (const auto& task : outcome.tasks) {
    text += "task " + task + "\n";
  }
  add(text, "invitations", report.rows);
  for (std::size_t i = 0; i < report.by_state.size(); ++i) {
    if (report.by_state[i] != 0) {
      add(text, "  " + std::string(name_of(static_cast<State>(i))), report.by_state[i]);
    }
  }
  if (report.devices_expected != 0) {
    add(text, "devices expected", report.devices_expected);
  }
  add(text, "requests journaled", report.records);
  if (report.records_elsewhere != 0) {
    add(text, "  of other tasks, or of an earlier sending", report.records_elsewhere);
  }
  if (outcome.torn_journals != 0) {
    add(text, "journals that end inside a record", outcome.torn_journals);
  }
  for (std::size_t i = 0; i < report.by_defect.size(); ++i) {
    if (report.by_defect[i] != 0) {
      add(text, words(static_cast<Defect>(i)), report.by_defect[i]);
    }
  }
  for (const auto& example : report.examples) {
    text += "  e.g. " + example + "\n";
  }
  return text + "verdict: " + numbers(report) + "\n";
}

std::string json_of(const VerifyOutcome& outcome, std::uint64_t repeats_max) {
  const auto& report = outcome.report;
  std::string text = "{\"verdict\":" + json_quoted(numbers(report));
  const auto add_number = [&text](std::string_view key, std::uint64_t value) {
    text += "," + json_quoted(key) + ":" + std::to_string(value);
  };
  text += report.good(repeats_max) ? ",\"good\":true" : ",\"good\":false";
  add_number("lost", report.lost);
  add_number("repeated", report.repeated);
  add_number("misreported", report.misreported);
  add_number("invitations", report.rows);
  add_number("devices_expected", report.devices_expected);
  add_number("requests", report.records);
  add_number("torn_journals", outcome.torn_journals);
  const auto add_list = [&text](std::string_view key, const std::vector<std::string>& values) {
    text += "," + json_quoted(key) + ":[";
    for (std::size_t i = 0; i < values.size(); ++i) {
      text += (i == 0 ? "" : ",") + json_quoted(values[i]);
    }
    text += "]";
  };
  add_list("tasks", outcome.tasks);
  text += ",\"defects\":{";
  bool first = true;
  for (std::size_t i = 0; i < report.by_defect.size(); ++i) {
    if (report.by_defect[i] != 0) {
      text += (std::exchange(first, false) ? "" : ",") +
              json_quoted(words(static_cast<Defect>(i))) + ":" +
              std::to_string(report.by_defect[i]);
    }
  }
  text += "}";
  add_list("examples", report.examples);
  return text + "}";
}

}  // namespace muster::loadgen
