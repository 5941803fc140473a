// Apple's error numbers of Apps and Books, each with the HTTP status that it comes with.
//
// The numbers and their meaning are Apple's (service/config lists them, "Interpreting Error Codes"
// has the older ones); the words are ours. Version 1 answers all of them with 200.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace muster::loadgen {

struct BooksError {
  std::uint16_t number;
  std::uint16_t status;  // version 2
  bool listed;           // by version 2's service/config
  std::string_view message;
};

// In the order of their numbers.
[[nodiscard]] std::span<const BooksError> books_errors();
// nullptr: Apple has no such number.
[[nodiscard]] const BooksError* books_error(std::uint16_t number);

}  // namespace muster::loadgen
