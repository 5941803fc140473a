// How far each user is, as it is stored, and what others are told of it.
//
//   wanted      Apple has not been asked, or has certainly done nothing
//   asked       Apple may know him: a batch's event is stored, or he must be read back
//   registered, associated, refused, retired: as Standing
#pragma once

#include <cstdint>

#include "registrar/books_errors.h"
#include "registrar/standings.h"

namespace muster::registrar {

// Stored in store::RegistrationRow::state: append only.
enum class Progress : std::uint8_t {
  wanted = 1,
  asked = 2,
  registered = 3,
  associated = 4,
  refused = 5,
  retired = 6,
};

[[nodiscard]] inline Standings::Seen seen_of(Progress progress, std::uint32_t error) {
  switch (progress) {
    case Progress::wanted:
    case Progress::asked:
      return {Standing::waiting, Reason::none};
    case Progress::registered:
      return {Standing::registered, Reason::none};
    case Progress::associated:
      return {Standing::associated, Reason::none};
    case Progress::refused:
      return {Standing::refused, reason_of(error)};
    case Progress::retired:
      return {Standing::retired, Reason::none};
  }
  return {};
}

// Stored in store::LocationRow::standing: append only. LocationFacts::Condition, and one more.
enum class Hold : std::uint8_t {
  ok = 0,
  unproved = 1,
  foreign = 2,
  refused = 3,
  codes = 4,
  to_be_taken_over = 5,  // unproved, and to be claimed whoever holds it
};

}  // namespace muster::registrar
