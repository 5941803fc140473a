#include "registrar/dates.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace muster::registrar {
namespace {

constexpr Duration retry_after_max = std::chrono::hours(24 * 7);

// Takes pieces off the front of a text; once something is missing, nothing is right any more.
class Pieces {
 public:
  explicit Pieces(std::string_view text) : rest_(text) {}

  int digits(std::size_t count) {
    int value = 0;
    if (rest_.size() < count) {
      good_ = false;
      return 0;
    }
    for (std::size_t i = 0; i < count; ++i) {
      const char c = rest_[i];
      good_ = good_ && c >= '0' && c <= '9';
      value = value * 10 + (c - '0');
    }
    rest_.remove_prefix(count);
    return good_ ? value : 0;
  }
  bool skip_if(std::string_view word) {
    if (!rest_.starts_with(word)) {
      return false;
    }
    rest_.remove_prefix(word.size());
    return true;
  }
  void skip(std::string_view word) { good_ = skip_if(word) && good_; }
  void skip_digits() {
    const auto end = rest_.find_first_not_of("0123456789");
    good_ = good_ && end != 0 && !rest_.empty();
    rest_.remove_prefix(std::min(end, rest_.size()));
  }
  // The place of one of `words`, which stands here.
  template <std::size_t count>
  unsigned one_of(const std::array<std::string_view, count>& words) {
    for (unsigned i = 0; i < count; ++i) {
      if (skip_if(words[i])) {
        return i;
      }
    }
    good_ = false;
    return 0;
  }
  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] bool at_end() const { return good_ && rest_.empty(); }

 private:
  std::string_view rest_;
  bool good_ = true;
};

struct Parts {
  int year = 0;
  unsigned month = 0;
  unsigned day = 0;
  int hour = 0;
  int minute = 0;
  int second = 0;
};

void read_time_of_day(Pieces& pieces, Parts& parts) {
  parts.hour = pieces.digits(2);
  pieces.skip(":");
  parts.minute = pieces.digits(2);
  pieces.skip(":");
  parts.second = pieces.digits(2);
}

// A leap second counts as the one before it.
std::optional<WallTime> time_of(const Parts& parts) {
  const std::chrono::year_month_day date{
      std::chrono::year{parts.year}, std::chrono::month{parts.month}, std::chrono::day{parts.day}};
  if (!date.ok() || parts.hour > 23 || parts.minute > 59 || parts.second > 60) {
    return std::nullopt;
  }
  const auto days = std::chrono::sys_days(date).time_since_epoch().count();
  const std::int64_t seconds = std::int64_t{days} * 86'400 + std::int64_t{parts.hour} * 3600 +
                               std::int64_t{parts.minute} * 60 + std::min(parts.second, 59);
  return WallTime{seconds * 1000};
}

}  // namespace

std::optional<WallTime> read_token_date(std::string_view text) {
  Pieces pieces(text);
  Parts parts;
  parts.year = pieces.digits(4);
  pieces.skip("-");
  parts.month = static_cast<unsigned>(pieces.digits(2));
  pieces.skip("-");
  parts.day = static_cast<unsigned>(pieces.digits(2));
  pieces.skip("T");
  read_time_of_day(pieces, parts);
  if (pieces.skip_if(".")) {
    pieces.skip_digits();
  }
  std::int64_t offset_minutes = 0;
  if (!pieces.skip_if("Z")) {
    const bool west = pieces.skip_if("-");
    if (!west) {
      pieces.skip("+");
    }
    const int hours = pieces.digits(2);
    static_cast<void>(pieces.skip_if(":"));
    const int minutes = pieces.digits(2);
    if (hours > 23 || minutes > 59) {
      return std::nullopt;
    }
    offset_minutes = std::int64_t{west ? -1 : 1} * (std::int64_t{hours} * 60 + minutes);
  }
  auto time = time_of(parts);
  if (!pieces.at_end() || !time) {
    return std::nullopt;
  }
  time->milliseconds -= offset_minutes * 60'000;
  return time;
}

std::optional<Duration> read_retry_after(std::string_view text, WallTime now) {
  const auto bounded = [](std::int64_t seconds) {
    // As seconds first: a date of any year does not fit the nanoseconds of a Duration.
    constexpr auto most = std::chrono::duration_cast<std::chrono::seconds>(retry_after_max);
    return Duration{
        std::chrono::seconds(std::clamp<std::int64_t>(seconds, 0, std::int64_t{most.count()}))};
  };
  constexpr std::size_t digits_max = 9;  // more than that is more than a week
  if (!text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos) {
    Pieces pieces(text.substr(0, digits_max));
    return text.size() > digits_max ? retry_after_max : bounded(pieces.digits(text.size()));
  }
  static constexpr std::array<std::string_view, 7> weekdays{"Mon", "Tue", "Wed", "Thu",
                                                            "Fri", "Sat", "Sun"};
  static constexpr std::array<std::string_view, 12> months{
      "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  Pieces pieces(text);
  Parts parts;
  static_cast<void>(pieces.one_of(weekdays));
  pieces.skip(", ");
  parts.day = static_cast<unsigned>(pieces.digits(2));
  pieces.skip(" ");
  parts.month = pieces.one_of(months) + 1;
  pieces.skip(" ");
  parts.year = pieces.digits(4);
  pieces.skip(" ");
  read_time_of_day(pieces, parts);
  pieces.skip(" GMT");
  const auto time = time_of(parts);
  if (!pieces.at_end() || !time) {
    return std::nullopt;
  }
  // Up: a fraction of a second too late is no harm, too early is.
  return bounded((time->milliseconds - now.milliseconds + 999) / 1000);
}

}  // namespace muster::registrar
