#include "roster/directory_rows.h"

#include "base/utf8.h"
#include "model/limits.h"
#include "roster/csv.h"

namespace muster::roster {
namespace {

class DirectoryRows : public RowReader {
 public:
  DirectoryRows(const directory::Directory& directory, const DirectoryNames& names)
      : directory_(directory), names_(names) {}

  // Rows of three tables stand below one header: what they say goes into one field.
  [[nodiscard]] std::string as_csv() const override {
    std::string said;
    for (const auto& value : row_.values) {
      said += value.present ? (said.empty() ? "" : " | ") + std::string(value.text) : "";
    }
    std::string text;
    append_csv(text, dn_);
    text += ',';
    append_csv(text, said);
    return text;
  }
  [[nodiscard]] std::string header_as_csv() const override { return "dn,row"; }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }
  [[nodiscard]] std::string entry() const override { return dn_; }

 protected:
  void begin(Row& row, std::size_t line, const std::string& dn) {
    row.line = line;
    row.trouble.reset();
    row.groups.clear();
    row.values.fill(Value{});
    dn_ = dn;
  }
  // The bytes came from a server: text is what a file's text would be.
  void put(Row& row, Column column, const std::string& text) {
    if (row.trouble) {
      return;
    }
    if (const auto at = first_not_text(text); at != text.size()) {
      row.trouble = Complaint{directory_.name, 0, 0, words_of_byte(text, at), "UTF-8", "", {}};
      return;
    }
    if (text.size() > limits::field_bytes_max) {
      row.trouble = Complaint{directory_.name,
                              0,
                              0,
                              "a value of " + std::to_string(text.size()) + " bytes",
                              "at most " + std::to_string(limits::field_bytes_max),
                              "",
                              {}};
      return;
    }
    row.at(column) = Value{true, text, 0, 0};
  }
  void end(const Row& row) { row_ = row; }

  const directory::Directory& directory_;
  const DirectoryNames& names_;

 private:
  std::string dn_;
  Row row_;
  std::vector<std::string> warnings_;
};

class UserRows final : public DirectoryRows {
 public:
  using DirectoryRows::DirectoryRows;
  [[nodiscard]] Result<bool, Complaint> next(Row& row) override {
    while (at_ < names_.users.size() && names_.users[at_].empty()) {
      ++at_;
    }
    if (at_ == names_.users.size()) {
      return false;
    }
    const auto& user = directory_.users[at_];
    const auto& attributes = directory_.attributes;
    begin(row, at_ + 1, user.dn);
    put(row, Column::user_id, names_.users[at_]);
    put(row, Column::full_name, user.full_name);
    // What the directory is not asked for, others may have said.
    if (!attributes.email.empty()) {
      put(row, Column::email, user.email);
    }
    if (!user.language.empty()) {
      put(row, Column::language, user.language);
    }
    if (!attributes.managed_apple_account.empty()) {
      put(row, Column::managed_apple_account, user.managed_apple_account);
    }
    if (!attributes.location.empty()) {
      put(row, Column::location, user.location);
    }
    end(row);
    ++at_;
    return true;
  }
  [[nodiscard]] std::uint64_t bytes_done() const override { return at_; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return names_.users.size(); }

 private:
  std::size_t at_ = 0;
};

class GroupRows final : public DirectoryRows {
 public:
  using DirectoryRows::DirectoryRows;
  [[nodiscard]] Result<bool, Complaint> next(Row& row) override {
    while (at_ < names_.groups.size() && names_.groups[at_].empty()) {
      ++at_;
    }
    if (at_ == names_.groups.size()) {
      return false;
    }
    const auto& group = directory_.groups[at_];
    begin(row, at_ + 1, group.dn);
    put(row, Column::group_id, names_.groups[at_]);
    put(row, Column::name, group.name);
    end(row);
    ++at_;
    return true;
  }
  [[nodiscard]] std::uint64_t bytes_done() const override { return at_; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return names_.groups.size(); }

 private:
  std::size_t at_ = 0;
};

class MemberRows final : public DirectoryRows {
 public:
  MemberRows(const directory::Directory& directory, const DirectoryNames& names, ImportState& state)
      : DirectoryRows(directory, names), state_(state) {
    for (const auto& group : directory.groups) {
      total_ += group.users.size() + group.groups.size();
    }
  }
  [[nodiscard]] Result<bool, Complaint> next(Row& row) override {
    for (; group_ < directory_.groups.size(); ++group_, member_ = 0) {
      const auto& group = directory_.groups[group_];
      if (!is_in(state_.groups, state_.groups_removed, names_.groups[group_])) {
        done_ += group.users.size() + group.groups.size();
        continue;
      }
      while (member_ < group.users.size() + group.groups.size()) {
        const bool user = member_ < group.users.size();
        const auto& id = user ? names_.users[group.users[member_]]
                              : names_.groups[group.groups[member_ - group.users.size()]];
        ++member_;
        ++done_;
        if (is_in(user ? state_.users : state_.groups,
                  user ? state_.users_removed : state_.groups_removed, id)) {
          begin(row, done_, group.dn);
          put(row, Column::group_id, names_.groups[group_]);
          put(row, user ? Column::user_id : Column::member_group_id, id);
          end(row);
          return true;
        }
      }
    }
    return false;
  }
  [[nodiscard]] std::uint64_t bytes_done() const override { return done_; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return total_; }

 private:
  static bool is_in(IdTable& table, const NumberSet& removed, const std::string& id) {
    const auto* entry = id.empty() ? nullptr : table.find(id);
    return entry != nullptr && !removed.contains(entry->number);
  }

  ImportState& state_;
  std::size_t group_ = 0;
  std::size_t member_ = 0;  // of the group: its users, then its groups
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

std::vector<Source> directory_sources(const directory::Directory& directory,
                                      const DirectoryNames& names, ImportState& state) {
  std::vector<Source> sources;
  const auto add = [&](Table table, std::unique_ptr<RowReader> reader) {
    sources.push_back(Source{directory.name, table, std::move(reader)});
  };
  add(Table::users, std::make_unique<UserRows>(directory, names));
  add(Table::groups, std::make_unique<GroupRows>(directory, names));
  add(Table::members, std::make_unique<MemberRows>(directory, names, state));
  return sources;
}

}  // namespace muster::roster
