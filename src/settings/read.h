// Settings out of TOML, and what is in force for `muster config print`.
//
// Everything is checked at the door: an unknown key, a wrong type, a value out of range is a
// complaint with file, line and column that names what was meant. Either all of a file is taken, or
// nothing. config/muster.toml documents every key; a test holds it against keys.cc. toml++ stays in
// read.cc and assign.cc.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "muster/settings.h"
#include "settings/complain.h"

namespace muster::settings {

// Where a setting came from. The name is as in describe(): "apns.port", "apns.credential[1].topic".
// Its file is "--data" and the like where the command line said so.
using Origins = std::map<std::string, Place>;

// Relative paths in the file are taken from the file's folder. `origins` is filled where given.
[[nodiscard]] Result<Settings, Complaint> read_settings(const std::string& file,
                                                        Origins* origins = nullptr);
// The same from memory; `name` stands for the file in complaints and for its folder.
[[nodiscard]] Result<Settings, Complaint> read_settings_text(std::string_view toml,
                                                             const std::string& name,
                                                             Origins* origins = nullptr);

// One setting in force. Values are written as in TOML.
struct SettingLine {
  std::string name;
  std::string value;
  std::string standard;  // what it would be if nobody had said anything
  std::string origin;    // "/etc/muster/muster.toml:12", "--data" or "default"
};
[[nodiscard]] std::vector<SettingLine> describe(const Settings& settings, const Origins& origins);

// Every key there is: "apns.port", "apns.credential[].topic".
[[nodiscard]] std::vector<std::string> known_keys();

}  // namespace muster::settings
