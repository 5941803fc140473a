// Property lists for tests, as devices write them.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>

namespace muster::mdm {

using Members = std::initializer_list<std::pair<std::string_view, std::string>>;

// XML of single values.
std::string text(std::string_view value);  // escaped
std::string data(std::string_view bytes);
std::string truth(bool value);
std::string array(std::initializer_list<std::string> values);
std::string dictionary(Members members);

std::string plist(const std::string& value);
// The same in the binary form, by libplist.
std::string binary(const std::string& xml);

// Messages of a device, with whatever else is said.
std::string authenticate(std::string_view udid, std::string_view product = "iPhone14,5");
std::string token_update(std::string_view udid, std::string_view magic = "magic");
std::string user_token_update(std::string_view udid, std::string_view user,
                              std::string_view short_name = "mia");
std::string check_out(std::string_view udid);
std::string idle(std::string_view udid, std::string_view user = "");
std::string report(std::string_view udid, std::string_view status, std::string_view command_uuid,
                   std::string_view invitation_result = "", std::string_view user = "");

inline constexpr std::string_view push_token = "0123456789abcdef0123456789abcdef";

}  // namespace muster::mdm
