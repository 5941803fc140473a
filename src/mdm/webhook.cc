// What NanoMDM's webhook says: read_webhook() of nanomdm.h.
//
//   {"topic": "mdm.Authenticate" | "mdm.TokenUpdate" | "mdm.CheckOut", "checkin_event": EVENT}
//   {"topic": "mdm.Connect", "acknowledge_event": EVENT}
//   EVENT := {"ids": {"id": TEXT}?, "udid": TEXT?, "raw_payload": BASE64, …}
#include <vector>

#include "crypto/digest.h"
#include "crypto/hmac.h"
#include "json/value.h"
#include "mdm/nanomdm.h"
#include "model/limits.h"

namespace muster::mdm {
namespace {

// The event's own fields, and a property list in base64. What is larger answers other commands than
// ours.
constexpr std::size_t webhook_bytes_max = 16UL * 1024 * 1024;

tl::unexpected<Complaint> refuse(std::string found, std::string expected, std::string mend) {
  Complaint complaint;
  complaint.found = "NanoMDM's webhook: " + std::move(found);
  complaint.expected = std::move(expected);
  complaint.mend = std::move(mend);
  return tl::unexpected(std::move(complaint));
}

bool signed_by(std::string_view body, std::string_view signature, std::string_view secret) {
  std::vector<Byte> shown;
  return crypto::from_base64(signature, shown) &&
         crypto::equal_in_constant_time(crypto::hmac_sha256(as_bytes(secret), as_bytes(body)),
                                        shown);
}

Heard::Kind kind_of_topic(std::string_view topic) {
  if (topic == "mdm.Authenticate" || topic == "mdm.TokenUpdate" || topic == "mdm.CheckOut") {
    return Heard::Kind::check_in;
  }
  return topic == "mdm.Connect" ? Heard::Kind::report : Heard::Kind::nothing;
}

}  // namespace

Result<Heard, Complaint> read_webhook(std::string_view body, std::string_view signature,
                                      std::string_view secret) {
  if (!secret.empty() && !signed_by(body, signature, secret)) {
    return refuse(signature.empty() ? "no signature" : "a signature that is not ours",
                  "X-Hmac-Signature by the secret of this installation",
                  "give nanomdm -webhook-hmac-key the same secret as [mdm]");
  }
  const auto tree = json::Tree::parse(body, webhook_bytes_max);
  if (!tree || !tree->root().is_object()) {
    return refuse("not JSON", "an event of NanoMDM's", "");
  }
  const auto topic = tree->root().at("topic").text();
  if (!topic) {
    return refuse("no topic", "an event of NanoMDM's", "");
  }
  Heard heard;
  heard.kind = kind_of_topic(*topic);
  if (heard.kind == Heard::Kind::nothing) {
    return heard;
  }
  const auto event =
      tree->root().at(heard.kind == Heard::Kind::check_in ? "checkin_event" : "acknowledge_event");
  const auto payload = event.at("raw_payload").text();
  std::vector<Byte> plist;
  if (!payload || !crypto::from_base64(*payload, plist)) {
    return refuse("no raw_payload in base64", "an event of NanoMDM's", "");
  }
  if (plist.size() > limits::plist_bytes_max) {
    return Heard{};
  }
  heard.enrolment = event.at("ids").at("id").text().value_or(std::string_view());
  heard.plist = as_text(plist);
  return heard;
}

}  // namespace muster::mdm
