// What a row's fields make of a user, a group, a device: the same for an import and for an edit.
//
// Which row it is, whose device, and the indexes of names are found by the caller. Trouble stays in
// `fields`.
#pragma once

#include <string>

#include "roster/fields.h"
#include "store/roster_store.h"

namespace muster::roster {

// `language`: as it stands in the row before, then as the fields say.
void take_user(Fields& fields, store::UserRow& row, std::string& language);
// Without a word a group is on where an administrator brought it in, off where it was made by hand.
void take_group(Fields& fields, store::GroupRow& row, store::Switch without_a_word);
// `topic` as `language` above.
void take_device(Fields& fields, store::DeviceRow& row, std::string& topic);
void take_topic(Fields& fields, std::string& topic);

// The device's token for its topic changed: it was registered anew.
[[nodiscard]] bool registered_anew(const store::DeviceRow& before, const std::string& topic_before,
                                   const store::DeviceRow& after, const std::string& topic_after);
void forget_tokens_of(store::DeviceRow& row);

}  // namespace muster::roster
