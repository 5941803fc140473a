#include "loadgen/books_users.h"

#include <algorithm>
#include <array>

#include "base/ascii.h"
#include "base/assert.h"
#include "base/bytes.h"
#include "crypto/digest.h"
#include "loadgen/books_ids.h"

namespace muster::loadgen {
namespace {

using Status = BooksUser::Status;

// What Apple shows of an account: the same for the same account, and nothing more.
std::string id_hash_of(const std::string& account) {
  std::string text = "idHash ";
  std::ranges::transform(account, std::back_inserter(text), ascii_lower);
  const auto digest = crypto::sha256(as_bytes(text));
  return crypto::base64(Bytes(digest).first(20));
}

bool wanted(const BooksUser& user, const BooksUsers::Filter& filter) {
  return user.status == Status::retired ? filter.retired : filter.active;
}

}  // namespace

std::string_view name_of(BooksUser::Status status) {
  static constexpr std::array<std::string_view, 3> names{"Registered", "Associated", "Retired"};
  return names[static_cast<std::size_t>(status)];
}

std::vector<const BooksUser*> BooksUsers::select(const Filter& filter) const {
  std::vector<const BooksUser*> found;
  if (filter.since != 0) {
    for (auto each = by_version_.upper_bound(filter.since); each != by_version_.end(); ++each) {
      found.push_back(by_id(each->second));
    }
    std::ranges::sort(found, {}, &BooksUser::id);
  } else if (filter.client_user_id.empty()) {
    for (const auto& user : users_) {
      found.push_back(&user);
    }
  } else {
    for (const auto* user = latest(filter.client_user_id); user != nullptr;
         user = by_id(user->before)) {
      found.insert(found.begin(), user);
    }
  }
  std::erase_if(found, [&filter](const BooksUser* user) {
    return !wanted(*user, filter) ||
           (!filter.client_user_id.empty() && user->client_user_id != filter.client_user_id);
  });
  return found;
}

const BooksUser* BooksUsers::latest(const std::string& client_user_id) const {
  const auto found = latest_.find(client_user_id);
  return found == latest_.end() ? nullptr : by_id(found->second);
}

const BooksUser* BooksUsers::active(const std::string& client_user_id) const {
  const auto* user = latest(client_user_id);
  return user != nullptr && user->status != Status::retired ? user : nullptr;
}

const BooksUser* BooksUsers::by_id(std::uint64_t id) const {
  return id == 0 || id > users_.size() ? nullptr : &users_[id - 1];
}

const BooksUser* BooksUsers::of_code(const std::string& code) const {
  const auto found = codes_.find(code);
  return found == codes_.end() ? nullptr : by_id(found->second);
}

bool BooksUsers::account_in_use(const std::string& account) const {
  const auto found = hashes_.find(id_hash_of(account));
  return found != hashes_.end() && found->second != 0;
}

const BooksUser& BooksUsers::enroll(const std::string& client_user_id, const std::string& email) {
  const auto* before = latest(client_user_id);
  MUSTER_ASSERT(before == nullptr || before->status == Status::retired);
  if (before != nullptr && before->id_hash.empty()) {
    auto& again = at(before->id);
    again.email = email;
    again.status = Status::registered;
    give_code(again);
    touch(again);
    return again;
  }
  BooksUser fresh;
  fresh.id = users_.size() + 1;
  fresh.before = before == nullptr ? 0 : before->id;
  fresh.client_user_id = client_user_id;
  fresh.email = email;
  users_.push_back(std::move(fresh));
  auto& user = users_.back();
  latest_[client_user_id] = user.id;
  give_code(user);
  touch(user);
  return user;
}

void BooksUsers::set_email(std::uint64_t id, const std::string& email) {
  at(id).email = email;
  touch(at(id));
}

void BooksUsers::note_account(std::uint64_t id, const std::string& account) {
  at(id).account = account;
}

void BooksUsers::associate(std::uint64_t id, const std::string& account) {
  auto& user = at(id);
  MUSTER_ASSERT(user.status == Status::registered);
  user.status = Status::associated;
  user.id_hash = id_hash_of(account);
  ++hashes_[user.id_hash];
  touch(user);
}

void BooksUsers::retire(std::uint64_t id) {
  auto& user = at(id);
  MUSTER_ASSERT(user.status != Status::retired);
  if (user.status == Status::associated) {
    --hashes_[user.id_hash];
  }
  user.status = Status::retired;
  touch(user);
}

std::uint64_t BooksUsers::count(BooksUser::Status status) const {
  return static_cast<std::uint64_t>(std::ranges::count(users_, status, &BooksUser::status));
}

void BooksUsers::touch(BooksUser& user) {
  by_version_.erase(user.version);
  user.version = ++version_;
  by_version_[user.version] = user.id;
}

void BooksUsers::give_code(BooksUser& user) {
  user.invite_code = books_hex("invitation code", seed_, ++codes_given_);
  codes_[user.invite_code] = user.id;
}

}  // namespace muster::loadgen
