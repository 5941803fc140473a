#include "roster/import.h"

#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <optional>

#include "roster/directory_book.h"
#include "roster/directory_rows.h"
#include "roster/import_state.h"
#include "roster/rejects.h"
#include "roster/row_writer.h"
#include "roster/school_book.h"
#include "roster/school_files.h"
#include "roster/school_reader.h"
#include "roster/school_rows.h"

namespace muster::roster {
namespace {

constexpr std::uint64_t rows_per_step = 8192;  // some milliseconds each
constexpr std::uint64_t bad_entries_shown = 10;
constexpr std::array<const char*, 4> file_names = {"users.csv", "groups.csv", "members.csv",
                                                   "devices.csv"};

Complaint interrupted() {
  return Complaint{"", 0, 0, "interrupted", "", "nothing was stored; start the import again", {}};
}

// One run; its members end with it.
class Import {
 public:
  Import(store::RosterStore& store, const ImportPlan& plan,
         const std::function<bool(const ImportStep&)>& step, WallTime now)
      : store_(store), plan_(plan), step_(step), state_(store, now), writer_(state_) {}

  [[nodiscard]] Result<ImportCounts, Complaint> run();

 private:
  [[nodiscard]] Result<void, Complaint> write_everything();
  [[nodiscard]] Result<void, Complaint> prepare();
  [[nodiscard]] Result<void, Complaint> settle();
  [[nodiscard]] Result<void, Complaint> find_files();
  [[nodiscard]] Result<void, Complaint> add_directory(const std::string& path);
  // False: what lies there was not exported by a school.
  [[nodiscard]] Result<bool, Complaint> find_school(const std::string& path);
  [[nodiscard]] Result<bool> is_known(Kin kin, const std::string& id);
  void add_sources(std::vector<Source> sources);
  [[nodiscard]] Result<void, Complaint> open_files();
  [[nodiscard]] Result<void, Complaint> read_file(std::size_t at);
  // A row was refused: put aside, or the end.
  [[nodiscard]] Result<void, Complaint> put_aside(const Source& source, const Complaint& why);
  [[nodiscard]] Result<void, Complaint> check_outcome() const;
  void collect_warnings();
  [[nodiscard]] bool keep_on();

  store::RosterStore& store_;
  const ImportPlan& plan_;
  const std::function<bool(const ImportStep&)>& step_;
  ImportState state_;
  RowWriter writer_;
  std::optional<DirectoryBook> book_;
  std::optional<School> school_;
  std::optional<Rejects> rejects_;
  std::vector<std::string> paths_;
  std::vector<Source> sources_;
  ImportStep progress_;
  std::uint64_t bytes_of_files_done_ = 0;
};

Result<ImportCounts, Complaint> Import::run() {
  // Everything that can be refused by looking is refused before the store is touched.
  if (auto found = find_files(); !found) {
    return tl::unexpected(found.error());
  }
  if (auto opened = open_files(); !opened) {
    return tl::unexpected(opened.error());
  }
  if (auto begun = store_.begin(); !begun) {
    return tl::unexpected(state_.complaint(begun.error()));
  }
  if (auto written = write_everything(); !written) {
    store_.rollback();
    return tl::unexpected(written.error());
  }
  if (plan_.dry_run) {
    store_.rollback();
    return std::move(state_.counts);
  }
  if (auto committed = store_.commit(); !committed) {
    return tl::unexpected(state_.complaint(committed.error()));
  }
  return std::move(state_.counts);
}

Result<void, Complaint> Import::write_everything() {
  if (auto prepared = prepare(); !prepared) {
    return prepared;
  }
  const bool first = state_.users.entries().empty() && state_.devices.entries().empty();
  if (first) {
    if (auto dropped = store_.drop_indexes(); !dropped) {
      return tl::unexpected(state_.complaint(dropped.error()));
    }
  }
  for (std::size_t at = 0; at < sources_.size(); ++at) {
    if (auto read = read_file(at); !read) {
      return read;
    }
  }
  if (auto settled = settle(); !settled) {
    return settled;
  }
  if (auto derived = derive(state_, [this] { return keep_on(); }); !derived) {
    return derived;
  }
  if (first) {
    if (auto built = store_.build_indexes(); !built) {
      return tl::unexpected(state_.complaint(built.error()));
    }
  }
  if (rejects_) {
    if (auto closed = rejects_->close(); !closed) {
      return closed;
    }
  }
  collect_warnings();
  return keep_on() ? Result<void, Complaint>{} : tl::unexpected(interrupted());
}

// A directory's people are found before ids are loaded, since it renames them.
Result<void, Complaint> Import::prepare() {
  if (plan_.directory == nullptr) {
    auto loaded = load(state_);
    if (loaded && school_) {
      add_sources(school_sources(*school_, state_));
    }
    return loaded;
  }
  book_.emplace(*plan_.directory);
  if (const auto prepared = book_->prepare(store_, state_.counts); !prepared) {
    return tl::unexpected(state_.complaint(prepared.error()));
  }
  if (auto loaded = load(state_); !loaded) {
    return loaded;
  }
  add_sources(directory_sources(*plan_.directory, book_->names(), state_));
  return {};
}

void Import::add_sources(std::vector<Source> sources) {
  for (auto& source : sources) {
    progress_.bytes_total += source.reader->bytes_total();
    state_.files.push_back(source.path);
    sources_.push_back(std::move(source));
  }
}

Result<void, Complaint> Import::settle() {
  if (school_) {
    return SchoolBook(*school_, state_).settle(plan_.removals_percent_max);
  }
  return book_ ? book_->settle(state_, plan_.removals_percent_max) : check_outcome();
}

Result<void, Complaint> Import::find_files() {
  if (plan_.directory != nullptr) {
    return {};
  }
  if (plan_.paths.empty()) {
    return tl::unexpected(
        Complaint{"", 0, 0, "no file to import", "a directory, a CSV or an NDJSON file", "", {}});
  }
  for (const auto& path : plan_.paths) {
    const auto of_school = find_school(path);
    if (!of_school) {
      return tl::unexpected(of_school.error());
    }
    if (*of_school) {
      continue;
    }
    struct stat facts{};
    if (::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) {
      if (auto added = add_directory(path); !added) {
        return added;
      }
    } else {
      paths_.push_back(path);
    }
  }
  return {};
}

Result<bool, Complaint> Import::find_school(const std::string& path) {
  const auto files = open_school_files(path);
  if (!files) {
    return tl::unexpected(files.error());
  }
  if (*files == nullptr) {
    return false;
  }
  const auto kind = school_kind(**files);
  if (!kind) {
    return tl::unexpected(kind.error());
  }
  if (*kind == SchoolKind::none) {
    return false;  // opened as any file, an archive is refused there
  }
  if (plan_.paths.size() != 1) {
    return tl::unexpected(Complaint{path,
                                    0,
                                    0,
                                    "the files of a school among others",
                                    "the school's directory or archive alone",
                                    "import it by itself",
                                    {}});
  }
  auto school = read_school(
      **files, *kind, [this](Kin kin, const std::string& id) { return is_known(kin, id); },
      [this](const std::string& file, std::uint64_t records) {
        return !step_ || step_(ImportStep{file, 0, 0, records});
      });
  if (!school) {
    return tl::unexpected(school.error());
  }
  school_.emplace(std::move(*school));
  return true;
}

Result<bool> Import::is_known(Kin kin, const std::string& id) {
  if (kin == Kin::user) {
    const auto user = store_.user_by_id(id);
    return user ? Result<bool>(user->has_value()) : tl::unexpected(user.error());
  }
  const auto group = store_.group_by_id(id);
  return group ? Result<bool>(group->has_value()) : tl::unexpected(group.error());
}

Result<void, Complaint> Import::add_directory(const std::string& path) {
  const auto count = paths_.size();
  for (const auto* name : file_names) {
    const auto file = path + "/" + name;
    struct stat facts{};
    if (::stat(file.c_str(), &facts) == 0) {
      paths_.push_back(file);
    }
  }
  if (paths_.size() == count) {
    return tl::unexpected(Complaint{path,
                                    0,
                                    0,
                                    "no roster in this directory",
                                    "users.csv, groups.csv, members.csv or devices.csv",
                                    "",
                                    {}});
  }
  return {};
}

Result<void, Complaint> Import::open_files() {
  for (const auto& path : paths_) {
    auto source = open_source(path, plan_.format);
    if (!source) {
      return tl::unexpected(source.error());
    }
    progress_.bytes_total += source->reader->bytes_total();
    sources_.push_back(std::move(*source));
  }
  std::ranges::stable_sort(sources_, {}, &Source::table);
  for (const auto& source : sources_) {
    state_.files.push_back(source.path);
  }
  if (!plan_.rejects_file.empty()) {
    auto rejects = Rejects::open(plan_.rejects_file);
    if (!rejects) {
      return tl::unexpected(rejects.error());
    }
    rejects_.emplace(std::move(*rejects));
  }
  return {};
}

Result<void, Complaint> Import::read_file(std::size_t at) {
  const auto& source = sources_[at];
  state_.file = at + 1;
  progress_.file = source.path;
  Row row;
  for (;;) {
    auto more = source.reader->next(row);
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      break;
    }
    ++progress_.rows;
    if (auto written = writer_.write(source.table, row, source.path); !written) {
      if (auto aside = put_aside(source, written.error()); !aside) {
        return aside;
      }
    }
    if (progress_.rows % rows_per_step == 0) {
      progress_.bytes_done = bytes_of_files_done_ + source.reader->bytes_done();
      if (!keep_on()) {
        return tl::unexpected(interrupted());
      }
    }
  }
  bytes_of_files_done_ += source.reader->bytes_done();
  progress_.bytes_done = bytes_of_files_done_;
  return {};
}

Result<void, Complaint> Import::put_aside(const Source& source, const Complaint& why) {
  const bool of_this_row = why.cause == Error{};
  const auto entry = source.reader->entry();
  if (!of_this_row || (!rejects_ && entry.empty())) {
    return tl::unexpected(why);
  }
  ++state_.counts.rejected;
  if (rejects_ && entry.empty()) {
    return rejects_->write(why, *source.reader);
  }
  auto of_entry = why;
  of_entry.line = of_entry.column = 0;
  of_entry.found += " in '" + entry + "'";
  if (rejects_) {
    return rejects_->write(of_entry, *source.reader);
  }
  // Nobody can mend a directory from here, and one bad entry must not hold up all others.
  if (state_.counts.rejected <= bad_entries_shown) {
    state_.counts.warnings.push_back(of_entry.line_of_text() + "; left out");
  } else if (state_.counts.rejected == bad_entries_shown + 1) {
    state_.counts.warnings.push_back("more such entries are left out; --skip-bad lists them all");
  }
  return {};
}

Result<void, Complaint> Import::check_outcome() const {
  if (progress_.rows == 0) {
    return tl::unexpected(Complaint{paths_.front(),
                                    0,
                                    0,
                                    "no rows behind the header",
                                    "at least one",
                                    "nothing was stored",
                                    {}});
  }
  return {};
}

void Import::collect_warnings() {
  std::vector<std::string> warnings;
  for (const auto& source : sources_) {
    const auto& of_file = source.reader->warnings();
    warnings.insert(warnings.end(), of_file.begin(), of_file.end());
  }
  auto& all = state_.counts.warnings;
  all.insert(all.begin(), warnings.begin(), warnings.end());
  if (state_.unreachable_mdm != 0) {
    all.push_back(
        std::to_string(state_.unreachable_mdm) +
        " devices have a push token but no push_magic and cannot be woken; the first is '" +
        state_.first_unreachable_mdm + "'");
  }
}

bool Import::keep_on() {
  return !step_ || step_(progress_);
}

}  // namespace

Result<ImportCounts, Complaint> import_roster(store::RosterStore& store, const ImportPlan& plan,
                                              const std::function<bool(const ImportStep&)>& step,
                                              WallTime now) {
  return Import(store, plan, step, now).run();
}

}  // namespace muster::roster
