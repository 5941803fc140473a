// The content token ("sToken") that Apple School or Business Manager hands out, one a location.
//
//   token := base64( {"token": …, "expDate": "2030-11-08T22:33:22-0700", "orgName": …} )
//
// The file may have been mailed, pasted or wrapped: white space anywhere in the base64, and inside
// the JSON, is tolerated; expDate's offset has no colon (with one it is read as well). The token is
// a secret: it appears in no complaint. Source: Apple, "Managing Apps and Books Through Web
// Services (Legacy)" and "Getting Started with the Management API".
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"

namespace muster::registrar {

struct ContentToken {
  std::string text;  // the base64, without white space: what Apple wants to see; secret
  std::string organisation;
  WallTime expires_at;
};

// `name` is what complaints call it: the file's name. Refused: not base64, not that JSON, a member
// missing, a date that is none, over limits::content_token_bytes_max. An expired one is read.
[[nodiscard]] Result<ContentToken, Complaint> read_content_token(std::string_view content,
                                                                 const std::string& name);

enum class Expiry : std::uint8_t { good, soon, expired };  // soon: 30 days or less
[[nodiscard]] Expiry expiry_of(WallTime expires_at, WallTime now);

}  // namespace muster::registrar
