#include "http/date.h"

#include <array>
#include <cstddef>
#include <cstdio>
#include <ctime>

#include "base/assert.h"

namespace muster::http {
namespace {

constexpr std::array days{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

}  // namespace

// Not strftime: its names follow the locale.
std::string date_text(WallTime at) {
  const std::time_t seconds = at.seconds();
  std::tm parts{};
  MUSTER_ASSERT(::gmtime_r(&seconds, &parts) != nullptr);
  std::array<char, 64> text{};
  const int size = std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                                 days.at(static_cast<std::size_t>(parts.tm_wday)), parts.tm_mday,
                                 months.at(static_cast<std::size_t>(parts.tm_mon)),
                                 parts.tm_year + 1900, parts.tm_hour, parts.tm_min, parts.tm_sec);
  return {text.data(), static_cast<std::size_t>(size)};
}

}  // namespace muster::http
