#include "base/log.h"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <map>
#include <mutex>

#include "base/time.h"

namespace muster::log {
namespace {

constexpr int lines_per_second_max = 10;
constexpr std::size_t keys_max = 1024;

// How often one (room, message) was written in the second that runs.
struct Rate {
  std::int64_t second = 0;
  int lines = 0;
  int left_out = 0;
};

struct State {
  std::mutex mutex;
  Level least = Level::warning;
  std::map<std::string, Rate, std::less<>> rates;
  std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("muster",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    made->set_level(spdlog::level::trace);
    made->flush_on(spdlog::level::trace);
    return made;
  }();
};

State& state() {
  static State the_state;
  return the_state;
}

const char* name_of(Level level) {
  switch (level) {
    case Level::debug:
      return "debug";
    case Level::info:
      return "info";
    case Level::warning:
      return "warning";
    case Level::error:
      return "error";
    case Level::off:
      return "off";
  }
  return "off";
}

void append_value(std::string& line, std::string_view value) {
  bool plain = !value.empty();
  for (const char character : value) {
    const auto byte = static_cast<unsigned char>(character);
    plain = plain && byte > ' ' && byte < 0x7f && character != '"' && character != '=';
  }
  if (plain) {
    line += value;
    return;
  }
  line += '"';
  for (const char character : value) {
    const auto byte = static_cast<unsigned char>(character);
    if (character == '"' || character == '\\') {
      line += '\\';
      line += character;
    } else if (byte < ' ' || byte == 0x7f) {
      line += fmt::format("\\x{:02x}", byte);
    } else {
      line += character;
    }
  }
  line += '"';
}

}  // namespace

void set_level(Level least) {
  const std::lock_guard lock(state().mutex);
  state().least = least;
}

void write(Level level, std::string_view room, std::string_view message,
           std::initializer_list<Field> fields) {
  const std::lock_guard lock(state().mutex);
  if (level < state().least || level == Level::off) {
    return;
  }
  const std::string key = std::string(room) + "\n" + std::string(message);
  if (state().rates.size() >= keys_max) {
    state().rates.clear();
  }
  auto& rate = state().rates[key];
  const auto second = SystemClock{}.wall().seconds();
  if (rate.second != second) {
    rate = Rate{second, 0, rate.left_out};
  }
  if (++rate.lines > lines_per_second_max) {
    ++rate.left_out;
    return;
  }
  std::string line = fmt::format("level={} room={} msg=", name_of(level), room);
  append_value(line, message);
  for (const auto& field : fields) {
    line += ' ';
    line += field.key;
    line += '=';
    append_value(line, field.value);
  }
  if (rate.left_out != 0) {
    line += fmt::format(" left_out={}", rate.left_out);
    rate.left_out = 0;
  }
  state().logger->log(spdlog::level::info, "{}", line);
}

}  // namespace muster::log
