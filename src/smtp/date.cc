#include "smtp/date.h"

#include <algorithm>
#include <string_view>

namespace muster::smtp {
namespace {

constexpr std::string_view days = "SunMonTueWedThuFriSat";
constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";

void write_number(unsigned value, char* out, std::size_t digits) {
  while (digits > 0) {
    out[--digits] = static_cast<char>('0' + value % 10);
    value /= 10;
  }
}

}  // namespace

DateText date_text(WallTime at) {
  constexpr std::string_view form = "Xxx, 00 Xxx 0000 00:00:00 +0000";
  static_assert(form.size() == std::tuple_size_v<DateText>);
  const std::chrono::sys_seconds moment{std::chrono::seconds(at.seconds())};
  const auto day = std::chrono::floor<std::chrono::days>(moment);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(moment - day);
  DateText text{};
  std::copy(form.begin(), form.end(), text.begin());
  char* out = text.data();
  const std::size_t weekday = std::chrono::weekday(day).c_encoding();
  std::copy_n(days.data() + 3 * weekday, 3, out);
  write_number(static_cast<unsigned>(date.day()), out + 5, 2);
  std::copy_n(months.data() + std::size_t{3} * (static_cast<unsigned>(date.month()) - 1), 3,
              out + 8);
  write_number(static_cast<unsigned>(static_cast<int>(date.year())), out + 12, 4);
  write_number(static_cast<unsigned>(time.hours().count()), out + 17, 2);
  write_number(static_cast<unsigned>(time.minutes().count()), out + 20, 2);
  write_number(static_cast<unsigned>(time.seconds().count()), out + 23, 2);
  return text;
}

}  // namespace muster::smtp
