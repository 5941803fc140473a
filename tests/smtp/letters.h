// Letters for tests of the composer: settings that are good, a letter written from them, and
// another library's opinion of it.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "smtp/composer.h"

namespace muster::smtp {

inline constexpr WallTime sent_at{1'795'413'906'000};  // Mon, 23 Nov 2026 06:05:06 +0000

// One English template, nothing personal in its bodies.
[[nodiscard]] ComposerSettings plain_settings();
// … with the name in its text.
[[nodiscard]] ComposerSettings personal_settings();

[[nodiscard]] Content content_of_task();

struct Person {
  std::string address = "ann@school.example";
  std::string name = "Ann Example";
  std::string url = {};  // of his own
};
// To `person` with template `language`, invitation 7; a failed make() fails the test.
[[nodiscard]] Letter written(const ComposerSettings& settings, const Person& person = {},
                             std::uint8_t language = 0);
[[nodiscard]] std::string message_of(const Letter& letter);
// The value of the first field of that name, unfolded only in that its line ends are gone.
[[nodiscard]] std::string field_of(const Letter& letter, const std::string& name);

// Line of the complaint; "" where make() found nothing to complain of.
[[nodiscard]] std::string complaint_of(const ComposerSettings& settings);

// What judge.py makes of `message`: its output.
[[nodiscard]] std::string judged(const std::string& message, const std::string& arguments);

}  // namespace muster::smtp
