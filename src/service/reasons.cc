// Why somebody is not reached, in words for people.
#include "service/wording.h"

namespace muster::service {

const char* words_of(roster::Hindrance hindrance) {
  switch (hindrance) {
    case roster::Hindrance::none:
      return "";
    case roster::Hindrance::token_gone:
      return "push token gone, 410";
    case roster::Hindrance::mac_without_user:
      return "Mac without a user channel";
    case roster::Hindrance::shared_without_user:
      return "Shared iPad without a user channel";
    case roster::Hindrance::no_magic:
      return "push token without its PushMagic";
    case roster::Hindrance::no_token:
      return "no push token";
    case roster::Hindrance::user_enrollment:
      return "User Enrollment";
    case roster::Hindrance::platform:
      return "tvOS, watchOS or visionOS";
  }
  return "";
}

std::string words_of(const roster::Unreached& reason) {
  std::string words;
  switch (reason.why) {
    case roster::Why::disabled:
      return "Managed Distribution is off";
    case roster::Why::no_address:
      return "no mail address";
    case roster::Why::no_device:
      words = "no device";
      break;
    case roster::Why::by_hindrance:
      if (reason.hindrance == roster::Hindrance::none) {
        return "has a device that can be pushed by now";  // since the selection
      }
      words = std::string("no device that can be pushed (") + words_of(reason.hindrance) + ")";
      break;
  }
  return reason.nor_address ? words + " and no mail address" : words;
}

}  // namespace muster::service
