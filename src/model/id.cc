#include "model/id.h"

#include <vector>

namespace muster {

void write_uuid(const std::array<Byte, 16>& bytes, char* out) {
  constexpr std::array<std::size_t, 6> cuts{0, 4, 6, 8, 10, 16};
  for (std::size_t part = 0; part + 1 < cuts.size(); ++part) {
    if (part != 0) {
      *out++ = '-';
    }
    out = write_hex(Bytes(bytes).subspan(cuts[part], cuts[part + 1] - cuts[part]), out);
  }
}

std::string uuid_text(const std::array<Byte, 16>& bytes) {
  std::string text(36, '\0');
  write_uuid(bytes, text.data());
  return text;
}

std::optional<std::array<Byte, 16>> read_uuid(std::string_view text) {
  if (text.size() != 36) {
    return std::nullopt;
  }
  std::string digits;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash_due = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash_due != (text[i] == '-')) {
      return std::nullopt;
    }
    if (!dash_due) {
      digits += text[i];
    }
  }
  std::vector<Byte> bytes;
  if (!from_hex(digits, bytes)) {
    return std::nullopt;
  }
  std::array<Byte, 16> id{};
  std::copy(bytes.begin(), bytes.end(), id.begin());
  return id;
}

std::string_view name_of(Channel channel) {
  switch (channel) {
    case Channel::push:
      return "push";
    case Channel::mail:
      return "mail";
    case Channel::account:
      return "account";
  }
  return "push";
}

std::array<Byte, 16> apns_id(const IdPrefix& prefix, InvitationNumber invitation,
                             std::uint32_t generation) {
  std::array<Byte, 16> id{};
  std::copy(prefix.begin(), prefix.end(), id.begin());
  id[6] = static_cast<Byte>((id[6] & 0x0f) | 0x80);
  id[8] = 0x80;
  for (std::size_t i = 0; i < 3; ++i) {
    id[9 + i] = static_cast<Byte>(generation >> (16 - 8 * i));
  }
  for (std::size_t i = 0; i < 4; ++i) {
    id[12 + i] = static_cast<Byte>(invitation >> (24 - 8 * i));
  }
  return id;
}

InvitationNumber invitation_of(const std::array<Byte, 16>& apns_id) {
  InvitationNumber number = 0;
  for (std::size_t i = 12; i < 16; ++i) {
    number = number << 8 | apns_id[i];
  }
  return number;
}

}  // namespace muster
