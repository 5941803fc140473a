// What somebody may do: read < send < admin, each with all that stands before it. An
// administrator's role and an API token's scope are the same three words.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace muster::console {

// Stored by its number: append only.
enum class Scope : std::uint8_t {
  read,   // look at everything but accounts, tokens and the audit log
  send,   // and preview, send, pause, resume, cancel, retry, edit the roster
  admin,  // and accounts, tokens, content tokens, the audit log
};

[[nodiscard]] constexpr bool covers(Scope held, Scope needed) {
  return held >= needed;
}

[[nodiscard]] constexpr std::string_view name_of(Scope scope) {
  return scope == Scope::admin ? "admin" : scope == Scope::send ? "send" : "read";
}

[[nodiscard]] constexpr std::optional<Scope> scope_of(std::string_view name) {
  for (const auto scope : {Scope::read, Scope::send, Scope::admin}) {
    if (name == name_of(scope)) {
      return scope;
    }
  }
  return std::nullopt;
}

}  // namespace muster::console
