// The roster, imported: from files, or from a directory service.
#include <algorithm>

#include "directory/directory.h"
#include "service/codes_file.h"
#include "service/directory_plan.h"
#include "service/local_dispatcher.h"
#include "service/wording.h"

namespace muster {
namespace {

ImportChange change_of(const roster::ImportChange& from) {
  return {from.count, from.first};
}
ImportChanges changes_of(const roster::ImportChanges& from) {
  return {change_of(from.added), change_of(from.changed), change_of(from.removed)};
}

bool is_format_of_directory(const std::string& format) {
  return format == "open-directory" || format == "active-directory" || format == "generic";
}

}  // namespace

Checked<ImportReport> Dispatcher::Implementation::import_now(
    const roster::ImportPlan& plan, const std::function<bool(const ImportProgress&)>& progress,
    Instant begun) {
  const std::lock_guard writing(roster_mutex);
  if (roster == nullptr) {
    return Failure{FailureKind::cannot_start, "the data directory was opened for reading only"};
  }
  const auto counts = roster->import(
      plan,
      [&](const roster::ImportStep& step) {
        return !progress ||
               progress(ImportProgress{step.file, step.bytes_done, step.bytes_total, step.rows});
      },
      clock.wall());
  if (!counts) {
    return service::failure_of(counts.error());
  }
  return ImportReport{counts->users,
                      counts->groups,
                      counts->memberships,
                      counts->devices,
                      0,
                      counts->rejected,
                      counts->warnings,
                      static_cast<double>((clock.now() - begun).count()) * 1e-9,
                      changes_of(counts->users_changed),
                      changes_of(counts->groups_changed),
                      changes_of(counts->devices_changed)};
}

// The directory is read before anything is locked: that can take minutes.
Checked<ImportReport> Dispatcher::Implementation::import_directory(
    const ImportOptions& options, const std::function<bool(const ImportProgress&)>& progress) {
  const auto begun = clock.now();
  if (options.paths.size() != 1) {
    return Failure{FailureKind::usage,
                   "a directory service is imported by itself: give its address alone"};
  }
  const auto plan = service::plan_of(settings.directory, options.paths.front(), options.format);
  if (!plan) {
    return plan.failure();
  }
  const auto read = directory::read(*plan, [&](std::uint64_t entries) {
    return !progress || progress(ImportProgress{plan->url, 0, 0, entries});
  });
  if (!read) {
    return service::failure_of(read.error());
  }
  roster::ImportPlan import;
  import.dry_run = options.dry_run;
  import.rejects_file = options.rejects_file;
  import.directory = &*read;
  import.removals_percent_max = settings.directory.removals_percent_max;
  return import_now(import, progress, begun);
}

void Dispatcher::Implementation::open_directory_sync() {
  const auto& wanted = settings.directory;
  if (directory_sync != nullptr || wanted.sync_every.count() == 0) {
    return;
  }
  directory_sync = std::make_unique<service::DirectorySync>(
      wanted.sync_every, [this](const std::function<bool()>& keep_on) {
        ImportOptions options;
        options.paths = {settings.directory.url};
        return import_directory(options, [&](const ImportProgress&) { return keep_on(); });
      });
}

Checked<ImportReport> LocalDispatcher::import_roster(
    const ImportOptions& options, const std::function<bool(const ImportProgress&)>& progress) {
  if (std::ranges::any_of(options.paths, service::is_directory_address)) {
    return implementation_->import_directory(options, progress);
  }
  if (is_format_of_directory(options.format)) {
    return Failure{FailureKind::usage, "the format '" + options.format +
                                           "' is of a directory service; expected ldap://host/ "
                                           "with it, or csv or ndjson with files"};
  }
  if (options.format.empty() && options.paths.size() == 1 &&
      service::is_codes_file(options.paths.front())) {
    const std::lock_guard lock(implementation_->mutex);
    return implementation_->import_codes(options.paths.front(), options.dry_run);
  }
  roster::ImportPlan plan;
  plan.paths = options.paths;
  plan.format = options.format;
  plan.dry_run = options.dry_run;
  plan.rejects_file = options.rejects_file;
  plan.removals_percent_max = implementation_->settings.directory.removals_percent_max;
  return implementation_->import_now(plan, progress, implementation_->clock.now());
}

}  // namespace muster
