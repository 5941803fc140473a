// What may be handed to libplist at all.
//
// libplist believes what it reads: it recurses as deep as a list is nested, and it copies an object
// of the binary form as often as it is referred to, so that a few hundred bytes can ask for
// gigabytes. Here each form is walked once without allocating, and refused where it is too large,
// too deep, or would unfold to more than a request of limits::plist_bytes_max could hold.
//
//   binary := "bplist00" object… offset… trailer(32)
//   trailer := unused(6) offset_size(1) reference_size(1) objects(8) root(8) offsets_at(8)
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace muster::mdm {

enum class PlistForm : std::uint8_t { refused, xml, binary };

inline constexpr std::size_t plist_depth_max = 16;
// Values that a binary list may unfold to.
inline constexpr std::size_t plist_values_max = 4096;

[[nodiscard]] PlistForm plist_form_of(std::string_view bytes);

}  // namespace muster::mdm
