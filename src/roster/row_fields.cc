#include "roster/row_fields.h"

#include <algorithm>

#include "roster/push_target.h"

namespace muster::roster {

void take_user(Fields& fields, store::UserRow& row, std::string& language) {
  fields.text(Column::full_name, row.full_name);
  fields.email(row.email);
  fields.word(Column::language, "-", 35, language);  // RFC 5646 §4.4.1
  fields.text(Column::managed_apple_account, row.managed_apple_account);
  fields.on_or_off(row.managed_distribution);
  fields.text(Column::location, row.location);
  if (row.full_name.empty()) {
    row.full_name = row.id;  // what people see must not be blank
  }
}

void take_group(Fields& fields, store::GroupRow& row, store::Switch without_a_word) {
  fields.text(Column::name, row.name);
  fields.on_or_off(row.managed_distribution);
  if (row.name.empty()) {
    row.name = row.id;
  }
  if (row.managed_distribution == store::Switch::empty) {
    row.managed_distribution = without_a_word;
  }
}

void take_device(Fields& fields, store::DeviceRow& row, std::string& topic) {
  fields.text(Column::name, row.name);
  fields.choice(Column::platform, platform_names(), row.platform);
  fields.text(Column::serial, row.serial);
  fields.text(Column::udid, row.udid);
  fields.imei(row.imei);
  fields.meid(row.meid);
  fields.choice(Column::enrollment, enrollment_names(), row.enrollment);
  take_topic(fields, topic);
  fields.token(Column::push_token, row.push_token);
  fields.magic(Column::push_magic, row.push_magic);
  fields.token(Column::user_push_token, row.user_push_token);
  fields.magic(Column::user_push_magic, row.user_push_magic);
}

void take_topic(Fields& fields, std::string& topic) {
  fields.word(Column::topic, ".-_", 255, topic);
}

bool registered_anew(const store::DeviceRow& before, const std::string& topic_before,
                     const store::DeviceRow& after, const std::string& topic_after) {
  const auto target = target_of(after, topic_after);
  if (!target) {
    return false;
  }
  const auto target_before = target_of(before, topic_before);
  return !target_before || !std::ranges::equal(target_before->token, target->token);
}

void forget_tokens_of(store::DeviceRow& row) {
  row.push_token.clear();
  row.push_magic.clear();
  row.user_push_token.clear();
  row.user_push_magic.clear();
  row.active = true;
}

}  // namespace muster::roster
