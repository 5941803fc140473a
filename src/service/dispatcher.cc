#include "muster/dispatcher.h"

#include <chrono>

#include "service/local_dispatcher.h"
#include "service/wording.h"

namespace muster {

Checked<std::unique_ptr<Dispatcher>> Dispatcher::open(const Settings& settings, Access access) {
  auto implementation = std::make_unique<Implementation>(settings);
  if (auto opened = implementation->open(access); !opened) {
    return opened.failure();
  }
  return std::unique_ptr<Dispatcher>(new LocalDispatcher(std::move(implementation)));
}

Checked<Preview> LocalDispatcher::preview(const Selector& selector) {
  const std::lock_guard lock(implementation_->mutex);
  auto reader = implementation_->roster_reader();
  if (!reader) {
    return reader.failure();
  }
  auto preview = implementation_->kept_choice.preview(**reader, implementation_->settings, selector,
                                                      implementation_->managed());
  if (preview && implementation_->kept_choice.holds()) {
    const auto stopped =
        implementation_->stopped_users(**reader, implementation_->kept_choice.users());
    if (!stopped) {
      return stopped.failure();
    }
    for (const auto& each : *stopped) {
      preview->warnings.push_back(std::to_string(each.users) +
                                  " of the users cannot be registered: " + each.why);
    }
  }
  return preview;
}

Checked<Done> LocalDispatcher::install_content_token(const std::string& location,
                                                     const std::string& content,
                                                     const std::string& name) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->install_content_token(location, content, name);
}

Checked<Done> LocalDispatcher::take_over_content_token(const std::string& location) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->take_over_content_token(location);
}

Checked<std::vector<Location>> LocalDispatcher::locations() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->locations();
}

Checked<std::uint16_t> LocalDispatcher::listen(const WebHandler& others) {
  const std::lock_guard lock(implementation_->mutex);
  auto port = implementation_->listen(others);
  if (port) {
    implementation_->open_directory_sync();
  }
  return port;
}

// Outside the lock: requests that are being answered may want it.
void LocalDispatcher::unlisten() {
  std::unique_ptr<service::Endpoint> endpoint;
  {
    const std::lock_guard lock(implementation_->mutex);
    endpoint = std::move(implementation_->endpoint);
  }
}

Checked<Done> LocalDispatcher::reload() {
  const std::lock_guard lock(implementation_->mutex);
  if (implementation_->endpoint == nullptr) {
    return Done{};
  }
  if (const auto read = implementation_->endpoint->reload(); !read) {
    return service::failure_of(read.error());
  }
  return Done{};
}

Checked<Metrics> LocalDispatcher::metrics() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->metrics();
}

Checked<std::string> LocalDispatcher::send(const Preview& preview, const SendOptions& options) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->send(preview, options);
}

Checked<std::vector<std::string>> LocalDispatcher::resume(const std::string& task) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->resume(task);
}

Checked<Done> LocalDispatcher::pause(const std::string& task) {
  auto done = [&] {
    const std::lock_guard lock(implementation_->mutex);
    return implementation_->stop(task, pipeline::Stop::hold, "paused by a person");
  }();
  if (done && implementation_->devices_room != nullptr) {
    implementation_->devices_room->stopped();
  }
  return done;
}

Checked<Done> LocalDispatcher::cancel(const std::string& task) {
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

Checked<std::uint64_t> LocalDispatcher::retry(const std::string& task, const std::string& state) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->retry(task, state);
}

Checked<Done> LocalDispatcher::send_again(const std::string& task, std::uint32_t number) {
  auto done = [&] {
    const std::lock_guard lock(implementation_->mutex);
    return implementation_->send_again(task, number);
  }();
  if (done || done.failure().kind != FailureKind::refused) {
    return done;
  }
  // Of one that is none that is said, and nothing else.
  const auto row = timeline(task, number);
  return !row && row.failure().missing ? row.failure() : std::move(done);
}

bool LocalDispatcher::wait(const std::string& task, std::chrono::milliseconds most) {
  std::optional<TaskIndex> index;
  pipeline::Pipeline* pipeline = nullptr;
  {
    const std::lock_guard lock(implementation_->mutex);
    auto* run = implementation_->run_of(task);
    pipeline = implementation_->pipeline.get();
    if (run != nullptr && (run->open() || pipeline->ledger_failed())) {
      index = run->index;
    }
  }
  return pipeline == nullptr || !index || pipeline->wait(*index, most);
}

Checked<Progress> LocalDispatcher::progress(const std::string& task) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->progress(task);
}

Checked<std::uint64_t> LocalDispatcher::pending(const std::string& task, Goal goal) {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->pending(task, goal);
}

Checked<std::vector<Task>> LocalDispatcher::tasks() {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->tasks();
}

Checked<Task> LocalDispatcher::task(const std::string& id) {
  const std::lock_guard lock(implementation_->mutex);
  auto row = implementation_->find(id);
  if (!row) {
    return row.failure();
  }
  return implementation_->shown(*row, implementation_->held());
}

Checked<InvitationPage> LocalDispatcher::invitations(const std::string& task,
                                                     const InvitationQuery& query) {
  const std::lock_guard lock(implementation_->looking.mutex);
  return implementation_->invitations(task, query);
}

void LocalDispatcher::drain() {
  pipeline::Pipeline* pipeline = nullptr;
  {
    const std::lock_guard lock(implementation_->mutex);
    pipeline = implementation_->pipeline.get();
  }
  if (pipeline != nullptr) {
    (void)pipeline->drain(std::chrono::seconds(30));
  }
}

std::string LocalDispatcher::reactor() const {
  const std::lock_guard lock(implementation_->mutex);
  return implementation_->reactor_name;
}

}  // namespace muster
