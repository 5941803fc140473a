// What a push carries: the MDM wake and the alert.
//
//   mdm   := {"mdm":"<PushMagic>"}
//   alert := {"aps":{"alert":{"title":"…","body":"…"},"sound":"default"},"url":"…"}
//
// Strings are escaped as JSON wants it; the texts are UTF-8 already (checked where they came in).
// The wake is written per job into the framing's buffer; an alert is made once a task and language.
#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"
#include "model/limits.h"

namespace muster::apns {

inline constexpr std::size_t mdm_payload_bytes_around = 10;  // {"mdm":""}
// … with every byte of the magic escaped as \u00XX.
inline constexpr std::size_t mdm_payload_bytes_max =
    mdm_payload_bytes_around + 6 * limits::push_magic_bytes_max;
using MdmPayload = std::array<char, mdm_payload_bytes_max>;

// What write_mdm_payload() will return: plain_mdm_payload_size() exactly where nothing is escaped.
[[nodiscard]] std::size_t mdm_payload_size(std::string_view magic);
[[nodiscard]] constexpr std::size_t plain_mdm_payload_size(std::string_view magic) {
  return mdm_payload_bytes_around + magic.size();
}
// plain_mdm_payload_size() bytes, of a magic that JSON takes as it is.
void write_plain_mdm_payload(std::string_view magic, char* out);
// Returns the payload's size. `magic` has at most limits::push_magic_bytes_max bytes.
[[nodiscard]] std::size_t write_mdm_payload(std::string_view magic, MdmPayload& out);

struct AlertText {
  std::string_view title;
  std::string_view body;
  std::string_view url;
};
// A complaint where the payload would exceed Apple's limits::payload_bytes_max.
[[nodiscard]] Result<std::string, Complaint> alert_payload(const AlertText& text);

// Appends `text` with its quotes.
void append_json_string(std::string& to, std::string_view text);

}  // namespace muster::apns
