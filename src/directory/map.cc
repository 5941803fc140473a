#include "directory/map.h"

#include <algorithm>
#include <charconv>

#include "directory/text.h"

namespace muster::directory {
namespace {

Map open_directory() {
  Map map;
  map.user_filter = "(objectClass=apple-user)";
  map.group_filter = "(objectClass=apple-group)";
  map.attributes = {.id = "apple-generateduid",
                    .user_id = "uid",
                    .full_name = "cn",
                    .email = "mail",
                    .language = "preferredLanguage",
                    .managed_apple_account = "",
                    .location = "",
                    .disabled = "authAuthority",
                    .group_id = "cn",
                    .group_name = "apple-group-realname,cn",
                    .member = "",
                    .member_uid = "memberUid",
                    .member_guid = "apple-group-memberguid",
                    .nested_guid = "apple-group-nestedgroup",
                    .primary = "gidNumber",
                    .group_number = "gidNumber"};
  return map;
}

Map active_directory() {
  Map map;
  map.user_filter = "(&(objectCategory=person)(objectClass=user))";
  map.group_filter = "(objectClass=group)";
  map.attributes = {.id = "objectGUID",
                    .user_id = "sAMAccountName",
                    .full_name = "displayName,cn",
                    .email = "mail",
                    .language = "preferredLanguage",
                    .managed_apple_account = "",
                    .location = "",
                    .disabled = "userAccountControl",
                    .group_id = "sAMAccountName",
                    .group_name = "cn",
                    .member = "member",
                    .member_uid = "",
                    .member_guid = "",
                    .nested_guid = "",
                    .primary = "primaryGroupID",
                    .group_number = "objectSid"};
  return map;
}

Map generic() {
  Map map;
  map.user_filter = "(objectClass=inetOrgPerson)";
  map.group_filter =
      "(|(objectClass=groupOfNames)(objectClass=groupOfUniqueNames)(objectClass=posixGroup))";
  map.attributes = {.id = "entryUUID",
                    .user_id = "uid",
                    .full_name = "displayName,cn",
                    .email = "mail",
                    .language = "preferredLanguage",
                    .managed_apple_account = "",
                    .location = "",
                    .disabled = "nsAccountLock",
                    .group_id = "cn",
                    .group_name = "cn",
                    .member = "member,uniqueMember",
                    .member_uid = "memberUid",
                    .member_guid = "",
                    .nested_guid = "",
                    .primary = "gidNumber",
                    .group_number = "gidNumber"};
  return map;
}

constexpr std::string Attributes::* every_attribute[] = {
    &Attributes::id,          &Attributes::user_id,     &Attributes::full_name,
    &Attributes::email,       &Attributes::language,    &Attributes::managed_apple_account,
    &Attributes::location,    &Attributes::disabled,    &Attributes::group_id,
    &Attributes::group_name,  &Attributes::member,      &Attributes::member_uid,
    &Attributes::member_guid, &Attributes::nested_guid, &Attributes::primary,
    &Attributes::group_number};

const std::vector<std::string>* values_of(const Entry& entry, const std::string& name) {
  const auto found = std::ranges::find_if(
      entry.attributes, [&](const Attribute& each) { return same_name(each.name, name); });
  return found == entry.attributes.end() || found->values.empty() ? nullptr : &found->values;
}

}  // namespace

Map map_of(const Plan& plan) {
  auto map = plan.kind == Kind::open_directory     ? open_directory()
             : plan.kind == Kind::active_directory ? active_directory()
                                                   : generic();
  map.user_filter = plan.user_filter.empty() ? map.user_filter : plan.user_filter;
  map.group_filter = plan.group_filter.empty() ? map.group_filter : plan.group_filter;
  for (const auto attribute : every_attribute) {
    const auto& said = plan.attributes.*attribute;
    if (said == nobody_says) {
      (map.attributes.*attribute).clear();
    } else if (!said.empty()) {
      map.attributes.*attribute = said;
    }
  }
  return map;
}

std::vector<std::string> names_in(const std::string& attribute) {
  std::vector<std::string> names;
  for (std::string_view rest = attribute; !rest.empty();) {
    const auto end = std::min(rest.find(','), rest.size());
    auto name = rest.substr(0, end);
    while (name.starts_with(' ')) {
      name.remove_prefix(1);
    }
    while (name.ends_with(' ')) {
      name.remove_suffix(1);
    }
    if (!name.empty()) {
      names.emplace_back(name);
    }
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return names;
}

std::vector<std::string> names_in(std::span<const std::string* const> attributes) {
  std::vector<std::string> names;
  for (const auto* attribute : attributes) {
    for (auto& name : names_in(*attribute)) {
      const bool known = std::ranges::any_of(
          names, [&](const std::string& other) { return same_name(other, name); });
      if (!known) {
        names.push_back(std::move(name));
      }
    }
  }
  return names;
}

std::string first_of(const Entry& entry, const std::string& attribute) {
  for (const auto& name : names_in(attribute)) {
    if (const auto* values = values_of(entry, name); values != nullptr) {
      return values->front();
    }
  }
  return {};
}

std::vector<std::string> all_of(const Entry& entry, const std::string& attribute) {
  std::vector<std::string> all;
  for (const auto& name : names_in(attribute)) {
    if (const auto* values = values_of(entry, name); values != nullptr) {
      all.insert(all.end(), values->begin(), values->end());
    }
  }
  return all;
}

std::string guid_of(const Entry& entry, const std::string& attribute) {
  for (const auto& name : names_in(attribute)) {
    const auto* values = values_of(entry, name);
    if (values != nullptr) {
      return same_name(name, "objectGUID") ? guid_text(values->front()) : lower(values->front());
    }
  }
  return {};
}

bool is_active(Kind kind, const Entry& entry, const std::string& attribute) {
  constexpr std::uint32_t account_disabled = 2;  // ADS_UF_ACCOUNTDISABLE
  for (const auto& value : all_of(entry, attribute)) {
    if (kind == Kind::open_directory) {
      if (value.find(";DisabledUser;") != std::string::npos) {
        return false;
      }
      continue;
    }
    std::int64_t number = 0;
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), number);
    const bool is_number = error == std::errc{} && end == value.data() + value.size();
    if (kind == Kind::active_directory && is_number &&
        (static_cast<std::uint32_t>(number) & account_disabled) != 0) {
      return false;
    }
    if (kind == Kind::generic && same_name(value, "true")) {
      return false;
    }
  }
  return true;
}

std::string preferred_language(std::string_view text) {
  return std::string(text.substr(0, text.find_first_of(",; ")));
}

std::string group_number_of(std::string_view value) {
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  if (!value.empty() && std::ranges::all_of(value, is_digit)) {
    return std::string(value);
  }
  constexpr std::size_t head = 8;  // revision, how many parts, authority
  const auto parts = value.size() > head ? static_cast<unsigned char>(value[1]) : 0U;
  if (parts == 0 || value[0] != 1 || value.size() != head + std::size_t{4} * parts) {
    return {};
  }
  std::uint32_t last = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    last |= std::uint32_t{static_cast<unsigned char>(value[value.size() - 4 + i])} << (8 * i);
  }
  return std::to_string(last);
}

}  // namespace muster::directory
