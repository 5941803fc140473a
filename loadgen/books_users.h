// The users of one location, as Apple keeps them, under both versions of the API.
//
// A clientUserId has at most one active record (registered or associated) and any number of retired
// ones. Registering a retired user again goes on with his record if he was never associated, with a
// new code, and begins a new record otherwise. Every change gives its record the next version, so
// that "what has changed since" is a walk over versions. Never forgets anybody: about 400 bytes a
// user.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace muster::loadgen {

struct BooksUser {
  enum class Status : std::uint8_t { registered, associated, retired };
  std::uint64_t id = 0;  // version 1's userId, from 1
  std::string client_user_id;
  std::string email;
  std::string account;      // the Managed Apple Account, where one was given
  std::string invite_code;  // shown while he is registered
  std::string id_hash;      // of the account that accepted; stays when he is retired
  Status status = Status::registered;
  std::uint64_t version = 0;  // of his last change
  std::uint64_t before = 0;   // id of an earlier record of the same clientUserId; 0: none
};

// "Registered", as both versions say it.
[[nodiscard]] std::string_view name_of(BooksUser::Status status);

class BooksUsers {
 public:
  // `seed` makes the codes.
  explicit BooksUsers(std::uint64_t seed) : seed_(seed) {}

  struct Filter {
    bool active = true;
    bool retired = true;
    std::string client_user_id;  // empty: everybody
    std::uint64_t since = 0;     // changed after this version; 0: everybody
  };
  // By id; good until the next change.
  [[nodiscard]] std::vector<const BooksUser*> select(const Filter& filter) const;
  [[nodiscard]] const BooksUser* active(const std::string& client_user_id) const;
  // The latest record, retired or not.
  [[nodiscard]] const BooksUser* latest(const std::string& client_user_id) const;
  [[nodiscard]] const BooksUser* by_id(std::uint64_t id) const;
  // Whoever has, or had, this invitation code.
  [[nodiscard]] const BooksUser* of_code(const std::string& code) const;
  [[nodiscard]] bool account_in_use(const std::string& account) const;

  // There is no active one.
  const BooksUser& enroll(const std::string& client_user_id, const std::string& email);
  void set_email(std::uint64_t id, const std::string& email);
  // Of a registered one; any account will do.
  void associate(std::uint64_t id, const std::string& account);
  void note_account(std::uint64_t id, const std::string& account);
  void retire(std::uint64_t id);  // of an active one
  // Somebody else has changed something: the version moves on.
  void disturb() { ++version_; }

  [[nodiscard]] std::uint64_t version() const { return version_; }
  [[nodiscard]] std::uint64_t count(BooksUser::Status status) const;

 private:
  BooksUser& at(std::uint64_t id) { return users_[id - 1]; }
  void touch(BooksUser& user);
  void give_code(BooksUser& user);

  std::uint64_t seed_;
  std::uint64_t version_ = 1;
  std::uint64_t codes_given_ = 0;
  std::deque<BooksUser> users_;                            // by id − 1
  std::unordered_map<std::string, std::uint64_t> latest_;  // by clientUserId
  std::unordered_map<std::string, std::uint64_t> codes_;   // every code that was ever given
  std::unordered_map<std::string, std::uint64_t> hashes_;  // how many active users by idHash
  std::map<std::uint64_t, std::uint64_t> by_version_;      // version → id
};

}  // namespace muster::loadgen
