#include <algorithm>

#include "base/assert.h"
#include "crypto/digest.h"
#include "service/implementation.h"
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

Failure refused(const std::string& line) {
  return Failure{FailureKind::refused, line};
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

}  // namespace

void Dispatcher::Implementation::with_ledger(const std::function<void(ledger::Ledger&)>& work) {
  if (pipeline != nullptr) {
    pipeline->with_ledger(work);
  } else {
    work(*ledger);
  }
}

Checked<std::string> Dispatcher::Implementation::send(const Preview& preview,
                                                      const SendOptions& options) {
  if (access != Access::send) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
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
  if (const auto why = no_registration(); !why.empty()) {
    return refused(why);
  }
  auto payloads = service::alert_payloads(settings, *chosen);
  if (!payloads) {
    return payloads.failure();
  }
  if (auto opened = open_pipeline(); !opened) {
    return opened.failure();
  }
  ledger::NewTask task;
  task.id = new_task_id();
  task.target_name = chosen->preview.target_name;
  task.selector = service::write_selector(preview.selector, managed());
  task.devices = std::move(chosen->selection.devices);
  task.mailboxes = std::move(chosen->selection.mailboxes);
  task.fallbacks = std::move(chosen->selection.fallbacks);
  task.accounts = std::move(chosen->selection.accounts);
  task.users = std::move(chosen->selection.users);
  task.push_prefix = prefix_of(task.id, Channel::push);
  task.mail_prefix = prefix_of(task.id, Channel::mail);
  task.created_at = clock.wall();
  task.expiration_s = task.created_at.seconds() + settings.apns.expiration.count();
  task.rate = options.rate;
  task.alert_payloads = std::move(*payloads);
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
  const auto begun = start(*row);
  // Booked after the beginning: nobody's push waits for it. What a crash leaves unbooked is booked
  // at the next opening (catch_up_invited). A task that could not begin is there all the same.
  if (auto booked = book_invited(task, !preview.selector.group.empty()); !booked) {
    if (auto* run = run_of(id); run != nullptr) {
      pipeline->request_stop(run->index, pipeline::Stop::pause, booked.failure().line);
    }
    return booked.failure();
  }
  if (!begun) {
    return begun.failure();
  }
  return id;
}

// A user may be meant with one of his devices: the others of his count as invited as well.
Checked<Done> Dispatcher::Implementation::book_invited(const ledger::NewTask& task, bool whole) {
  auto booked =
      whole ? roster->add_invited(task.users, task.devices) : roster->add_invited(task.users);
  if (booked) {
    with_ledger([&](ledger::Ledger& book) { booked = book.record_invited(task.id); });
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
    auto reader = ledger_reader();
    if (!reader) {
      return reader.failure();
    }
    const auto rows = (*reader)->tasks();
    if (!rows) {
      return service::failure_of(rows.error(), "the ledger cannot be read");
    }
    std::copy_if(rows->begin(), rows->end(), std::back_inserter(wanted), [](const auto& row) {
      return row.state == ledger::TaskState::running || row.state == ledger::TaskState::paused;
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
    if (row.state == ledger::TaskState::paused) {
      Result<void> stored;
      with_ledger([&](ledger::Ledger& book) {
        stored = book.set_state(row.id, ledger::TaskState::running, "", clock.wall());
      });
      if (!stored) {
        return service::failure_of(stored.error(), "the task's state could not be recorded");
      }
    }
    if (run_of(id) == nullptr ||
        pipeline->entry(run_of(id)->index).phase.load(std::memory_order_acquire) !=
            pipeline::TaskEntry::Phase::open) {
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
  if (row->state == ledger::TaskState::completed || row->state == ledger::TaskState::cancelled) {
    return refused("task " + id + " has ended already");
  }
  if (auto* run = run_of(id); run != nullptr) {
    const auto& entry = pipeline->entry(run->index);
    pipeline->request_stop(run->index, how, reason);
    (void)pipeline->wait(run->index, std::chrono::seconds(30));
    if (entry.phase.load(std::memory_order_acquire) == pipeline::TaskEntry::Phase::completed) {
      return refused("task " + id + " ended just before");
    }
    return Done{};
  }
  Result<void> stored;
  with_ledger([&](ledger::Ledger& book) {
    stored = book.set_state(
        row->id,
        how == pipeline::Stop::cancel ? ledger::TaskState::cancelled : ledger::TaskState::paused,
        reason, clock.wall());
  });
  if (!stored) {
    return service::failure_of(stored.error(), "the task's state could not be recorded");
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
  Result<std::uint64_t> count = std::uint64_t{0};
  with_ledger([&](ledger::Ledger& book) { count = book.retry(row->id, wanted, clock.wall()); });
  if (!count) {
    return service::failure_of(count.error(), "the retry could not be recorded");
  }
  return *count;
}

}  // namespace muster
