#include "muster/dispatcher.h"

#include <chrono>

#include "service/implementation.h"
#include "service/wording.h"

namespace muster {

Dispatcher::Dispatcher(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Dispatcher::~Dispatcher() = default;

Checked<std::unique_ptr<Dispatcher>> Dispatcher::open(const Settings& settings, Access access) {
  auto implementation = std::make_unique<Implementation>(settings);
  if (auto opened = implementation->open(access); !opened) {
    return opened.failure();
  }
  return std::unique_ptr<Dispatcher>(new Dispatcher(std::move(implementation)));
}

Checked<ImportReport> Dispatcher::import_roster(
    const ImportOptions& options, const std::function<bool(const ImportProgress&)>& progress) {
  const std::lock_guard lock(implementation_->mutex);
  if (implementation_->roster == nullptr) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  const auto begun = implementation_->clock.now();
  const auto counts = implementation_->roster->import(
      roster::ImportPlan{options.paths, options.format, options.dry_run, options.rejects_file},
      [&](const roster::ImportStep& step) {
        return !progress ||
               progress(ImportProgress{step.file, step.bytes_done, step.bytes_total, step.rows});
      },
      implementation_->clock.wall());
  if (!counts) {
    return service::failure_of(counts.error());
  }
  const auto taken = implementation_->clock.now() - begun;
  return ImportReport{counts->users,
                      counts->groups,
                      counts->memberships,
                      counts->devices,
                      counts->rejected,
                      counts->warnings,
                      static_cast<double>(taken.count()) * 1e-9};
}

Checked<Preview> Dispatcher::preview(const Selector& selector) {
  const std::lock_guard lock(implementation_->mutex);
  auto reader = implementation_->roster_reader();
  if (!reader) {
    return reader.failure();
  }
  return implementation_->kept_choice.preview(**reader, implementation_->settings, selector,
                                              implementation_->managed());
}

Checked<Done> Dispatcher::install_content_token(const std::string& location,
                                                const std::string& content,
                                                const std::string& name) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->install_content_token(location, content, name);
}

Checked<Done> Dispatcher::take_over_content_token(const std::string& location) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->take_over_content_token(location);
}

Checked<std::vector<Location>> Dispatcher::locations() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->locations();
}

Checked<std::uint16_t> Dispatcher::listen() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->listen();
}

Checked<std::string> Dispatcher::send(const Preview& preview, const SendOptions& options) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->send(preview, options);
}

Checked<std::vector<std::string>> Dispatcher::resume(const std::string& task) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->resume(task);
}

Checked<Done> Dispatcher::pause(const std::string& task) {
  auto done = [&] {
    const std::lock_guard lock(implementation_->mutex);
    return implementation_->stop(task, pipeline::Stop::pause, "paused by a person");
  }();
  if (done && implementation_->devices_room != nullptr) {
    implementation_->devices_room->stopped();
  }
  return done;
}

Checked<Done> Dispatcher::cancel(const std::string& task) {
  auto done = [&] {
    const std::lock_guard lock(implementation_->mutex);
    return implementation_->stop(task, pipeline::Stop::cancel, "cancelled by a person");
  }();
  // Outside the lock, which the desk may need for a device that checks in.
  if (done && implementation_->devices_room != nullptr) {
    implementation_->devices_room->stopped();
  }
  return done;
}

Checked<std::uint64_t> Dispatcher::retry(const std::string& task, const std::string& state) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->retry(task, state);
}

bool Dispatcher::wait(const std::string& task, std::chrono::milliseconds most) {
  std::optional<TaskIndex> index;
  pipeline::Pipeline* pipeline = nullptr;
  {
    const std::lock_guard lock(implementation_->mutex);
    auto* run = implementation_->run_of(task);
    pipeline = implementation_->pipeline.get();
    if (run != nullptr) {
      index = run->index;
    }
  }
  return pipeline == nullptr || !index || pipeline->wait(*index, most);
}

Checked<Progress> Dispatcher::progress(const std::string& task) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->progress(task);
}

Checked<std::uint64_t> Dispatcher::pending(const std::string& task, Goal goal) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->pending(task, goal);
}

Checked<std::vector<Task>> Dispatcher::tasks() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->tasks();
}

Checked<Task> Dispatcher::task(const std::string& id) {
  const std::lock_guard lock(implementation_->mutex);
  auto row = implementation_->find(id);
  if (!row) {
    return row.failure();
  }
  return implementation_->shown(*row, implementation_->held());
}

Checked<InvitationPage> Dispatcher::invitations(const std::string& task, std::uint32_t after,
                                                std::uint32_t limit, const std::string& state) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->invitations(task, after, limit, state);
}

void Dispatcher::drain() {
  pipeline::Pipeline* pipeline = nullptr;
  {
    const std::lock_guard lock(implementation_->mutex);
    pipeline = implementation_->pipeline.get();
  }
  if (pipeline != nullptr) {
    (void)pipeline->drain(std::chrono::seconds(30));
  }
}

std::string Dispatcher::reactor() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->reactor_name;
}

}  // namespace muster
