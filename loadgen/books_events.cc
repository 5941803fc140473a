#include "loadgen/books_events.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>

#include "base/assert.h"
#include "json/writer.h"
#include "loadgen/books_error.h"
#include "loadgen/books_ids.h"

namespace muster::loadgen {

std::string_view name_of(BooksEvent::Type type) {
  static constexpr std::array<std::string_view, 3> names{"CREATE", "UPDATE", "RETIRE"};
  return names[static_cast<std::size_t>(type)];
}

std::vector<std::string> json_of_failures(const BooksEvent& event) {
  std::map<std::uint16_t, std::vector<std::string_view>> by_error;
  for (const auto& failure : event.failures) {
    by_error[failure.error].push_back(failure.client_user_id);
  }
  std::vector<std::string> texts;
  for (const auto& [error, users] : by_error) {
    json::Writer writer;
    writer.begin_object().key("errorInfo").begin_object().key("clientUserIds").begin_array();
    for (const auto user : users) {
      writer.text(user);
    }
    writer.end().end();
    writer.key("errorMessage").text(books_error(error)->message);
    writer.key("errorNumber").number(error).end();
    texts.push_back(writer.result());
  }
  return texts;
}

const BooksEvent& BooksEvents::begin(BooksEvent::Type type, std::vector<BooksWish> wishes,
                                     Instant now) {
  MUSTER_ASSERT(!wishes.empty());
  BooksEvent event;
  event.id = books_uuid("event", seed_, events_.size() + 1);
  event.type = type;
  event.began = now;
  event.requested = wishes.size();
  event.wishes = std::move(wishes);
  by_id_[event.id] = events_.size();
  open_.push_back(events_.size());
  return events_.emplace_back(std::move(event));
}

const BooksEvent* BooksEvents::find(const std::string& id) const {
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? nullptr : &events_[found->second];
}

std::size_t BooksEvents::due(const BooksEvent& event, Instant now) const {
  const auto passed = now - event.began;
  if (passed >= delay_) {
    return event.requested;
  }
  const auto share = static_cast<double>(passed.count()) / static_cast<double>(delay_.count());
  return static_cast<std::size_t>(share * static_cast<double>(event.requested));
}

void BooksEvents::advance(Instant now, const One& one, const Over& over) {
  for (const auto index : open_) {
    auto& event = events_[index];
    for (const auto target = due(event, now); event.completed < target; ++event.completed) {
      const auto& wish = event.wishes[event.completed];
      if (const auto error = one(event, wish); error == 0) {
        event.succeeded.push_back(wish.client_user_id);
      } else {
        event.failures.push_back({wish.client_user_id, error});
      }
    }
    if (event.over()) {
      over(event);
      event.wishes = {};
      event.succeeded = {};
    }
  }
  std::erase_if(open_, [this](std::size_t index) { return events_[index].over(); });
}

Instant BooksEvents::next() const {
  auto earliest = Instant::never();
  for (const auto index : open_) {
    const auto& event = events_[index];
    const auto share =
        static_cast<double>(event.completed + 1) / static_cast<double>(event.requested);
    const auto wait = static_cast<std::int64_t>(static_cast<double>(delay_.count()) * share);
    earliest = std::min(earliest, event.began + Duration(wait));
  }
  return earliest;
}

}  // namespace muster::loadgen
