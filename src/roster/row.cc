#include "roster/row.h"

#include <utility>

namespace muster::roster {
namespace {

using enum Column;

constexpr std::array<std::string_view, columns_count> column_names = {
    "user_id",
    "full_name",
    "email",
    "language",
    "managed_apple_account",
    "managed_distribution",
    "location",
    "group_id",
    "name",
    "member_group_id",
    "device_id",
    "platform",
    "serial",
    "enrollment",
    "topic",
    "push_token",
    "push_magic",
    "user_push_token",
    "user_push_magic",
    "group",
    "udid",
    "imei",
    "meid",
};

constexpr Column of_users[] = {
    user_id, full_name, email, language, managed_apple_account, managed_distribution, location};
constexpr Column of_groups[] = {group_id, name, managed_distribution};
constexpr Column of_members[] = {group_id, user_id, member_group_id};
constexpr Column of_devices[] = {device_id,       name,  user_id,    platform,   serial,
                                 enrollment,      topic, push_token, push_magic, user_push_token,
                                 user_push_magic, udid,  imei,       meid};
constexpr Column of_flat[] = {user_id,
                              full_name,
                              email,
                              language,
                              managed_apple_account,
                              managed_distribution,
                              location,
                              device_id,
                              name,
                              platform,
                              serial,
                              enrollment,
                              topic,
                              push_token,
                              push_magic,
                              user_push_token,
                              user_push_magic,
                              group,
                              udid,
                              imei,
                              meid};
constexpr Column needed_by_users[] = {user_id, full_name};
constexpr Column needed_by_groups[] = {group_id, name};
constexpr Column needed_by_members[] = {group_id};
constexpr Column needed_by_flat[] = {user_id};

}  // namespace

std::string_view name_of(Column column) {
  return column_names[static_cast<std::size_t>(column)];
}

std::optional<Column> column_named(std::string_view name) {
  // As inventories call them.
  constexpr std::array<std::pair<std::string_view, Column>, 8> others = {
      {{"Name", Column::name},
       {"Device Name", Column::name},
       {"Serial", serial},
       {"Serial Number", serial},
       {"UDID", udid},
       {"IMEI", imei},
       {"MEID", meid},
       {"User", user_id}}};
  for (const auto& [other, column] : others) {
    if (other == name) {
      return column;
    }
  }
  for (std::size_t i = 0; i < columns_count; ++i) {
    if (column_names[i] == name) {
      return static_cast<Column>(i);
    }
  }
  return std::nullopt;
}

std::span<const Column> columns_of(Table table) {
  switch (table) {
    case Table::users:
      return of_users;
    case Table::groups:
      return of_groups;
    case Table::members:
      return of_members;
    case Table::devices:
      return of_devices;
    case Table::flat:
      return of_flat;
  }
  return {};
}

std::span<const Column> required_of(Table table) {
  switch (table) {
    case Table::users:
      return needed_by_users;
    case Table::groups:
      return needed_by_groups;
    case Table::members:
      return needed_by_members;
    case Table::devices:
      return {};  // one of device_keys
    case Table::flat:
      return needed_by_flat;
  }
  return {};
}

std::string names_of(std::span<const Column> columns) {
  std::string text;
  for (const auto column : columns) {
    text += text.empty() ? "" : ", ";
    text += name_of(column);
  }
  return text;
}

}  // namespace muster::roster
