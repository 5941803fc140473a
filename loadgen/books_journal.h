// The Apps and Books simulator's own record of what it did: one line of JSON a fact, in order.
//
//   line  := {"at":"2026-11-23T12:00:00.000Z","fact":FACT, … }
//   FACT  := registered · updated · associated · retired: a user's record changed, by="v2", "v1",
//              "accept" or "account" (a Managed Apple Account of the organisation)
//          · disregarded: a user of whom COMPLETE was said though nothing was done (a fault)
//          · refused: a user, a request or a tap that an error was answered to (error, on)
//          · violation: the client broke one of Apple's rules (kind, books_watch.h)
//          · change: a fault changed the world (kind)
//
// A user's line has clientUserId, email where there is one, userId and, where he has a code, its
// SHA-256 (codeSha256): neither codes nor tokens stand here. Lines are handed to the kernel before
// the answers of the same turn go out, so that an answer which a client has seen is in the journal
// even if the simulator is killed right after. A torn last line is cut off at the next start.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "base/time.h"
#include "loadgen/books_users.h"

namespace muster::loadgen {

class BooksJournal {
 public:
  // Goes nowhere: for whoever wants no record.
  BooksJournal() = default;
  // Creates the file or goes on with it.
  [[nodiscard]] static Result<BooksJournal, Complaint> open(const std::string& file);
  ~BooksJournal();
  BooksJournal(BooksJournal&& other) noexcept;
  BooksJournal& operator=(BooksJournal&& other) noexcept;

  // A user's record as it is now. `by` says who did it.
  void user(std::string_view fact, const BooksUser& user, std::string_view by, WallTime at);
  // What was not done for a user who may have no record.
  void refusal(std::string_view client_user_id, std::uint16_t error, std::string_view on,
               WallTime at);
  void disregard(std::string_view client_user_id, std::string_view on, WallTime at);
  // "violation" or "change", of a kind.
  void note(std::string_view fact, std::string_view kind, WallTime at);

  // Hands everything to the kernel. To be called before the answers go out.
  [[nodiscard]] Result<void, Complaint> flush();
  // Lines of this process.
  [[nodiscard]] std::uint64_t lines() const { return lines_; }

 private:
  void add(const std::string& line);

  std::string file_;
  int fd_ = -1;
  std::string buffer_;
  std::uint64_t lines_ = 0;
};

}  // namespace muster::loadgen
