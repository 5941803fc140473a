#include "loadgen/fleet_fact.h"

#include <array>

namespace muster::loadgen {
namespace {

constexpr std::array<std::string_view, fact_kinds_count> kind_names{
    "enrolled",    "woken",  "missed",   "asked",     "handed",    "answered", "rotated",
    "checked_out", "tapped", "accepted", "not_taken", "cancelled", "violation"};

constexpr std::array<std::string_view, violations_count> violation_names{
    "wrong_magic",    "unreadable_command", "unknown_request",     "wrong_program",
    "wrong_url",      "wrong_channel",      "forbidden_enrolment", "wrong_platform",
    "handed_at_once", "handed_again",       "check_in_with_body",  "unrecognized",
    "shared_command", "shared_url"};

}  // namespace

std::string_view name_of(Fact::Kind kind) {
  return kind_names[static_cast<std::size_t>(kind)];
}

std::string_view name_of(Violation violation) {
  return violation_names[static_cast<std::size_t>(violation)];
}

}  // namespace muster::loadgen
