// Users as mail needs them: who has an address, whom a page of letters goes to, who they are.
//
// Who has an address is a set beside the rows, written with them. Files of before it was kept lack
// it: it is then found in the rows, and kept as soon as somebody opens the roster for writing.
#pragma once

#include <span>
#include <vector>

#include "roster/roster.h"
#include "store/roster_store.h"

namespace muster::roster {

[[nodiscard]] Result<NumberSet> users_with_mail(store::RosterStore& store);
// Inside a writer's transaction: stores the set where it is absent.
[[nodiscard]] Result<void> keep_users_with_mail(store::RosterStore& store);

// As RosterReader::read_mail_targets and user_texts, inside one snapshot.
[[nodiscard]] Result<void> read_targets(store::RosterStore& store,
                                        std::span<const UserNumber> users,
                                        std::vector<MailTarget>& into);
[[nodiscard]] Result<std::vector<UserText>> texts_of_users(store::RosterStore& store,
                                                           const std::vector<UserNumber>& users);

}  // namespace muster::roster
