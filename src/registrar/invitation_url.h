// Invitation URLs: Apple's template with a code put in, and URLs that came from elsewhere.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace muster::registrar {

// Where service/config names none.
inline constexpr std::string_view invitation_template_default =
    "https://buy.itunes.apple.com/WebObjects/MZFinance.woa/wa/associateVPPUserWithITSAccount"
    "?inviteCode=%25inviteCode%25&mt=8";

// Replaces `%25inviteCode%25` (version 2) or `%inviteCode%` (version 1). Empty: the template has
// neither, or is no address that a device may be sent to.
[[nodiscard]] std::string invitation_url(std::string_view url_template, std::string_view code);

// http:// or https://, no longer than limits::invitation_url_bytes_max, printable ASCII alone.
[[nodiscard]] bool acceptable_url(std::string_view url);
// The value of the inviteCode parameter of an acceptable URL; nothing where there is none.
[[nodiscard]] std::optional<std::string> code_of(std::string_view url);

}  // namespace muster::registrar
