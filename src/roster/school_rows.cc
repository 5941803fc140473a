#include "roster/school_rows.h"

#include "roster/csv.h"

namespace muster::roster {
namespace {

bool is_in(IdTable& table, const NumberSet& removed, const std::string& id) {
  const auto* entry = table.find(id);
  return entry != nullptr && !removed.contains(entry->number);
}

// Rejected rows stand as those of users.csv, groups.csv or members.csv would.
class SchoolRows : public RowReader {
 public:
  SchoolRows(const School& school, ImportState& state) : school_(school), state_(state) {}
  [[nodiscard]] std::string as_csv() const override { return csv(row_, false); }
  [[nodiscard]] std::string header_as_csv() const override { return csv(row_, true); }
  [[nodiscard]] const std::vector<std::string>& warnings() const override { return warnings_; }

 protected:
  void begin(Row& row, std::uint64_t line) {
    row.line = line;
    row.trouble.reset();
    row.groups.clear();
    row.values.fill(Value{});
  }
  static void put(Row& row, Column column, std::string_view text, std::uint64_t place = 0) {
    row.at(column) = Value{true, text, row.line, place};
  }
  bool end(const Row& row) {
    row_ = row;
    return true;
  }

  const School& school_;
  ImportState& state_;
  std::size_t at_ = 0;

 private:
  static std::string csv(const Row& row, bool names) {
    std::string text;
    bool first = true;
    for (std::size_t i = 0; i < columns_count; ++i) {
      if (row.values[i].present) {
        text += first ? "" : ",";
        append_csv(text, names ? name_of(static_cast<Column>(i)) : row.values[i].text);
        first = false;
      }
    }
    return text;
  }

  Row row_;
  std::vector<std::string> warnings_;
};

class UserRows final : public SchoolRows {
 public:
  UserRows(const School& school, ImportState& state, std::uint32_t file)
      : SchoolRows(school, state), file_(file) {}
  [[nodiscard]] Result<bool, Complaint> next(Row& row) override {
    for (; at_ < school_.users.size(); ++at_) {
      const auto& user = school_.users[at_];
      const bool comes =
          user.standing == Standing::active || (user.standing == Standing::disabled &&
                                                is_in(state_.users, state_.users_removed, user.id));
      if (user.file != file_ || !comes) {
        continue;
      }
      ++at_;
      begin(row, user.line);
      put(row, Column::user_id, user.id);
      put(row, Column::full_name, user.full_name);
      if (school_.files[file_].emails) {
        put(row, Column::email, user.email, user.email_column);
      }
      if (school_.files[file_].accounts) {
        put(row, Column::managed_apple_account, user.managed_apple_account);
      }
      return end(row);
    }
    return false;
  }
  [[nodiscard]] std::uint64_t bytes_done() const override { return at_; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return school_.users.size(); }

 private:
  std::uint32_t file_;
};

class GroupRows final : public SchoolRows {
 public:
  GroupRows(const School& school, ImportState& state, std::uint32_t file)
      : SchoolRows(school, state), file_(file) {}
  [[nodiscard]] Result<bool, Complaint> next(Row& row) override {
    for (; at_ < school_.groups.size(); ++at_) {
      const auto& group = school_.groups[at_];
      if (group.file != file_ || group.standing != Standing::active) {
        continue;
      }
      ++at_;
      begin(row, group.line);
      put(row, Column::group_id, group.id);
      put(row, Column::name, group.name);
      return end(row);
    }
    return false;
  }
  [[nodiscard]] std::uint64_t bytes_done() const override { return at_; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return school_.groups.size(); }

 private:
  std::uint32_t file_;
};

class MemberRows final : public SchoolRows {
 public:
  MemberRows(const School& school, ImportState& state) : SchoolRows(school, state) {
    for (const auto& group : school.groups) {
      total_ += group.users.size() + group.groups.size();
    }
  }
  [[nodiscard]] Result<bool, Complaint> next(Row& row) override {
    for (; at_ < school_.groups.size(); ++at_, member_ = 0) {
      const auto& group = school_.groups[at_];
      const auto size = group.users.size() + group.groups.size();
      const bool there =
          group.standing != Standing::gone && is_in(state_.groups, state_.groups_removed, group.id);
      if (!there) {
        done_ += size;
        continue;
      }
      while (member_ < size) {
        const auto member = member_++;
        ++done_;
        if (put_member(row, group, member)) {
          return end(row);
        }
      }
    }
    return false;
  }
  [[nodiscard]] std::uint64_t bytes_done() const override { return done_; }
  [[nodiscard]] std::uint64_t bytes_total() const override { return total_; }

 private:
  bool put_member(Row& row, const SchoolGroup& group, std::size_t member) {
    begin(row, group.line);
    put(row, Column::group_id, group.id);
    if (member < group.users.size()) {
      const auto& user = school_.users[group.users[member]];
      put(row, Column::user_id, user.id);
      return user.standing != Standing::left_out && user.standing != Standing::gone &&
             is_in(state_.users, state_.users_removed, user.id);
    }
    const auto& child = school_.groups[group.groups[member - group.users.size()]];
    put(row, Column::member_group_id, child.id);
    return child.standing != Standing::gone &&
           is_in(state_.groups, state_.groups_removed, child.id);
  }

  std::size_t member_ = 0;  // of the group: its users, then its groups
  std::uint64_t done_ = 0;
  std::uint64_t total_ = 0;
};

}  // namespace

std::vector<Source> school_sources(const School& school, ImportState& state) {
  std::vector<Source> sources;
  std::vector<bool> users(school.files.size());
  std::vector<bool> groups(school.files.size());
  for (const auto& user : school.users) {
    users[user.file] = true;
  }
  for (const auto& group : school.groups) {
    groups[group.file] = true;
  }
  for (std::uint32_t file = 0; file < school.files.size(); ++file) {
    if (users[file]) {
      sources.push_back(Source{school.files[file].path, Table::users,
                               std::make_unique<UserRows>(school, state, file)});
    }
  }
  for (std::uint32_t file = 0; file < school.files.size(); ++file) {
    if (groups[file]) {
      sources.push_back(Source{school.files[file].path, Table::groups,
                               std::make_unique<GroupRows>(school, state, file)});
    }
  }
  sources.push_back(
      Source{school.name, Table::members, std::make_unique<MemberRows>(school, state)});
  return sources;
}

}  // namespace muster::roster
