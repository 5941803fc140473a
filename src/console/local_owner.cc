#include "console/local_owner.h"

#include <pwd.h>

#include <array>

namespace muster::console {

std::string local_owner_name(std::uint32_t uid) {
  // Longer entries are those of directories with long lists; the number will do then.
  std::array<char, 4096> text{};
  passwd entry{};
  passwd* found = nullptr;
  const int error = getpwuid_r(uid, &entry, text.data(), text.size(), &found);
  const bool named = error == 0 && found != nullptr && *found->pw_name != '\0';
  return "local:" + (named ? std::string(found->pw_name) : std::to_string(uid));
}

}  // namespace muster::console
