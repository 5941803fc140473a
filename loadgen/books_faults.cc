#include "loadgen/books_faults.h"

#include <utility>

#include "base/bytes.h"
#include "crypto/digest.h"

namespace muster::loadgen {

std::string_view name_of(BooksPoint point) {
  static constexpr std::array<std::string_view, books_points> names{
      "request",   "service_config", "client_config", "create",      "update",       "retire",
      "status",    "users",          "register_v1",   "get_user_v1", "get_users_v1", "edit_v1",
      "retire_v1", "accept",         "user",          "notification"};
  return names[static_cast<std::size_t>(point)];
}

BooksFaultPlan::BooksFaultPlan(std::vector<BooksFault> faults, std::uint64_t seed)
    : faults_(std::move(faults)), schedule_({faults_.begin(), faults_.end()}, seed) {}

void BooksFaultPlan::next(BooksPoint point, std::string_view subject,
                          std::vector<const BooksFault*>& into) {
  const auto ordinal = ++counts_[static_cast<std::size_t>(point)];
  if (faults_.empty()) {
    return;
  }
  const auto hash = fault_subject(crypto::sha256(as_bytes(subject)));
  for (std::size_t i = 0; i < faults_.size(); ++i) {
    if (faults_[i].on == point && schedule_.strikes(i, ordinal, hash)) {
      into.push_back(&faults_[i]);
    }
  }
}

}  // namespace muster::loadgen
