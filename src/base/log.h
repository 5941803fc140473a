// The operator's log: one line an event, to stderr, never one a job.
//
//   level=info room=apns msg="goaway" peer=127.0.0.1:8443 last_stream=4711
//
// Fields are written as key=value; values with spaces, quotes or control characters are quoted and
// escaped, so that no peer can forge a line. A line of one (room, msg) is written at most ten times
// a second; what is left out is counted and said with the next one. Any thread may log.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>

namespace muster::log {

enum class Level : std::uint8_t { debug, info, warning, error, off };

struct Field {
  Field(std::string_view name, std::string_view text) : key(name), value(text) {}
  Field(std::string_view name, std::int64_t number) : key(name), value(std::to_string(number)) {}
  std::string_view key;
  std::string value;
};

// Lines below `least` are dropped. Default: warning (programs raise or lower it).
void set_level(Level least);
void write(Level level, std::string_view room, std::string_view message,
           std::initializer_list<Field> fields = {});

inline void info(std::string_view room, std::string_view message,
                 std::initializer_list<Field> fields = {}) {
  write(Level::info, room, message, fields);
}
inline void warning(std::string_view room, std::string_view message,
                    std::initializer_list<Field> fields = {}) {
  write(Level::warning, room, message, fields);
}
inline void error(std::string_view room, std::string_view message,
                  std::initializer_list<Field> fields = {}) {
  write(Level::error, room, message, fields);
}

}  // namespace muster::log
