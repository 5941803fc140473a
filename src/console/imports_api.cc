// A roster, sent as one flat file.
#include "base/log.h"
#include "console/own_file.h"
#include "console/roster_changes.h"

namespace muster::console {
namespace {

// Of the rows that were left out, so much is told.
constexpr std::size_t rejects_bytes_max = 256UL * 1024;

struct Wanted {
  std::string format;
  bool dry_run = false;
  bool skip_bad = false;
};

Result<Wanted, Refusal> wanted_of(const Call& call) {
  Question question(call.request.query);
  Wanted wanted;
  wanted.dry_run = question.flag("dry_run");
  wanted.skip_bad = question.flag("skip_bad");
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  wanted.format = is_type(call.request, "text/csv")               ? "csv"
                  : is_type(call.request, "application/x-ndjson") ? "ndjson"
                                                                  : "";
  if (wanted.format.empty()) {
    return refuse(415,
                  "the body must be a roster; send Content-Type: text/csv or "
                  "application/x-ndjson");
  }
  return wanted;
}

tl::unexpected<Refusal> not_written(const Error& error) {
  log::error("console", "a roster that was sent cannot be kept", {{"why", words(error)}});
  return refuse(503, "the roster could not be kept for reading: " + words(error));
}

// The complaint names our file; the visitor knows it by no name.
std::string without_path(std::string line, const std::string& path) {
  for (auto at = line.find(path); at != std::string::npos; at = line.find(path, at)) {
    line.replace(at, path.size(), "roster");
  }
  return line;
}

std::string detail_of_import(const ImportReport& report) {
  json::Writer writer;
  writer.begin_object();
  json::Members{writer}
      .member("users", report.users)
      .member("groups", report.groups)
      .member("devices", report.devices)
      .member("rejected", report.rejected);
  return writer.end().result();
}

// Out of files on this machine: for the data's owner alone, who could read and write them himself.
Answered import_files(Office& office, const Call& call) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  ImportOptions options;
  options.paths = body->texts("paths");
  options.format = body->text("format").value_or("");
  options.dry_run = body->flag("dry_run");
  options.rejects_file = body->text("skip_bad").value_or("");
  if (options.paths.empty()) {
    body->complain("'paths' is missing; name files");
  }
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto report = office.dispatcher.import_roster(options, nullptr);
  if (!report) {
    return refuse(report.failure().kind == FailureKind::cannot_start ? 422 : 409,
                  report.failure().line);
  }
  if (!options.dry_run) {
    office.record(call.who(), "roster.import", "", detail_of_import(*report));
    office.events->look_now();
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *report, options.dry_run);
  json::Members{writer}.member("rejects", "");
  return json_reply(writer.end().result());
}

Answered import(Office& office, const Call& call) {
  if (call.who().how == Visitor::How::socket && is_type(call.request, "application/json")) {
    return import_files(office, call);
  }
  const auto wanted = wanted_of(call);
  if (!wanted) {
    return tl::unexpected(wanted.error());
  }
  const auto& folder = office.settings.data_dir;
  const auto sent = OwnFile::write(folder, "." + wanted->format, call.request.body);
  if (!sent) {
    return not_written(sent.error());
  }
  const auto rejects = OwnFile::write(folder, ".rejects", "");
  if (!rejects) {
    return not_written(rejects.error());
  }
  const ImportOptions options{{sent->path()},
                              wanted->format,
                              wanted->dry_run,
                              wanted->skip_bad ? rejects->path() : std::string()};
  const auto report = office.dispatcher.import_roster(options, nullptr);
  if (!report) {
    const auto line = without_path(report.failure().line, sent->path());
    return refuse(report.failure().kind == FailureKind::cannot_start ? 422 : 409, line);
  }
  if (!wanted->dry_run) {
    office.record(call.who(), "roster.import", "", detail_of_import(*report));
    office.events->look_now();
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *report, wanted->dry_run);
  json::Members{writer}.member("rejects", rejects->read(rejects_bytes_max));
  return json_reply(writer.end().result());
}

}  // namespace

void add_imports(std::vector<Route>& routes) {
  routes.insert(routes.end(), {{"POST", "/api/v1/roster", Scope::admin, Pace::slow, import}});
}

}  // namespace muster::console
