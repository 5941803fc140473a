// What a server offered in its answer to EHLO: one keyword a line.
//
// Keywords we do not know, and arguments that make no sense, are passed over: a server must be able
// to offer what is newer than we are.
#pragma once

#include <cstdint>
#include <string_view>

namespace muster::smtp {

struct Capabilities {
  bool pipelining = false;
  bool eight_bit = false;
  bool utf8 = false;
  bool delivery_status = false;
  bool chunking = false;
  bool starttls = false;
  bool enhanced_codes = false;
  bool size = false;
  std::uint64_t size_max = 0;  // of a message; 0: not said
  bool auth_plain = false;
  bool auth_login = false;
  bool auth_scram_sha_256 = false;
  std::uint32_t letters_max = 0;  // LIMITS MAILMAX; 0: not said
  std::uint32_t recipients_max = 0;

  // One line of the answer without its code; the first, which is the server's name, is not for it.
  void learn(std::string_view line);
};

}  // namespace muster::smtp
