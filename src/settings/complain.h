// Complaints about a place in a settings file.
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"

namespace muster::settings {

struct Place {
  std::string file;  // empty: filled in by whoever knows
  std::uint64_t line = 0;
  std::uint64_t column = 0;
};
struct Words {
  std::string found;
  std::string expected = {};
  std::string mend = {};
};

[[nodiscard]] inline tl::unexpected<Complaint> complain_at(Place place, Words words) {
  Complaint complaint;
  complaint.file = std::move(place.file);
  complaint.line = place.line;
  complaint.column = place.column;
  complaint.found = std::move(words.found);
  complaint.expected = std::move(words.expected);
  complaint.mend = std::move(words.mend);
  return tl::unexpected(std::move(complaint));
}

}  // namespace muster::settings
