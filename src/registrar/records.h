// What is known of every user: the store's rows, and the tables in memory that follow them.
//
// Rows change inside begin() … commit(). Standings, counts and news follow a commit and never run
// ahead of it: nobody sees a standing that a crash could take back. After trouble everything is
// read anew by load(). Owned by the Registrar; everything but standings() is for its thread.
#pragma once

#include <functional>
#include <memory>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "registrar/progress.h"
#include "registrar/standings.h"
#include "store/registration_store.h"

namespace muster::registrar {

struct Counts {
  std::uint64_t waiting = 0;
  std::uint64_t registered = 0;
  std::uint64_t associated = 0;
  std::uint64_t refused = 0;
  std::uint64_t retired = 0;
};

class Records {
 public:
  explicit Records(store::RegistrationStore store) : store_(std::move(store)) {}

  // Reads the states of all; tells `visit` of each user who is wanted or asked. Who is found to be
  // associated and was not known to be is news.
  using Visit = std::function<void(store::LocationNumber, UserNumber, Progress)>;
  [[nodiscard]] Result<void> load(const Visit& visit);

  [[nodiscard]] Result<void> begin();
  [[nodiscard]] Result<void> commit();
  void rollback();
  [[nodiscard]] store::RegistrationStore& store() { return store_; }

  // A row of a user who has none yet, with an id of his own; not stored before change().
  [[nodiscard]] static store::RegistrationRow new_row(UserNumber user);
  [[nodiscard]] static Progress progress_of(const store::RegistrationRow& row) {
    return static_cast<Progress>(row.state);
  }
  // Stores the row of a user who has one, with this progress.
  [[nodiscard]] Result<void> change(store::RegistrationRow& row, Progress to, WallTime now);
  // Stores a new row, its location filled in.
  [[nodiscard]] Result<void> add(store::RegistrationRow& row, Progress to, WallTime now);
  // To another location, before change().
  void move(store::RegistrationRow& row, store::LocationNumber to);

  [[nodiscard]] const Standings& standings() const { return standings_; }
  [[nodiscard]] Standings& standings() { return standings_; }
  [[nodiscard]] Counts counts(store::LocationNumber location) const;
  [[nodiscard]] std::vector<UserNumber> take_associated();

 private:
  [[nodiscard]] Result<void> put(store::RegistrationRow& row, Progress to, WallTime now);
  void count(store::LocationNumber location, Progress progress, std::int64_t by);
  struct Change {
    UserNumber user;
    Progress progress;
    std::uint32_t error;
    store::LocationNumber location;
  };
  void see(const Change& change);
  store::RegistrationStore store_;
  Standings standings_;
  std::unordered_map<store::LocationNumber, Counts> counts_;
  std::vector<Change> changes_;  // of the open transaction
  std::vector<UserNumber> associated_;
};

}  // namespace muster::registrar
