#include <algorithm>

#include "model/limits.h"
#include "roster/block.h"
#include "roster/import_state.h"
#include "roster/mail_users.h"
#include "roster/nearest.h"
#include "roster/people.h"
#include "roster/reader_implementation.h"
#include "roster/roster.h"
#include "roster/select.h"
#include "roster/unreached.h"

namespace muster::roster {

RosterReader::RosterReader(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
RosterReader::~RosterReader() = default;

Result<std::unique_ptr<RosterReader>, Complaint> RosterReader::open(const std::string& dir) {
  auto store = store::RosterStore::open(dir, store::OpenMode::read);
  if (!store) {
    return tl::unexpected(store.error());
  }
  return std::unique_ptr<RosterReader>(
      new RosterReader(std::make_unique<Implementation>(Implementation{std::move(*store)})));
}

Result<Selection, Complaint> RosterReader::select_user(const std::string& user_id,
                                                       const std::string& device_id, Wanted wanted,
                                                       Means means, bool accounts) {
  auto& store = implementation_->store;
  if (auto begun = store.begin(); !begun) {
    return tl::unexpected(complaint_of_store(store.file(), begun.error()));
  }
  auto selection = user_selection(store, user_id, device_id, Meant{wanted, means, accounts});
  store.rollback();
  return selection;
}

Result<Selection, Complaint> RosterReader::select_group(const std::string& group, Wanted wanted,
                                                        Means means, bool accounts) {
  auto& store = implementation_->store;
  if (auto begun = store.begin(); !begun) {
    return tl::unexpected(complaint_of_store(store.file(), begun.error()));
  }
  auto selection = group_selection(store, group, Meant{wanted, means, accounts});
  store.rollback();
  return selection;
}

Result<std::vector<UnreachedCount>> RosterReader::why_unreached(const Selection& selection) {
  auto& store = implementation_->store;
  return in_snapshot<std::vector<UnreachedCount>>(
      store, [&] { return count_unreached(store, selection); });
}

Result<std::vector<UnreachedUser>> RosterReader::unreached(const Selection& selection,
                                                           std::optional<UserNumber> after,
                                                           std::size_t limit) {
  auto& store = implementation_->store;
  return in_snapshot<std::vector<UnreachedUser>>(
      store, [&] { return list_unreached(store, selection, after, limit); });
}

Result<Block> RosterReader::block(std::uint32_t number) {
  Block block;
  if (const auto read = read_block(number, block); !read) {
    return tl::unexpected<Error>(read.error());
  }
  return block;
}

Result<void> RosterReader::read_block(std::uint32_t number, Block& into) {
  auto& bytes = into.bytes_;
  const auto found = in_snapshot<bool>(
      implementation_->store, [&] { return implementation_->store.read_block(number, bytes); });
  if (found && *found && block_is_good(bytes, number)) {
    return {};
  }
  // No such block: no such devices. Every question to it answers "not known".
  bytes.clear();
  if (!found) {
    return tl::unexpected<Error>(found.error());
  }
  return *found ? trouble(ErrorCode::store_corrupt) : Result<void>{};
}

Result<std::uint64_t> RosterReader::version() {
  return in_snapshot<std::uint64_t>(implementation_->store, [&] {
    return implementation_->store.counter(store::Counter::version);
  });
}

Result<std::uint64_t> RosterReader::state() {
  return implementation_->store.changes();
}

Result<std::vector<std::string>> RosterReader::topics() {
  return in_snapshot<std::vector<std::string>>(
      implementation_->store, [&] { return implementation_->store.names(store::NameKind::topic); });
}

Result<std::vector<std::string>> RosterReader::languages() {
  return in_snapshot<std::vector<std::string>>(implementation_->store, [&] {
    return implementation_->store.names(store::NameKind::language);
  });
}

Result<std::vector<std::uint16_t>> RosterReader::topics_of(const NumberSet& devices) {
  auto& store = implementation_->store;
  return in_snapshot<std::vector<std::uint16_t>>(
      store, [&]() -> Result<std::vector<std::uint16_t>> {
        const auto names = store.names(store::NameKind::topic);
        if (!names) {
          return tl::unexpected(names.error());
        }
        std::vector<std::uint16_t> topics;
        for (std::uint32_t topic = 1; topic < names->size(); ++topic) {
          const auto of_topic = store.set(store::SetKind::devices_of_topic, topic);
          if (!of_topic) {
            return tl::unexpected(of_topic.error());
          }
          if (of_topic->size_of_intersection(devices) != 0) {
            topics.push_back(static_cast<std::uint16_t>(topic));
          }
        }
        return topics;
      });
}

Result<std::vector<DeviceText>> RosterReader::texts(const std::vector<DeviceNumber>& devices) {
  auto& store = implementation_->store;
  return in_snapshot<std::vector<DeviceText>>(store, [&] { return texts_of(store, devices); });
}

Result<void> RosterReader::read_mail_targets(std::span<const UserNumber> users,
                                             std::vector<MailTarget>& into) {
  auto& store = implementation_->store;
  return in_snapshot<void>(store, [&] { return read_targets(store, users, into); });
}

Result<std::vector<UserText>> RosterReader::user_texts(const std::vector<UserNumber>& users) {
  auto& store = implementation_->store;
  return in_snapshot<std::vector<UserText>>(store, [&] { return texts_of_users(store, users); });
}

Result<std::vector<Person>> RosterReader::people(std::span<const UserNumber> users) {
  auto& store = implementation_->store;
  return in_snapshot<std::vector<Person>>(store, [&] { return read_people(store, users); });
}

Result<NumberSet> RosterReader::users_enrolled() {
  return in_snapshot<NumberSet>(implementation_->store, [&] {
    return implementation_->store.set(store::SetKind::users_enrolled);
  });
}

Result<std::vector<DeviceNumber>> RosterReader::devices_of(UserNumber user) {
  return in_snapshot<std::vector<DeviceNumber>>(
      implementation_->store, [&] { return implementation_->store.devices_of_user(user); });
}

Result<NumberSet> RosterReader::users_removed() {
  return in_snapshot<NumberSet>(implementation_->store, [&] {
    return implementation_->store.set(store::SetKind::users_removed);
  });
}

}  // namespace muster::roster
