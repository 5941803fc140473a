#include "console/moment.h"

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace muster::console {
namespace {

// Reads from the front; what does not fit makes everything after it fail as well.
struct Reader {
  std::string_view rest;
  bool sound = true;

  int digits(std::size_t count) {
    int number = 0;
    for (std::size_t i = 0; i < count; ++i) {
      sound = sound && i < rest.size() && rest[i] >= '0' && rest[i] <= '9';
      number = sound ? number * 10 + (rest[i] - '0') : 0;
    }
    rest.remove_prefix(sound ? count : 0);
    return number;
  }
  void one(char wanted) {
    sound = sound && rest.starts_with(wanted);
    rest.remove_prefix(sound ? 1 : 0);
  }
  std::int64_t thousandths() {
    std::int64_t number = 0;
    if (!sound || !rest.starts_with('.')) {
      return number;
    }
    rest.remove_prefix(1);
    std::int64_t weight = 100;
    sound = !rest.empty() && rest.front() >= '0' && rest.front() <= '9';
    while (!rest.empty() && rest.front() >= '0' && rest.front() <= '9') {
      number += (rest.front() - '0') * weight;
      weight /= 10;
      rest.remove_prefix(1);
    }
    return number;
  }
  // Minutes that its clocks are before UTC's.
  std::int64_t offset() {
    if (rest == "Z" || rest == "z") {
      rest = {};
      return 0;
    }
    const std::int64_t sign = rest.starts_with('-') ? -1 : 1;
    one(sign == 1 ? '+' : '-');
    const int hours = digits(2);
    one(':');
    const int minutes = digits(2);
    sound = sound && hours < 24 && minutes < 60;
    return sign * (hours * 60 + minutes);
  }
};

}  // namespace

std::optional<WallTime> moment_of(std::string_view text) {
  Reader reader{text};
  const int year = reader.digits(4);
  reader.one('-');
  const int month = reader.digits(2);
  reader.one('-');
  const int day = reader.digits(2);
  const bool blank = reader.rest.starts_with(' ') || reader.rest.starts_with('t');
  reader.one(blank ? reader.rest.front() : 'T');
  const int hour = reader.digits(2);
  reader.one(':');
  const int minute = reader.digits(2);
  reader.one(':');
  const int second = reader.digits(2);
  const auto thousandths = reader.thousandths();
  const auto offset = reader.offset();
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  // A leap second is the first of the next minute.
  if (!reader.sound || !reader.rest.empty() || !date.ok() || hour > 23 || minute > 59 ||
      second > 60) {
    return std::nullopt;
  }
  const std::int64_t days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t minutes = (days * 24 + hour) * 60 + minute - offset;
  const WallTime at{(minutes * 60 + second) * 1000 + thousandths};
  return at < WallTime{0} ? std::nullopt : std::optional(at);
}

}  // namespace muster::console
