// From the API's JSON to the library's values: what console/ writes, read back by the same names.
//
// A field that is missing or of another type leaves the value as it was: servers may be newer or
// older than we are.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "json/value.h"
#include "muster/dispatcher.h"

namespace muster::cli {

void read(json::Value from, Selector& to);
void read(json::Value from, Preview& to);
void read(json::Value from, Task& to);
void read(json::Value from, Progress& to);
void read(json::Value from, Invitation& to);
void read(json::Value from, Moment& to);
void read(json::Value from, Timeline& to);  // the invitation's own members, and "moments"
void read(json::Value from, User& to);
void read(json::Value from, Group& to);
void read(json::Value from, Device& to);
void read(json::Value from, Location& to);
void read(json::Value from, ImportReport& to);
void read(json::Value from, ReasonCount& to);
void read(json::Value from, Unreached& to);
void read(json::Value from, UnreachedUser& to);
void read(json::Value from, std::string& to);

template <class Item>
[[nodiscard]] std::vector<Item> read_all(json::Value array) {
  std::vector<Item> items(array.size());
  for (std::size_t i = 0; i < items.size(); ++i) {
    read(array.at(i), items[i]);
  }
  return items;
}

}  // namespace muster::cli
