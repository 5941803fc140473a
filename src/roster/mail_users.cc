#include "roster/mail_users.h"

#include "roster/close_numbers.h"

namespace muster::roster {
namespace {

using store::SetKind;
using store::Statement;

Result<NumberSet> find_in_rows(store::RosterStore& store) {
  auto cursor = store.user_numbers_with_email();
  if (!cursor) {
    return tl::unexpected(cursor.error());
  }
  return collect(*cursor);
}

}  // namespace

Result<NumberSet> users_with_mail(store::RosterStore& store) {
  auto found = store.find_set(SetKind::users_with_mail);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& set = *found;
  return set ? std::move(*set) : find_in_rows(store);
}

Result<void> keep_users_with_mail(store::RosterStore& store) {
  const auto kept = store.find_set(SetKind::users_with_mail);
  if (!kept) {
    return tl::unexpected(kept.error());
  }
  if (*kept) {
    return {};
  }
  auto found = find_in_rows(store);
  if (!found) {
    return tl::unexpected(found.error());
  }
  return store.put_set(SetKind::users_with_mail, *found);
}

Result<void> read_targets(store::RosterStore& store, std::span<const UserNumber> users,
                          std::vector<MailTarget>& into) {
  into.resize(users.size());
  for (std::size_t i = 0; i < users.size(); ++i) {
    into[i].user = users[i];
    into[i].known = false;
    into[i].address.clear();
    into[i].full_name.clear();
    into[i].language = 0;
  }
  const auto removed = store.set(SetKind::users_removed);
  if (!removed) {
    return tl::unexpected(removed.error());
  }
  return each_of(
      users,
      [&](UserNumber first, UserNumber past_last) { return store.mail_of_users(first, past_last); },
      [&](std::size_t place, const Statement& row) {
        auto& target = into[place];
        if (removed->contains(target.user)) {
          return;  // their rows are for the names of what was sent
        }
        target.known = true;
        target.address.assign(row.text(1));
        target.full_name.assign(row.text(2));
        target.language = static_cast<std::uint16_t>(row.integer(3));
      });
}

Result<std::vector<UserText>> texts_of_users(store::RosterStore& store,
                                             const std::vector<UserNumber>& users) {
  std::vector<UserText> texts;
  texts.reserve(users.size());
  const auto read = each_of(
      users,
      [&](UserNumber first, UserNumber past_last) {
        return store.names_of_users(first, past_last);
      },
      [&](std::size_t place, const Statement& row) {
        texts.push_back({users[place], std::string(row.text(1)), std::string(row.text(2))});
      });
  if (!read) {
    return tl::unexpected(read.error());
  }
  return texts;
}

}  // namespace muster::roster
