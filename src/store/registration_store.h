// control.db's half for the registrar, behind verbs: locations with their content tokens, who is
// registered with Apple's Apps and Books, batches whose fate is not known yet, notifications seen.
//
// Verbs that write run inside begin() … commit(); one thread at a time. Readers see the last
// commit. Codes, URLs and tokens are bearer secrets: whoever reads them here does not log them.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "model/id.h"
#include "store/database.h"
#include "store/kept_statements.h"

namespace muster::store {

using LocationNumber = std::uint32_t;

struct LocationRow {
  LocationNumber number = 0;  // 0: new, put_location() gives it one
  std::string id;             // the roster's `location`; "default"
  std::string content_token;  // base64; secret; empty: codes are imported
  std::string organisation;   // of the token
  std::string name;           // what Apple calls the location
  WallTime expires_at;
  std::string our_id;              // mdmInfo.id: a UUID, chosen once
  std::string notification_token;  // what Apple shows when it notifies us; secret
  std::string since_version;       // of the last whole walk over users; empty: none yet
  std::uint8_t standing = 0;       // the registrar's
  std::string standing_text;       // one line for a person; empty: all is well
  WallTime installed_at;
  WallTime not_before;  // Apple's Retry-After: nothing is asked earlier, not even by a new process
};

struct RegistrationRow {
  UserNumber user = 0;
  LocationNumber location = 0;
  std::array<Byte, 16> client_user_id{};  // a UUID, chosen once
  std::uint8_t state = 0;                 // the registrar's; stored: append only
  std::uint32_t error = 0;                // Apple's error number; 0: none
  std::string code;                       // secret; empty: none (yet)
  std::string url;      // secret; of Apple's template and the code, or imported; empty: none (yet)
  std::string id_hash;  // of who accepted
  std::string email;    // as it was registered
  std::string account;  // Managed Apple Account, likewise
  std::uint8_t tries = 0;
  WallTime next_at;  // when to try again
  WallTime changed_at;
  friend bool operator==(const RegistrationRow&, const RegistrationRow&) = default;
};

struct BatchRow {
  std::string event;  // Apple's eventId
  LocationNumber location = 0;
  WallTime asked_at;
  std::vector<UserNumber> users;
};

class RegistrationStore {
 public:
  [[nodiscard]] static Result<RegistrationStore, Complaint> open(const std::string& dir,
                                                                 OpenMode mode);
  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void rollback();

  [[nodiscard]] Result<std::vector<LocationRow>> locations();
  [[nodiscard]] Result<void> put_location(LocationRow& row);  // by id; fills `number`

  [[nodiscard]] Result<void> put_registration(const RegistrationRow& row);
  [[nodiscard]] Result<std::optional<RegistrationRow>> registration(UserNumber user);
  // In the order asked; users without one are left out.
  [[nodiscard]] Result<std::vector<RegistrationRow>> registrations(
      std::span<const UserNumber> users);
  [[nodiscard]] Result<std::optional<RegistrationRow>> registration_of(
      const std::array<Byte, 16>& client_user_id);
  // Cursor over (user, state, error, location, client_user_id) of all, by user: for loading tables
  // in memory.
  [[nodiscard]] Result<Statement> states();
  // How many users of the location stand under this idHash.
  [[nodiscard]] Result<std::uint64_t> users_of(LocationNumber location, std::string_view id_hash);
  // How many of the location's idHashes stand for more than one user.
  [[nodiscard]] Result<std::uint64_t> shared_id_hashes(LocationNumber location);

  [[nodiscard]] Result<std::vector<BatchRow>> batches();
  [[nodiscard]] Result<void> put_batch(const BatchRow& row);
  [[nodiscard]] Result<void> remove_batch(std::string_view event);

  // False: it was seen before.
  [[nodiscard]] Result<bool> note_notification(std::string_view id, WallTime at);
  [[nodiscard]] Result<void> forget_notifications(WallTime before);

 private:
  explicit RegistrationStore(Database database) : database_(std::move(database)) {}
  [[nodiscard]] Result<Statement*> use(const char* sql) { return statements_.use(database_, sql); }
  Database database_;
  KeptStatements statements_;  // ends before the database does
};

}  // namespace muster::store
