// A roster, sent as one file, or as an upload that has come in pieces.
#include <string_view>
#include <utility>

#include "base/log.h"
#include "console/own_file.h"
#include "console/roster_changes.h"

namespace muster::console {
namespace {

struct Wanted {
  std::string upload;  // its id; empty: the body is the roster
  std::string format;
  std::string ending;  // of the body's file: ".csv"
  bool dry_run = false;
  bool skip_bad = false;
};

// The type of the body says what it is.
Result<void, Refusal> look_at_body(const Call& call, Wanted& wanted) {
  if (is_type(call.request, "text/csv")) {
    wanted.format = "csv";
    wanted.ending = ".csv";
  } else if (is_type(call.request, "application/x-ndjson")) {
    wanted.format = "ndjson";
    wanted.ending = ".ndjson";
  } else if (is_type(call.request, "application/zip")) {
    wanted.ending = ".zip";
  } else {
    return refuse(415,
                  "the body must be a roster; send Content-Type: text/csv, application/x-ndjson or "
                  "application/zip, or name an upload");
  }
  return {};
}

Result<Wanted, Refusal> wanted_of(const Call& call) {
  Question question(call.request.query);
  Wanted wanted;
  wanted.upload = question.text("upload");
  wanted.dry_run = question.flag("dry_run");
  wanted.skip_bad = question.flag("skip_bad");
  if (!wanted.upload.empty()) {
    wanted.format = question.one_of("format", {"csv", "ndjson"});
  }
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  const auto looked = wanted.upload.empty() ? look_at_body(call, wanted) : no_body(call);
  return looked ? Result<Wanted, Refusal>(wanted) : tl::unexpected(looked.error());
}

tl::unexpected<Refusal> not_written(const Error& error) {
  log::error("console", "a roster that was sent cannot be kept", {{"why", words(error)}});
  return refuse(503, "the roster could not be kept for reading: " + words(error));
}

// What is read where, and by what name the visitor knows it.
struct Place {
  std::vector<std::string> paths;
  std::string folder;  // of an upload; empty: the file that was sent
};

std::string replaced(std::string_view text, std::string_view from, std::string_view to) {
  std::string with;
  for (auto at = text.find(from); at != std::string_view::npos; at = text.find(from)) {
    with.append(text.substr(0, at)).append(to);
    text.remove_prefix(at + from.size());
  }
  return with.append(text);
}

// Lines name our files; the visitor knows them by no name of ours.
std::string for_visitor(std::string_view line, const Place& place) {
  if (place.folder.empty()) {
    return replaced(line, place.paths.front(), "roster");
  }
  return replaced(replaced(line, place.folder + "/", ""), place.folder, "roster");
}

// What cannot be read is the visitor's here, not the server's; the command line ends as it would
// have without a server.
tl::unexpected<Refusal> not_imported(const Failure& failure, std::string line) {
  auto refusal = refusal_of(failure);
  refusal.status = failure.kind == FailureKind::cannot_start ? 422 : 409;
  refusal.detail = std::move(line);
  return tl::unexpected(refusal);
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
    return not_imported(report.failure(), report.failure().line);
  }
  if (!options.dry_run) {
    office.record(call.who(), "roster.import", "", detail_of_import(*report));
    office.events->look_now();
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *report, options.dry_run);
  json::Members{writer}.member("rejects", "").member("rejects_whole", true);
  return json_reply(writer.end().result());
}

// So much of the rows that were left out is told, in whole lines.
void add_rejects(json::Writer& writer, const OwnFile& file, const Place& place) {
  auto rows = file.read(limits::rejects_bytes_max + 1);
  const bool whole = rows.size() <= limits::rejects_bytes_max;
  if (!whole) {
    rows.resize(rows.rfind('\n') + 1);
  }
  json::Members{writer}.member("rejects", for_visitor(rows, place)).member("rejects_whole", whole);
}

Answered import_from(Office& office, const Call& call, const Wanted& wanted, const Place& place) {
  const auto rejects = OwnFile::write(office.uploads->folder(), ".rejects", "");
  if (!rejects) {
    return not_written(rejects.error());
  }
  const ImportOptions options{place.paths, wanted.format, wanted.dry_run,
                              wanted.skip_bad ? rejects->path() : std::string()};
  auto report = office.dispatcher.import_roster(options, nullptr);
  if (!report) {
    return not_imported(report.failure(), for_visitor(report.failure().line, place));
  }
  for (auto& warning : report->warnings) {
    warning = for_visitor(warning, place);
  }
  if (!wanted.dry_run) {
    office.record(call.who(), "roster.import", "", detail_of_import(*report));
    office.events->look_now();
  }
  json::Writer writer;
  writer.begin_object();
  add_members(writer, *report, wanted.dry_run);
  add_rejects(writer, *rejects, place);
  return json_reply(writer.end().result());
}

Answered import_upload(Office& office, const Call& call, const Wanted& wanted) {
  const auto whole = office.uploads->whole(call.who().name, wanted.upload);
  if (!whole) {
    return tl::unexpected(whole.error());
  }
  auto answer = import_from(office, call, wanted, {whole->paths, whole->folder});
  if (answer && !wanted.dry_run) {
    // Who has removed it himself meanwhile has done the same.
    [[maybe_unused]] const auto removed = office.uploads->remove(call.who().name, wanted.upload);
  }
  return answer;
}

Answered import(Office& office, const Call& call) {
  const bool by_paths = call.who().how == Visitor::How::socket && call.request.query.empty() &&
                        is_type(call.request, "application/json");
  if (by_paths) {
    return import_files(office, call);
  }
  const auto wanted = wanted_of(call);
  if (!wanted) {
    return tl::unexpected(wanted.error());
  }
  if (!wanted->upload.empty()) {
    return import_upload(office, call, *wanted);
  }
  const auto sent = OwnFile::write(office.uploads->folder(), wanted->ending, call.request.body);
  if (!sent) {
    return not_written(sent.error());
  }
  return import_from(office, call, *wanted, {{sent->path()}, {}});
}

}  // namespace

void add_imports(std::vector<Route>& routes) {
  routes.insert(routes.end(), {{"POST", "/api/v1/roster", Scope::admin, Pace::slow, import}});
}

}  // namespace muster::console
