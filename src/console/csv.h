// A task's invitations, and users out of reach, as CSV, for spreadsheets and scripts.
//
//   file := header LF { row LF }
//   cell := text | '"' text with every '"' doubled '"'     quoted where it holds , " CR or LF (RFC
//   4180)
//
// Lines end in LF, so that cut and awk see no CR in the last column. A text that a spreadsheet
// would take for a formula (it begins with = + - @, tab or CR) gets a ' before it: device names
// come from their users. The numeric columns are ours and stay as they are.
#pragma once

#include <string>
#include <string_view>

#include "muster/invitation.h"
#include "muster/preview.h"

namespace muster::console {

inline constexpr std::string_view csv_header =
    "invitation,user_id,user_full_name,device_id,device_name,channel,state,reason,attempts,apns_id,"
    "reply,updated_at\n";
inline constexpr std::string_view unreached_csv_header = "user_id,full_name,reason\n";

[[nodiscard]] std::string csv_cell(std::string_view text);
void append_csv_row(std::string& out, const Invitation& row);
void append_csv_row(std::string& out, const UnreachedUser& row);

}  // namespace muster::console
