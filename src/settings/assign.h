// Puts one TOML value into its place, or says why it does not fit there.
#pragma once

#include <toml++/toml.h>

#include <string>

#include "base/result.h"
#include "settings/keys.h"

namespace muster::settings {

// `full_name` is for the complaint, which carries no file yet; `folder` is where relative paths
// begin.
struct Target {
  const Key& key;
  std::string full_name;
  const std::string& folder;
};
[[nodiscard]] Result<void, Complaint> assign(const toml::node& node, const Target& target);

// "a string", "a whole number" … for complaints.
[[nodiscard]] std::string words_of_type(const toml::node& node);

}  // namespace muster::settings
