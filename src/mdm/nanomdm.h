// NanoMDM beside us: its webhook tells who checked in and what became of commands, and we enqueue
// InviteToProgram there and push ourselves (nopush=1).
//
// NanoMDM has no list of enrolments, no look into a queue and no way back out of it: our registry
// is built from its webhooks, which it sends once and never again, and a command that was enqueued
// cannot be cancelled. So we enqueue at the last moment, when the wake is about to be written, and
// say so in preview. Facts: NanoMDM's operations guide and docs/openapi.yaml (v0.9).
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/exchange.h"
#include "mdm/desk.h"

namespace muster::mdm {

// ── in: the webhook ──

// What one webhook body says, as the desk would have heard it from the device (Desk::hear).
// `secret` empty: signatures are not asked for. X-Hmac-Signature is base64(HMAC-SHA256(body)).
// Refused (Complaint, no secrets): no or a wrong signature, not that JSON.
[[nodiscard]] Result<Heard, Complaint> read_webhook(std::string_view body,
                                                    std::string_view signature,
                                                    std::string_view secret);

// The first line of a file that only its owner may read: an API key, a webhook's secret. The
// complaint names the file.
[[nodiscard]] Result<std::string, Complaint> read_key_file(const std::string& file);

// ── out: the queue ──

struct NanoMdmSettings {
  std::string url;           // "http://127.0.0.1:9000"
  std::string api_key_file;  // Basic nanomdm:<key>
  std::string trust_file;    // of the server's certificate; whoever makes the Exchange reads it
};

struct Enqueued {
  std::string enrolment;
  std::string command_uuid;
  std::string plist;      // holds a secret
  bool accepted = false;  // filled: it is in the queue, or was already
  bool unknown = false;   // filled: the server knows no such enrolment
};

class NanoMdm {
 public:
  // The complaint names the key file. `exchange` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<NanoMdm>, Complaint> open(
      const NanoMdmSettings& settings, http::Exchange& exchange);
  ~NanoMdm();
  // PUT /v1/enqueue/{id}?nopush=1, one a command: an id that it does not know fails the whole call
  // that names it. Trouble: the server cannot be reached or refuses us (401, 403: not_permitted);
  // `accepted` is true even then for what it took before. Single commands say for themselves; one
  // that is neither accepted nor unknown may be tried again.
  [[nodiscard]] Result<void> enqueue(std::vector<Enqueued>& commands);

 private:
  struct Implementation;
  explicit NanoMdm(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::mdm
