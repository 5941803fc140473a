// What can go wrong at the door of the library: one line for a person, and what kind of trouble it
// is.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <variant>

namespace muster {

// Why a call could not do what it was asked. The numbers are the programs' exit codes.
enum class FailureKind : std::uint8_t {
  usage = 2,         // the question itself is wrong
  cannot_start = 3,  // settings, credentials, data directory
  refused = 4,       // nothing to send, audience changed, not allowed
  unfinished = 5,    // interrupted or paused; can be resumed
};

struct Failure {
  FailureKind kind = FailureKind::cannot_start;
  std::string line;      // what, where, what was expected, what to do; no newline
  bool missing = false;  // what was named does not exist
};

// A T, or the Failure that kept it from being made. Test it first.
template <class T>
class [[nodiscard]] Checked {
 public:
  // NOLINTNEXTLINE(google-explicit-constructor): as expected<>
  Checked(T value) : either_(std::move(value)) {}
  // NOLINTNEXTLINE(google-explicit-constructor): as above
  Checked(Failure failure) : either_(std::move(failure)) {}
  explicit operator bool() const { return std::holds_alternative<T>(either_); }
  T& operator*() { return *std::get_if<T>(&either_); }
  const T& operator*() const { return *std::get_if<T>(&either_); }
  T* operator->() { return std::get_if<T>(&either_); }
  const T* operator->() const { return std::get_if<T>(&either_); }
  [[nodiscard]] const Failure& failure() const { return *std::get_if<Failure>(&either_); }

 private:
  std::variant<T, Failure> either_;
};
struct Done {};  // Checked<Done>: nothing to return

}  // namespace muster
