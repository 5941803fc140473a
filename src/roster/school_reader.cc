#include "roster/school_reader.h"

#include "base/assert.h"

namespace muster::roster {
namespace {

constexpr std::uint64_t records_per_step = 8192;  // some milliseconds each

}  // namespace

Result<School, Complaint> read_school(const SchoolFiles& files, SchoolKind kind,
                                      const IsKnown& is_known, const KeepReading& keep_reading) {
  MUSTER_ASSERT(kind != SchoolKind::none);
  return kind == SchoolKind::apple_school ? read_apple_school(files, keep_reading)
                                          : read_one_roster(files, is_known, keep_reading);
}

Result<void, Complaint> RecordWalk::each(const char* name, SchoolTable::Columns needed,
                                         const Visit& visit, SchoolBuilder* builder) {
  auto table = SchoolTable::open(files_, name, needed, backslash_);
  if (!table) {
    return tl::unexpected(table.error());
  }
  if (builder != nullptr) {
    builder->begin(*table);
  }
  for (;;) {
    const auto more = table->next();
    if (!more) {
      return tl::unexpected(more.error());
    }
    if (!*more) {
      return {};
    }
    if (auto visited = visit(*table); !visited) {
      return visited;
    }
    ++records_;
    if (records_ % records_per_step == 0 && keep_reading_ &&
        !keep_reading_(table->path(), records_)) {
      return tl::unexpected(
          Complaint{"", 0, 0, "interrupted", "", "nothing was stored; start the import again", {}});
    }
  }
}

std::string joined_name(std::initializer_list<std::string_view> parts) {
  std::string name;
  for (const auto part : parts) {
    name += part.empty() || name.empty() ? "" : " ";
    name += part;
  }
  return name;
}

tl::unexpected<Complaint> missing(const SchoolFiles& files, const std::string& name,
                                  std::string expected, std::string mend) {
  return tl::unexpected(Complaint{
      files.path(), 0, 0, name + " is missing", std::move(expected), std::move(mend), {}});
}

}  // namespace muster::roster
