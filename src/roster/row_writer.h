// One row into the store: read and judged as a whole first, then written, so that a row that is
// skipped leaves nothing behind.
//
// An id that is stored already is an update: only the columns of the file change. Lives for one
// import; uses the state's tables.
#pragma once

#include <string>

#include "roster/import_state.h"
#include "roster/row.h"

namespace muster::roster {

class RowWriter {
 public:
  explicit RowWriter(ImportState& state) : state_(state) {}
  // A complaint without a cause is about this row alone; one with a cause ends the import.
  [[nodiscard]] Result<void, Complaint> write(Table table, const Row& row, const std::string& file);

 private:
  // What a row says, judged; `before`: what is stored, blank where nothing is. Both are kept from
  // row to row for their texts' memory.
  struct Person {
    store::UserRow row;
    bool known = false;   // stored, or written by this import
    bool change = false;  // must be written
    store::UserRow before;
    void empty();
  };
  struct Thing {
    store::DeviceRow row;
    bool known = false;
    std::string user_id;  // as the row says
    bool user_said = false;
    store::DeviceRow before;
    void empty();
  };
  [[nodiscard]] Result<void, Complaint> write_user(const Row& row);
  [[nodiscard]] Result<void, Complaint> write_group(const Row& row);
  [[nodiscard]] Result<void, Complaint> write_member(const Row& row);
  [[nodiscard]] Result<void, Complaint> write_device(const Row& row);
  [[nodiscard]] Result<void, Complaint> write_flat(const Row& row);

  [[nodiscard]] Result<void, Complaint> read_user(const Row& row, bool repeats_allowed);
  // A new user's row is the store's afterwards, likewise a device's: what person_ has is lost.
  [[nodiscard]] Result<void, Complaint> put_user(Mark mark);
  [[nodiscard]] Result<void, Complaint> read_device(const Row& row);
  // Which known device the row means, null where none, and its id either way.
  [[nodiscard]] Result<IdTable::Entry*, Complaint> find_device(const Row& row, Thing& thing);
  [[nodiscard]] Result<IdTable::Entry*, Complaint> find_device_by_keys(const Row& row,
                                                                       Thing& thing);
  [[nodiscard]] Result<void, Complaint> read_before(const IdTable::Entry& entry, Thing& thing);
  [[nodiscard]] Result<void, Complaint> load_keys();
  [[nodiscard]] Result<void, Complaint> check_udid(const Row& row, const Thing& thing);
  [[nodiscard]] Result<void, Complaint> check_tokens(const Row& row, const Thing& thing);
  [[nodiscard]] Result<void, Complaint> put_device(Mark mark);
  [[nodiscard]] Result<void> add_device(store::DeviceRow& row);
  void claim(Bytes token, DeviceNumber device, Mark mark);
  [[nodiscard]] Result<void, Complaint> put_group(const store::GroupRow& row, Mark mark);
  [[nodiscard]] Result<GroupNumber, Complaint> group_by_name(const Row& row, std::string_view name);

  [[nodiscard]] const NumberSet& removed_of(const IdTable& table) const;
  // Null where the id is not there, or only of somebody who was removed.
  [[nodiscard]] const IdTable::Entry* present(IdTable& table, std::string_view id) const;
  // The index of a topic or language, which is added where it is new.
  [[nodiscard]] Result<std::uint16_t, Complaint> index_of(const Row& row, Column column,
                                                          const std::string& name);
  [[nodiscard]] tl::unexpected<Complaint> refuse(const Row& row, Column column, std::string found,
                                                 std::string expected, std::string mend) const;
  [[nodiscard]] tl::unexpected<Complaint> unknown(const Row& row, Column column,
                                                  const IdTable& table, const char* what) const;
  [[nodiscard]] Mark mark_of_row(const Row& row) const { return mark_of(state_.file, row.line); }

  ImportState& state_;
  std::string file_;
  Person person_;
  Thing thing_;
  std::string topic_;
};

}  // namespace muster::roster
