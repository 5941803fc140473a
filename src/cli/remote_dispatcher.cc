#include "cli/remote_dispatcher.h"

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/time.h"
#include "cli/read_shapes.h"
#include "cli/remote_import.h"
#include "cli/render.h"
#include "http/percent.h"
#include "json/members.h"
#include "json/writer.h"

namespace muster::cli {
namespace {

constexpr std::chrono::milliseconds look_interval{200};

std::string of_task(const std::string& task) {
  return "/api/v1/tasks/" + http::percent_encoded(task);
}

// Into an object that the caller has begun.
void add_selector(json::Writer& writer, const Selector& selector) {
  const json::Members members{writer};
  for (const auto& [name, value] : {std::pair{"user", &selector.user},
                                    {"group", &selector.group},
                                    {"device", &selector.device}}) {
    if (!value->empty()) {
      members.member(name, *value);
    }
  }
  members.member("audience", name_of(selector.audience))
      .member("channels", name_of(selector.channels));
}

std::string selector_body(const Selector& selector) {
  json::Writer writer;
  writer.begin_object();
  add_selector(writer, selector);
  return writer.end().result();
}

template <class Value>
Checked<Value> value_of(const Checked<json::Tree>& tree) {
  if (!tree) {
    return tree.failure();
  }
  Value value;
  read(tree->root(), value);
  return value;
}

}  // namespace

Checked<Done> RemoteDispatcher::done(const std::string& method, const std::string& path,
                                     const std::string& body) {
  const auto answer = link_->ask(method, path, body);
  return answer ? Checked<Done>(Done{}) : answer.failure();
}

Checked<ImportReport> RemoteDispatcher::import_roster(
    const ImportOptions& options, const std::function<bool(const ImportProgress&)>& progress) {
  if (!link_->is_local()) {
    return import_elsewhere(*link_, options, progress);
  }
  json::Writer writer;
  writer.begin_object().key("paths").begin_array();
  for (const auto& path : options.paths) {
    // Read by the server, in its own working directory. An address stays as it is.
    writer.text(path.find("://") != std::string::npos ? path
                                                      : std::filesystem::absolute(path).string());
  }
  writer.end();
  json::Members{writer}
      .member("format", options.format)
      .member("dry_run", options.dry_run)
      .member("skip_bad", options.rejects_file.empty()
                              ? std::string()
                              : std::filesystem::absolute(options.rejects_file).string());
  return value_of<ImportReport>(link_->ask("POST", "/api/v1/roster", writer.end().result()));
}

Checked<Preview> RemoteDispatcher::preview(const Selector& selector) {
  return value_of<Preview>(link_->ask("POST", "/api/v1/previews", selector_body(selector)));
}

Checked<UnreachedPage> RemoteDispatcher::unreached(const Selector& selector, std::uint32_t from,
                                                   std::uint32_t limit) {
  const auto answer =
      link_->ask("POST",
                 "/api/v1/previews/unreached?after=" + std::to_string(from) +
                     "&limit=" + std::to_string(std::min<std::uint32_t>(limit, 1000)),
                 selector_body(selector));
  if (!answer) {
    return answer.failure();
  }
  UnreachedPage page;
  page.rows = read_all<UnreachedUser>(answer->root().at("rows"));
  page.next = static_cast<std::uint32_t>(answer->root().at("next").integer().value_or(0));
  return page;
}

Checked<std::string> RemoteDispatcher::send(const Preview& preview, const SendOptions& options) {
  json::Writer writer;
  writer.begin_object();
  add_selector(writer, preview.selector);
  json::Members{writer}
      .member("preview", preview.id)
      .member("invitations", preview.invitations)
      .member("rate", options.rate);
  if (options.start_at != 0) {
    json::Members{writer}.member("start_at", to_text(WallTime{options.start_at * 1000}));
  }
  http::Fields fields;
  if (!options.key.empty()) {
    fields.push_back({"Idempotency-Key", options.key});
  }
  const auto answer =
      link_->ask("POST", "/api/v1/tasks", writer.end().result(), "application/json", fields);
  if (!answer) {
    return answer.failure();
  }
  return std::string(answer->root().at("id").text().value_or(""));
}

Checked<std::vector<std::string>> RemoteDispatcher::resume(const std::string& task) {
  if (task.empty()) {
    const auto answer = link_->ask("POST", "/api/v1/tasks/resume", "{}");
    return answer ? Checked(read_all<std::string>(answer->root().at("tasks"))) : answer.failure();
  }
  const auto resumed = value_of<Task>(link_->ask("POST", of_task(task) + "/resume", "{}"));
  return resumed ? Checked(std::vector{resumed->id}) : resumed.failure();
}

Checked<Done> RemoteDispatcher::change_task(const std::string& task, const std::string& verb) {
  return done("POST", of_task(task) + "/" + verb);
}

Checked<Done> RemoteDispatcher::pause(const std::string& task) {
  return change_task(task, "pause");
}

Checked<Done> RemoteDispatcher::cancel(const std::string& task) {
  return change_task(task, "cancel");
}

Checked<std::uint64_t> RemoteDispatcher::retry(const std::string& task, const std::string& state) {
  json::Writer writer;
  writer.begin_object();
  if (!state.empty()) {
    writer.key("state").text(state);
  }
  const auto answer = link_->ask("POST", of_task(task) + "/retry", writer.end().result());
  if (!answer) {
    return answer.failure();
  }
  return static_cast<std::uint64_t>(answer->root().at("retried").integer().value_or(0));
}

Checked<Done> RemoteDispatcher::send_again(const std::string& task, std::uint32_t number) {
  return done("POST", of_task(task) + "/invitations/" + std::to_string(number) + "/send-again");
}

bool RemoteDispatcher::wait(const std::string& task, std::chrono::milliseconds most) {
  const SystemClock clock;
  const auto until = clock.now() + most;
  for (;;) {
    const auto now = progress(task);
    if (!now || now->state != TaskState::running) {
      return true;
    }
    const auto left = until - clock.now();
    if (left <= Duration::zero()) {
      return false;
    }
    std::this_thread::sleep_for(std::min<Duration>(left, look_interval));
  }
}

Checked<Progress> RemoteDispatcher::progress(const std::string& task) {
  return value_of<Progress>(link_->get(of_task(task) + "/progress"));
}

Checked<std::uint64_t> RemoteDispatcher::pending(const std::string& task, Goal goal) {
  const char* const words[] = {"sent", "shown", "enrolled"};
  const auto answer =
      link_->get(of_task(task) + "/pending?goal=" + words[static_cast<std::size_t>(goal)]);
  if (!answer) {
    return answer.failure();
  }
  return static_cast<std::uint64_t>(answer->root().at("pending").integer().value_or(0));
}

Checked<std::vector<Task>> RemoteDispatcher::tasks() {
  const auto answer = link_->get("/api/v1/tasks");
  return answer ? Checked(read_all<Task>(answer->root().at("tasks"))) : answer.failure();
}

Checked<Task> RemoteDispatcher::task(const std::string& id) {
  return value_of<Task>(link_->get(of_task(id)));
}

Checked<Timeline> RemoteDispatcher::timeline(const std::string& task, std::uint32_t number) {
  return value_of<Timeline>(link_->get(of_task(task) + "/invitations/" + std::to_string(number)));
}

Checked<InvitationPage> RemoteDispatcher::invitations(const std::string& task,
                                                      const InvitationQuery& query) {
  const auto answer =
      link_->get(of_task(task) + "/invitations?state=" + query.state + "&query=" +
                 http::percent_encoded(query.search) + "&after=" + std::to_string(query.after) +
                 "&limit=" + std::to_string(std::min<std::uint32_t>(query.limit, 1000)));
  if (!answer) {
    return answer.failure();
  }
  InvitationPage page;
  page.rows = read_all<Invitation>(answer->root().at("rows"));
  page.next = static_cast<std::uint32_t>(answer->root().at("next").integer().value_or(0));
  page.more = answer->root().at("more").boolean().value_or(false);
  return page;
}

Checked<Done> RemoteDispatcher::install_content_token(const std::string& location,
                                                      const std::string& content,
                                                      const std::string& /*name*/) {
  const auto answer =
      link_->ask("PUT", "/api/v1/locations/" + http::percent_encoded(location) + "/content-token",
                 content, "text/plain");
  return answer ? Checked<Done>(Done{}) : answer.failure();
}

Checked<Done> RemoteDispatcher::take_over_content_token(const std::string& location) {
  return done("POST", "/api/v1/locations/" + http::percent_encoded(location) + "/take-over");
}

Checked<std::vector<Location>> RemoteDispatcher::locations() {
  const auto answer = link_->get("/api/v1/locations");
  return answer ? Checked(read_all<Location>(answer->root().at("rows"))) : answer.failure();
}

Checked<std::uint16_t> RemoteDispatcher::listen(const WebHandler& /*others*/) {
  return Failure{FailureKind::refused, "a server listens there already"};
}

void RemoteDispatcher::unlisten() {}

Checked<Done> RemoteDispatcher::reload() {
  return Failure{FailureKind::refused, "a server reads its files anew on SIGHUP; send it one"};
}

Checked<Metrics> RemoteDispatcher::metrics() {
  return Failure{FailureKind::refused, "a server says what it measures at /metrics; ask there"};
}

void RemoteDispatcher::drain() {}

std::string RemoteDispatcher::reactor() const {
  const auto answer = link_->get("/api/v1/about");
  return answer ? std::string(answer->root().at("reactor").text().value_or("")) : std::string();
}

}  // namespace muster::cli
