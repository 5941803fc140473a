// The JSON of the library's values: the one place that says what the API and `muster … --json` call
// them. The names are those of the structs in include/muster.
//
// add_members() writes into an object that the caller has begun and ends; add() writes a whole one.
// Of users, groups and devices the caller says what their own name is called there: "id" in the
// API, the import's column ("user_id") on the command line.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "json/writer.h"
#include "muster/dispatcher.h"

namespace muster::console {

[[nodiscard]] const char* word_of(Audience audience);
[[nodiscard]] const char* word_of(Channels channels);
[[nodiscard]] std::optional<Audience> audience_of(std::string_view word);
[[nodiscard]] std::optional<Channels> channels_of(std::string_view word);

void add_selector(json::Writer& writer, const Selector& selector);  // "selector": {…}
void add_reasons(json::Writer& writer, const std::vector<ReasonCount>& reasons);
void add_texts(json::Writer& writer, std::string_view name, const std::vector<std::string>& texts);

void add(json::Writer& writer, const Preview& preview);
void add(json::Writer& writer, const UnreachedUser& user);
void add(json::Writer& writer, const Progress& progress);
void add(json::Writer& writer, const Location& location);
void add(json::Writer& writer, const Timeline& timeline);
void add_members(json::Writer& writer, const Task& task);
void add_members(json::Writer& writer, const ImportReport& report, bool dry_run);
void add_members(json::Writer& writer, const Invitation& row);
// What lists show; the rest of one that was asked for.
void add_members(json::Writer& writer, const User& user, std::string_view id_name);
void add_members(json::Writer& writer, const Group& group, std::string_view id_name);
void add_members(json::Writer& writer, const Device& device, std::string_view id_name);
void add_details(json::Writer& writer, const User& user, std::string_view id_name);
void add_details(json::Writer& writer, const Group& group);

}  // namespace muster::console
