#include "roster/people.h"

#include "roster/close_numbers.h"

namespace muster::roster {

Result<std::vector<Person>> read_people(store::RosterStore& store,
                                        std::span<const UserNumber> users) {
  std::vector<Person> people;
  people.reserve(users.size());
  const auto read = each_of(
      users,
      [&](UserNumber first, UserNumber past_last) {
        return store.people_of_users(first, past_last);
      },
      [&](std::size_t place, const store::Statement& row) {
        people.push_back({users[place], std::string(row.text(1)), std::string(row.text(2)),
                          std::string(row.text(3))});
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return people;
}

Result<NumberSet> users_with_account(store::RosterStore& store) {
  auto cursor = store.user_numbers_with_account();
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  return collect(*cursor);
}

}  // namespace muster::roster
