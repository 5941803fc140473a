#include "service/row_names.h"

namespace muster::service {

Result<std::vector<roster::DeviceText>> names_of(const std::vector<ledger::Row>& rows,
                                                 const Meant& meant, roster::RosterReader& roster) {
  std::vector<DeviceNumber> devices;
  std::vector<UserNumber> users;
  for (const auto& row : rows) {
    if (meant.layout().part_of(row.invitation) == Part::push) {
      devices.push_back(meant.device_of(row.invitation).value_or(0));
    } else {
      users.push_back(meant.user_without_device(row.invitation).value_or(0));
    }
  }
  auto texts = roster.texts(devices);
  const auto names = roster.user_texts(users);
  if (!texts || !names) {
    return tl::unexpected(texts ? names.error() : texts.error());
  }
  // Pushes come first.
  for (const auto& name : *names) {
    texts->push_back({0, "", "", name.user_id, name.user_full_name});
  }
  return texts;
}

}  // namespace muster::service
