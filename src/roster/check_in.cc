#include "roster/check_in.h"

#include <algorithm>

#include "model/limits.h"
#include "roster/fields.h"
#include "roster/implementation.h"
#include "roster/push_target.h"
#include "roster/row_fields.h"
#include "roster/upkeep.h"

namespace muster::roster {
namespace {

using store::SetKind;
using Kind = CheckIn::Kind;

// What a device says, as far as it can be kept, by the rules of an import.
struct Said {
  std::string udid;  // empty: it cannot
  std::string name;
  std::string serial;
  std::string imei;
  std::string meid;
  std::string topic;
  std::vector<Byte> token;  // empty: none, or none that can be kept
  std::string magic;
};

template <class Take>
std::string kept(Column column, const std::string& text, Take take) {
  Row row;
  row.at(column) = Value{true, text, 0, 0};
  const std::string no_file;
  // NOLINTBEGIN(misc-const-correctness): take() fills them
  Fields fields(row, no_file);
  std::string into;
  // NOLINTEND(misc-const-correctness)
  take(fields, into);
  return fields.good() ? into : std::string();
}

std::string kept_text(Column column, const std::string& text) {
  return kept(column, text, [&](Fields& fields, std::string& into) { fields.text(column, into); });
}

Said said_by(const CheckIn& device) {
  Said said{
      .udid = kept_text(Column::udid, device.udid),
      .name = kept_text(Column::name, device.name),
      .serial = kept_text(Column::serial, device.serial),
      .imei = kept(Column::imei, device.imei,
                   [](Fields& fields, std::string& into) { fields.imei(into); }),
      .meid = kept(Column::meid, device.meid,
                   [](Fields& fields, std::string& into) { fields.meid(into); }),
      .topic = kept(Column::topic, device.topic, take_topic),
      .token = {},
      .magic = kept(Column::push_magic, device.push_magic, [](Fields& fields, std::string& into) {
        fields.magic(Column::push_magic, into);
      })};
  const auto size = device.push_token.size();
  if (size >= limits::push_token_bytes_min && size <= limits::push_token_bytes_max &&
      !said.topic.empty()) {
    said.token = device.push_token;
  }
  return said;
}

// One transaction of check-ins.
class Reception {
 public:
  Reception(store::RosterStore& store, WallTime now) : store_(store), upkeep_(store), now_(now) {}
  [[nodiscard]] Result<CheckedIn> take(const CheckIn& device);
  [[nodiscard]] Result<void> write() { return upkeep_.write(); }

 private:
  [[nodiscard]] Result<std::optional<store::DeviceRow>> find(const Said& said);
  using Rows = std::vector<store::DeviceRow>;
  [[nodiscard]] Result<std::optional<store::DeviceRow>> find_waiting(Result<Rows> rows);
  [[nodiscard]] Result<void> apply(const CheckIn& device, Said& said, store::DeviceRow& row);
  [[nodiscard]] Result<void> take_token(Kind kind, Said& said, store::DeviceRow& row);

  store::RosterStore& store_;
  Upkeep upkeep_;
  WallTime now_;
};

Result<CheckedIn> Reception::take(const CheckIn& device) {
  auto said = said_by(device);
  if (said.udid.empty()) {
    return CheckedIn{0, false, true, Enrollment::unknown};
  }
  auto found = find(said);
  const auto removed = upkeep_.sets().read(SetKind::devices_removed);
  if (!found || !removed) {
    return tl::unexpected(found ? removed.error() : found.error());
  }
  auto& before = *found;
  store::DeviceRow row;
  if (before) {
    row = *before;
  } else {
    const auto number = store_.devices_count();
    if (!number) {
      return tl::unexpected(number.error());
    }
    row.number = *number;
    row.id = said.udid;
  }
  const bool created = !before || (*removed)->contains(row.number);
  if (auto applied = apply(device, said, row); !applied) {
    return tl::unexpected(applied.error());
  }
  if (!created && row == *before) {
    return CheckedIn{row.number, false, false, static_cast<Enrollment>(row.enrollment)};
  }
  if (auto put = store_.put_device(row); !put) {
    return tl::unexpected(put.error());
  }
  if (auto back = upkeep_.sets().put(SetKind::devices_removed, row.number, false); !back) {
    return tl::unexpected(back.error());
  }
  if (auto kept_up = upkeep_.device(before ? &*before : nullptr, row); !kept_up) {
    return tl::unexpected(kept_up.error());
  }
  return CheckedIn{row.number, created, false, static_cast<Enrollment>(row.enrollment)};
}

Result<std::optional<store::DeviceRow>> Reception::find(const Said& said) {
  auto by_id = store_.device_by_id(said.udid);
  if (!by_id || *by_id) {
    return by_id;
  }
  auto by_udid = store_.device_by_udid(said.udid);
  if (!by_udid || *by_udid) {
    return by_udid;
  }
  auto by_serial = find_waiting(said.serial.empty() ? Result<Rows>(Rows())
                                                    : store_.devices_by_serial(said.serial));
  if (!by_serial || *by_serial) {
    return by_serial;
  }
  return find_waiting(store_.devices_by_radio(said.imei, said.meid));
}

// The first that has not checked in yet.
Result<std::optional<store::DeviceRow>> Reception::find_waiting(Result<Rows> rows) {
  const auto removed = upkeep_.sets().read(SetKind::devices_removed);
  if (!rows || !removed) {
    return tl::unexpected(rows ? removed.error() : rows.error());
  }
  const auto waiting = std::ranges::find_if(*rows, [&](const store::DeviceRow& row) {
    return row.udid.empty() && !(*removed)->contains(row.number);
  });
  if (waiting == rows->end()) {
    return std::optional<store::DeviceRow>();
  }
  return std::optional(std::move(*waiting));
}

Result<void> Reception::apply(const CheckIn& device, Said& said, store::DeviceRow& row) {
  row.udid = said.udid;
  row.name = said.name.empty() ? row.name : said.name;
  row.serial = said.serial.empty() ? row.serial : said.serial;
  row.imei = said.imei.empty() ? row.imei : said.imei;
  row.meid = said.meid.empty() ? row.meid : said.meid;
  if (device.platform != Platform::unknown) {
    row.platform = static_cast<std::uint8_t>(device.platform);
  }
  // An iPad that enrols does not say that it is shared: its users' channels do, or an import did.
  const bool says_less = device.enrollment == Enrollment::device &&
                         static_cast<Enrollment>(row.enrollment) == Enrollment::shared;
  if (device.enrollment != Enrollment::unknown && !says_less) {
    row.enrollment = static_cast<std::uint8_t>(device.enrollment);
  }
  if (device.kind == Kind::token || device.kind == Kind::user_token) {
    return take_token(device.kind, said, row);
  }
  forget_tokens_of(row);
  return {};
}

Result<void> Reception::take_token(Kind kind, Said& said, store::DeviceRow& row) {
  auto& token = kind == Kind::token ? row.push_token : row.user_push_token;
  auto& magic = kind == Kind::token ? row.push_magic : row.user_push_magic;
  token.clear();
  magic.clear();
  if (said.token.empty()) {
    return {};
  }
  const auto topic = upkeep_.index_of(store::NameKind::topic, said.topic);
  if (!topic) {
    return tl::unexpected(topic.error());
  }
  if (*topic == Upkeep::no_index) {
    return {};  // as many topics as there can be credentials: nobody could push to this one
  }
  if (row.topic != *topic) {
    forget_tokens_of(row);  // they were another server's
    row.topic = *topic;
  }
  token = std::move(said.token);
  magic = std::move(said.magic);
  // The device speaks for itself: whatever the peer said of this token was before.
  const auto target = target_of(row, said.topic);
  if (target && target->token.data() == token.data()) {
    row.registered_at_ms = now_.milliseconds;
    row.active = true;
  }
  return {};
}

}  // namespace

Result<std::vector<CheckedIn>> Roster::check_in(std::span<const CheckIn> devices, WallTime now) {
  auto& store = implementation_->store;
  std::vector<CheckedIn> results;
  results.reserve(devices.size());
  const auto committed = in_one_commit(store, [&]() -> Result<void> {
    Reception reception(store, now);
    for (const auto& device : devices) {
      const auto taken = reception.take(device);
      if (!taken) {
        return tl::unexpected(taken.error());
      }
      results.push_back(*taken);
    }
    return reception.write();
  });
  if (!committed) {
    return tl::unexpected(committed.error());
  }
  return results;
}

}  // namespace muster::roster
