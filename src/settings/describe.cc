#include "settings/keys.h"
#include "settings/read.h"

namespace muster::settings {
namespace {

std::string origin_of(const std::string& name, const Origins& origins) {
  const auto found = origins.find(name);
  if (found == origins.end()) {
    return "default";
  }
  const auto& [file, line, column] = found->second;
  return line == 0 ? file : file + ":" + std::to_string(line);
}

// `actual` and `standard` are keys of the same table in the same order.
void add_lines(const std::vector<Key>& actual, const std::vector<Key>& standard,
               const std::string& prefix, const Origins& origins, std::vector<SettingLine>& lines) {
  for (std::size_t i = 0; i < actual.size(); ++i) {
    const auto name = prefix + std::string(actual[i].name);
    lines.push_back(
        {name, text_of_value(actual[i]), text_of_value(standard[i]), origin_of(name, origins)});
  }
}

template <class Entry>
void add_entries(std::vector<Entry>& entries, std::string_view list, const Origins& origins,
                 std::vector<SettingLine>& lines) {
  Entry standard;
  for (std::size_t i = 0; i < entries.size(); ++i) {
    add_lines(keys_of(entries[i]), keys_of(standard), entry_name(list, i) + ".", origins, lines);
  }
}

}  // namespace

std::vector<SettingLine> describe(const Settings& settings, const Origins& origins) {
  Settings actual = settings;  // keys point into what they describe, and could write
  Settings standard;
  std::vector<SettingLine> lines;
  add_lines(keys_of(actual), keys_of(standard), "", origins, lines);
  for_each_list(actual, [&](std::string_view list, auto& entries, std::size_t /*count_max*/) {
    add_entries(entries, list, origins, lines);
  });
  return lines;
}

std::vector<std::string> known_keys() {
  Settings standard;
  std::vector<std::string> names;
  for (const auto& key : keys_of(standard)) {
    names.emplace_back(key.name);
  }
  for_each_list(standard, [&names]<class Entry>(std::string_view list, std::vector<Entry>&,
                                                std::size_t /*count_max*/) {
    Entry entry;
    for (const auto& key : keys_of(entry)) {
      names.push_back(std::string(list) + "[]." + std::string(key.name));
    }
  });
  return names;
}

}  // namespace muster::settings
