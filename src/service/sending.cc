#include <algorithm>

#include "base/assert.h"
#include "crypto/digest.h"
#include "service/implementation.h"
#include "service/may_be_shown.h"
#include "service/wording.h"

namespace muster {
namespace {

TaskId new_task_id() {
  TaskId id;
  crypto::fill_random(id.bytes);
  id.bytes[6] = static_cast<Byte>((id.bytes[6] & 0x0f) | 0x40);  // RFC 9562: version 4
  id.bytes[8] = static_cast<Byte>((id.bytes[8] & 0x3f) | 0x80);
  return id;
}

// The first 64 bits of SHA-256(task ‖ channel): one hash a task.
IdPrefix prefix_of(const TaskId& id, Channel channel) {
  std::vector<Byte> text(id.bytes.begin(), id.bytes.end());
  const auto name = as_bytes(name_of(channel));
  text.insert(text.end(), name.begin(), name.end());
  const auto digest = crypto::sha256(text);
  IdPrefix prefix{};
  std::copy_n(digest.begin(), prefix.size(), prefix.begin());
  return prefix;
}

constexpr std::size_t asked_words_max = 256;

Failure refused(const std::string& line) {
  return Failure{FailureKind::refused, line};
}

ledger::TaskState state_of(pipeline::Stop how) {
  return how == pipeline::Stop::cancel ? ledger::TaskState::cancelled : ledger::TaskState::held;
}

std::optional<Failure> too_long(const SendOptions& options) {
  if (options.by.size() <= asked_words_max && options.key.size() <= asked_words_max) {
    return std::nullopt;
  }
  return Failure{FailureKind::usage, "a name or key of more than " +
                                         std::to_string(asked_words_max) + " bytes; shorten it"};
}

// Who is meant and what was asked, frozen. Paused from the start where it is to begin later.
ledger::NewTask new_task(service::Chosen chosen, const service::Asked& asked, WallTime now) {
  ledger::NewTask task;
  task.id = new_task_id();
  task.target_name = chosen.preview.target_name;
  task.selector = service::write_asked(asked);
  task.devices = std::move(chosen.selection.devices);
  task.mailboxes = std::move(chosen.selection.mailboxes);
  task.fallbacks = std::move(chosen.selection.fallbacks);
  task.accounts = std::move(chosen.selection.accounts);
  task.users = std::move(chosen.selection.users);
  task.push_prefix = prefix_of(task.id, Channel::push);
  task.mail_prefix = prefix_of(task.id, Channel::mail);
  task.created_at = now;
  task.paused_because = asked.start_at > now.seconds() ? service::waits_for_its_time : "";
  return task;
}

// Why what was chosen cannot be sent, where it cannot.
std::optional<Failure> hindrance(const service::Chosen& chosen, const Preview& preview, bool mail) {
  if (chosen.preview.id != preview.id) {
    return refused("the audience has changed since the preview: now " +
                   std::to_string(chosen.preview.invitations) + " invitations, then " +
                   std::to_string(preview.invitations) + "; look at a new preview");
  }
  if (!mail && (preview.selector.channels == Channels::mail ||
                preview.selector.channels == Channels::push_and_mail)) {
    return refused("mail is not set up; set mail.mode, or use --channels push");
  }
  if (chosen.preview.invitations == 0) {
    return refused("nothing to send: 0 invitations for " + chosen.preview.target_name);
  }
  for (const auto topic : chosen.topics_wanted) {
    if (chosen.credential_of_topic[topic] == 0xffff) {
      return Failure{FailureKind::cannot_start, "no credential is set up for topic " +
                                                    chosen.topics[topic] +
                                                    "; add an [[apns.credential]] for it"};
    }
  }
  return std::nullopt;
}

// Where nobody of them can be registered nothing would be sent.
std::optional<Failure> hindrance(const std::vector<service::StoppedUsers>& stopped,
                                 std::uint64_t users) {
  std::string why;
  for (const auto& each : stopped) {
    why += (why.empty() ? "" : "; ") + each.why;
    users -= std::min(users, each.users);
  }
  return stopped.empty() || users != 0 ? std::nullopt : std::optional(refused(why));
}

}  // namespace

void Dispatcher::Implementation::with_ledger(const std::function<void(ledger::Ledger&)>& work) {
  if (pipeline != nullptr) {
    pipeline->with_ledger(work);
  } else {
    work(*ledger);
  }
}

// The task that a request with this name made before; empty: none.
Checked<std::string> Dispatcher::Implementation::sent_before(const std::string& key,
                                                             const std::string& preview) {
  if (key.empty()) {
    return std::string();
  }
  auto rows = task_rows();
  if (!rows) {
    return rows.failure();
  }
  for (const auto& row : *rows) {
    const auto asked = service::read_asked(row.selector);
    if (asked.key != key) {
      continue;
    }
    if (asked.preview != preview) {
      return refused("this Idempotency-Key was used for another send; take a new one");
    }
    return uuid_text(row.id.bytes);
  }
  return std::string();
}

Checked<std::string> Dispatcher::Implementation::send(const Preview& preview,
                                                      const SendOptions& options) {
  if (access != Access::send) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  if (auto wrong = too_long(options); wrong) {
    return std::move(*wrong);
  }
  if (auto before = sent_before(options.key, preview.id); !before || !before->empty()) {
    return before;
  }
  const std::unique_lock writing(roster_mutex, std::chrono::seconds(2));
  if (!writing) {
    return refused("the roster is being changed; send when that has ended");
  }
  auto reader = roster_reader();
  if (!reader) {
    return reader.failure();
  }
  auto chosen = kept_choice.take(**reader, settings, preview.selector, managed());
  if (!chosen) {
    return chosen.failure();
  }
  if (auto hindered = hindrance(*chosen, preview, settings.mail.mode != "off"); hindered) {
    return std::move(*hindered);
  }
  const auto stopped = stopped_users(**reader, chosen->selection.users);
  if (!stopped) {
    return stopped.failure();
  }
  if (auto hindered = hindrance(*stopped, chosen->preview.users); hindered) {
    return std::move(*hindered);
  }
  auto payloads = service::alert_payloads(settings, *chosen);
  if (!payloads) {
    return payloads.failure();
  }
  if (auto opened = open_pipeline(); !opened) {
    return opened.failure();
  }
  auto task = new_task(std::move(*chosen),
                       {preview.selector, managed(), options.by, options.key, options.start_at,
                        options.key.empty() ? "" : preview.id},
                       clock.wall());
  task.expiration_s = task.created_at.seconds() + settings.apns.expiration.count();
  task.rate = options.rate;
  task.alert_payloads = std::move(*payloads);
  const bool later = !task.paused_because.empty();
  Result<void> created;
  with_ledger([&](ledger::Ledger& book) { created = book.create_task(task); });
  if (!created) {
    return service::failure_of(created.error(), "the task could not be recorded, nothing was sent");
  }
  const auto id = uuid_text(task.id.bytes);
  auto row = find(id);
  if (!row) {
    return row.failure();
  }
  if (later) {
    scheduled.emplace(id, options.start_at);
  }
  const auto begun = later ? Checked<Done>(Done{}) : start(*row);
  // Booked after the beginning: nobody's push waits for it. What a crash leaves unbooked is booked
  // at the next opening (catch_up_invited). A task that could not begin is there all the same.
  if (auto booked = book_invited(task, preview.selector); !booked) {
    if (auto* run = run_of(id); run != nullptr && run->open()) {
      pipeline->request_stop(run->index, pipeline::Stop::pause, booked.failure().line);
    }
    return booked.failure();
  }
  return begun ? Checked<std::string>(id) : begun.failure();
}

// All devices of an invited user count as invited. Those of a group that is pushed stand in the
// task; others are looked up: of a user meant with one device of his, with mail alone, or by his
// account.
Checked<Done> Dispatcher::Implementation::book_invited(const ledger::NewTask& task,
                                                       const Selector& selector) {
  const bool pushed_whole = !selector.group.empty() && selector.channels != Channels::mail;
  Result<void> booked;
  if (pushed_whole && !task.accounts.empty()) {
    booked = roster->add_invited(task.accounts);
  }
  if (booked) {
    booked = pushed_whole ? roster->add_invited(task.users, task.devices)
                          : roster->add_invited(task.users);
  }
  if (booked) {
    with_ledger([&](ledger::Ledger& book) {
      booked = book.record_invited(task.id, ledger::Invited::added);
    });
  }
  if (!booked) {
    return service::failure_of(booked.error(), "the task is recorded but paused; resume it later");
  }
  return Done{};
}

Checked<Done> Dispatcher::Implementation::start(const ledger::TaskRow& row) {
  auto readers = roster_reader();
  auto ledgers = ledger_reader();
  if (!readers || !ledgers) {
    return readers ? ledgers.failure() : readers.failure();
  }
  auto devices = (*ledgers)->devices(row.id);
  auto mailboxes = (*ledgers)->mailboxes(row.id);
  auto fallbacks = (*ledgers)->fallbacks(row.id);
  auto accounts = (*ledgers)->accounts(row.id);
  auto users = (*ledgers)->users(row.id);
  auto payloads = (*ledgers)->alert_payloads(row.id);
  const auto topics = (*readers)->topics();
  const auto languages = (*readers)->languages();
  if (!devices || !mailboxes || !fallbacks || !accounts || !users || !payloads || !topics ||
      !languages) {
    return Failure{FailureKind::cannot_start,
                   "the task cannot be read; is the data directory whole?"};
  }
  pipeline::Start start;
  start.id = row.id;
  start.content.push_prefix = row.push_prefix;
  start.content.mail_prefix = row.mail_prefix;
  start.content.expiration_s = row.expiration_s;
  start.content.mail_expiration_s = row.created_at.seconds() + settings.mail.expiration.count();
  for (const auto& [language, payload] : *payloads) {
    start.content.alert_payloads.push_back(payload);
  }
  start.layout = row.layout;
  start.devices = std::move(*devices);
  start.mailboxes = std::move(*mailboxes);
  start.fallbacks = std::move(*fallbacks);
  start.accounts = std::move(*accounts);
  start.users = std::move(*users);
  start.asks_clearance = service::is_managed(row.selector);
  start.rate = row.rate;
  start.canary = settings.apns.canary;
  start.credential_of_topic = service::credentials_by_topic(*topics, settings);
  start.payload_of_language = service::payloads_by_language(*languages, *payloads);
  if (mail != nullptr) {
    start.template_of_language = service::payloads_by_language(*languages, mail->languages());
  } else if (row.layout.mailboxes != 0 || row.layout.fallbacks != 0) {
    return Failure{FailureKind::cannot_start,
                   "the task sends mail, but mail.mode is off; set it as it was"};
  }
  if (start.asks_clearance) {
    if (auto asked = register_users(start.users); !asked) {
      return asked.failure();
    }
  }
  const auto started = pipeline->start(std::move(start));
  if (!started) {
    return service::failure_of(started.error(), "the task cannot be taken up");
  }
  const auto& index = *started;
  if (!index) {
    return Failure{FailureKind::cannot_start, "too many tasks are open; wait for one to end"};
  }
  const auto id = uuid_text(row.id.bytes);
  Run run;
  run.index = *index;
  run.entry = pipeline->kept_entry(*index);
  run.row = row;
  run.begun_at = clock.now();
  for (std::size_t state = 0; state < states_count; ++state) {
    run.done_at_first += at_rest(static_cast<State>(state)) ? row.counts.by_state[state] : 0;
  }
  run.samples.emplace_back(run.begun_at, run.done_at_first);
  runs.insert_or_assign(id, std::move(run));
  return Done{};
}

Checked<std::vector<std::string>> Dispatcher::Implementation::resume(const std::string& task) {
  std::vector<ledger::TaskRow> wanted;
  if (!task.empty()) {
    auto row = find(task);
    if (!row) {
      return row.failure();
    }
    if (row->state == ledger::TaskState::completed || row->state == ledger::TaskState::cancelled) {
      return refused("task " + uuid_text(row->id.bytes) + " has ended; nothing to resume");
    }
    wanted.push_back(*row);
  } else {
    auto rows = task_rows();
    if (!rows) {
      return rows.failure();
    }
    // What a person paused, or must judge, waits for a person.
    std::copy_if(rows->begin(), rows->end(), std::back_inserter(wanted), [](const auto& row) {
      return row.state == ledger::TaskState::running ||
             (row.state == ledger::TaskState::paused &&
              row.state_reason != service::waits_for_its_time);
    });
  }
  std::vector<std::string> begun;
  if (wanted.empty()) {
    return begun;
  }
  if (auto opened = open_pipeline(); !opened) {
    return opened.failure();
  }
  for (const auto& row : wanted) {
    const auto id = uuid_text(row.id.bytes);
    if (row.state != ledger::TaskState::running) {
      Result<void> stored;
      with_ledger([&](ledger::Ledger& book) {
        stored = book.set_state(row.id, ledger::TaskState::running, "", clock.wall());
      });
      if (!stored) {
        return service::failure_of(stored.error(), "the task's state could not be recorded");
      }
    }
    if (run_of(id) == nullptr || !run_of(id)->open()) {
      if (auto started = start(row); !started) {
        return started.failure();
      }
    }
    begun.push_back(id);
  }
  return begun;
}

Checked<Done> Dispatcher::Implementation::stop(const std::string& task, pipeline::Stop how,
                                               const std::string& reason) {
  if (access != Access::send) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  auto row = find(task);
  if (!row) {
    return row.failure();
  }
  const auto id = uuid_text(row->id.bytes);
  // One that has ended can be cancelled for as long as its invitations may be shown.
  const bool shown = how == pipeline::Stop::cancel && service::may_be_shown(*row, clock.wall());
  const bool over = row->state == ledger::TaskState::completed && !shown;
  if (over || row->state == ledger::TaskState::cancelled) {
    return refused("task " + id + " has ended already");
  }
  if (pipeline != nullptr) {
    pipeline->stop_nudges(row->id);
  }
  if (auto* run = run_of(id); run != nullptr && run->open()) {
    pipeline->request_stop(run->index, how, reason);
    (void)pipeline->wait(run->index, std::chrono::seconds(30));
    if (run->phase() == pipeline::TaskEntry::Phase::completed && !shown) {
      return refused("task " + id + " ended just before");
    }
    // Where it was stopping for a lesser reason, that one may have been recorded.
    row = find(id);
    if (!row || row->state == state_of(how)) {
      return row ? Checked<Done>(Done{}) : row.failure();
    }
  }
  Result<void> stored;
  with_ledger([&](ledger::Ledger& book) {
    stored = book.set_state(row->id, state_of(how), reason, clock.wall());
  });
  if (!stored) {
    return service::failure_of(stored.error(), "the task's state could not be recorded");
  }
  if (how == pipeline::Stop::cancel && run_of(id) == nullptr && !give_back(*row)) {
    to_give_back.push_back(*row);
  }
  return Done{};
}

Checked<std::uint64_t> Dispatcher::Implementation::retry(const std::string& task,
                                                         const std::string& state) {
  if (access != Access::send) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  auto row = find(task);
  if (!row) {
    return row.failure();
  }
  std::optional<State> wanted;
  if (!state.empty()) {
    wanted = state_named(state);
    const bool allowed = wanted == State::failed || wanted == State::unreachable ||
                         wanted == State::in_doubt || wanted == State::expired;
    if (!allowed) {
      return Failure{FailureKind::usage, "--state " + state +
                                             " cannot be retried; use failed, unreachable, expired "
                                             "or in_doubt"};
    }
  }
  if (row->state == ledger::TaskState::cancelled) {
    return refused("task " + uuid_text(row->id.bytes) + " was cancelled; send anew instead");
  }
  const std::unique_lock writing(roster_mutex, std::chrono::seconds(2));
  if (!writing) {
    return refused("the roster is being changed; retry when that has ended");
  }
  Result<std::uint64_t> count = std::uint64_t{0};
  with_ledger([&](ledger::Ledger& book) { count = book.retry(row->id, wanted, clock.wall()); });
  if (!count) {
    return service::failure_of(count.error(), "the retry could not be recorded");
  }
  if (*count == 0) {
    return *count;
  }
  if (auto added = invite_again(*row); !added) {
    return added.failure();
  }
  return *count;
}

// Whom it did not reach was given back, and is meant again; its next end settles that anew.
Checked<Done> Dispatcher::Implementation::invite_again(const ledger::TaskRow& row) {
  if (auto* run = run_of(uuid_text(row.id.bytes)); run != nullptr && !run->open()) {
    run->kept = true;
  }
  return add_invited(row.id);
}

Checked<Done> Dispatcher::Implementation::send_again(const std::string& task,
                                                     std::uint32_t number) {
  if (access != Access::send) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  auto row = find(task);
  if (!row) {
    return row.failure();
  }
  const auto id = uuid_text(row->id.bytes);
  if (row->state == ledger::TaskState::cancelled) {
    return refused("task " + id + " was cancelled; send anew instead");
  }
  std::unique_lock writing(roster_mutex, std::chrono::seconds(2));
  if (!writing) {
    return refused("the roster is being changed; send again when that has ended");
  }
  Result<bool> again = false;
  with_ledger([&](ledger::Ledger& book) { again = book.retry_one(row->id, number, clock.wall()); });
  if (!again) {
    return service::failure_of(again.error(), "that it goes again could not be recorded");
  }
  if (!*again) {
    return refused("invitation " + std::to_string(number) + " of task " + id +
                   " has not failed, or goes again by itself; `muster tasks TASK --invitation N` "
                   "says how it stands");
  }
  if (auto added = invite_again(*row); !added) {
    return added;
  }
  writing.unlock();
  // Where its task has ended, it begins anew. Who has paused it says himself when it goes on.
  if (row->state != ledger::TaskState::completed) {
    return Done{};
  }
  const auto begun = resume(id);
  return begun ? Checked<Done>(Done{}) : begun.failure();
}

}  // namespace muster
