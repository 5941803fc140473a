// The registrar: registers users with Apple's Apps and Books, knows their invitation codes, and
// learns when they have accepted. All of Apple's rules are in this room; HTTP is behind a seam.
//
// Theory. For each user the store says how far we are; memory has only queues. A user's
// clientUserId is chosen and stored before Apple first hears of him, and Apple knows him by it
// alone: so a request that was repeated after a crash, a time-out or a lost answer finds him
// already there (9716) and registers nobody twice. A batch is asked for by users/create, its event
// is stored, and what became of it is found in three ways that may all be late, lost or repeated:
// status?eventId, a notification, and a walk over GET /users. Only the walk is believed: COMPLETE
// alone says nothing (measured by others: nonsense ids came back COMPLETE).
//
//   wanted ─▶ asked(event) ─▶ registered(code) ─▶ associated(idHash)
//                 │ 9716, COMPLETE, FAILED, overdue: read it back
//                 └▶ refused(error)     429, 9603, 9646, 5xx: wanted again, with back-off
//
// Every session begins by asking whose the token is (client/config: mdmInfo). If another MDM server
// holds it, nothing more is asked of Apple for that location until take_over().
//
// Threads: turn() and everything that writes belong to the registrar's thread (service/ owns it);
// standings() is for all; deliver() may be called by any thread.
#pragma once

#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "http/exchange.h"
#include "registrar/content_token.h"
#include "registrar/standings.h"
#include "store/registration_store.h"

namespace muster::registrar {

struct RegistrarSettings {
  std::string url = "https://vpp.itunes.apple.com/mdm/v2";
  std::string name = "Muster";   // mdmInfo.name: what other servers' administrators read
  std::string notification_url;  // where Apple reaches /hooks/books; empty: we only ask
  bool one_by_one = false;       // v1's registerVPPUserSrv instead of batches
  Duration poll_every = std::chrono::minutes(1);    // for who has accepted, while anybody may
  Duration config_every = std::chrono::minutes(5);  // Apple: re-read service/config
};

// A user who is to be registered.
struct Person {
  UserNumber user = 0;
  std::string location;
  std::string email;    // may be empty
  std::string account;  // Managed Apple Account; may be empty
};

// A location as people see it; no secrets.
struct LocationFacts {
  std::string id;
  std::string organisation;
  std::string name;
  WallTime expires_at;
  Expiry expiry = Expiry::good;
  // ok · unproved: Apple was not asked yet · foreign: another MDM server holds the token ·
  // refused: Apple does not take the token (expired, revoked, wrong) · codes: no token, codes were
  // imported
  enum class Condition : std::uint8_t { ok, unproved, foreign, refused, codes } condition{};
  std::string words;  // one line: whose it is, what to do; empty: all is well
  std::uint64_t waiting = 0;
  std::uint64_t registered = 0;
  std::uint64_t associated = 0;
  std::uint64_t refused_users = 0;
};

struct ImportedCode {
  UserNumber user = 0;
  std::string location;
  std::string url;  // https://…inviteCode=…
};

class Registrar {
 public:
  // `exchange` and `clock` outlive it. Reads what the store has; asks nobody yet.
  [[nodiscard]] static Result<std::unique_ptr<Registrar>, Complaint> open(
      const std::string& dir, const RegistrarSettings& settings, http::Exchange& exchange,
      const Clock& clock);
  ~Registrar();

  // ── wishes; the registrar's thread ──
  // Durable when it returns. A token of another organisation over one that has registrations is
  // refused; an expired one too.
  [[nodiscard]] Result<void, Complaint> install(const std::string& location,
                                                const ContentToken& token);
  // The next session claims the token for us, whoever holds it.
  [[nodiscard]] Result<void, Complaint> take_over(const std::string& location);
  // Durable when it returns; in this order. Users that are registered or associated stay so; one
  // that was refused is tried anew. Of a location without token: refused by Reason.
  [[nodiscard]] Result<void> want(std::span<const Person> people);
  // He will be wanted: where he was refused he is not any more. Any thread.
  void reconsider(UserNumber user);
  // Durable when it returns; nobody is asked.
  [[nodiscard]] Result<void> take_codes(std::span<const ImportedCode> codes);

  // Does what is due: asks Apple, reads back, looks who accepted. Blocks while it asks.
  void turn();
  [[nodiscard]] Instant next() const;  // when turn() wants to be called again

  // ── news; the registrar's thread ──
  // Users who became associated since the last call; the first call gives all who are, since what
  // was not taken is not kept.
  [[nodiscard]] std::vector<UserNumber> take_associated();

  // ── what others ask; any thread ──
  [[nodiscard]] const Standings& standings() const;
  [[nodiscard]] std::vector<LocationFacts> locations() const;
  // A notification by Apple: the Authorization field and the body. The HTTP status to answer: 200,
  // 401, 400. What it says is taken up by the next turn(); `wanted()` says that there is something.
  [[nodiscard]] std::uint16_t deliver(std::string_view authorization, std::string_view body);
  [[nodiscard]] bool wanted() const;

 private:
  struct Implementation;
  explicit Registrar(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// Invitation URLs, read where they are needed and nowhere kept: bearer secrets. One object a
// thread, on the store's snapshots.
class InvitationUrls {
 public:
  [[nodiscard]] static Result<std::unique_ptr<InvitationUrls>, Complaint> open(
      const std::string& dir);
  ~InvitationUrls();
  // In the order asked; empty: the user has none (any more). `into` keeps its capacity.
  [[nodiscard]] Result<void> read(std::span<const UserNumber> users,
                                  std::vector<std::string>& into);

 private:
  struct Implementation;
  explicit InvitationUrls(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

}  // namespace muster::registrar
