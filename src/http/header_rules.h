// What a request's header must keep to beyond its grammar (RFC 9112 §3.2, §6; RFC 9110 §10.1.1).
//
// Wherever two readers of the same bytes could see two different requests, a proxy before us and
// we, the request is refused rather than understood: one Host, one Content-Length made of digits,
// or one Transfer-Encoding that says "chunked" and nothing else, never both.
#pragma once

#include <cstdint>

#include "http/message.h"

namespace muster::http {

enum class Version : std::uint8_t { http_1_0, http_1_1 };

// The status to refuse it with: 400, 417, 501; 0: none.
[[nodiscard]] std::uint16_t refusal_of(const Fields& fields, Version version);
// Whether the client waits for "100 Continue" before it sends the body.
[[nodiscard]] bool expects_continue(const Fields& fields, Version version);

}  // namespace muster::http
