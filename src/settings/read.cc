#include "settings/read.h"

#include <toml++/toml.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "model/limits.h"
#include "settings/assign.h"
#include "settings/check.h"
#include "settings/complain.h"
#include "settings/keys.h"
#include "settings/nearest.h"

namespace muster::settings {
namespace {

constexpr std::size_t file_bytes_max = std::size_t{1024} * 1024;

// Walks one parsed document into one Settings.
class Reader {
 public:
  Reader(std::string file, Settings& settings, Origins& origins)
      : file_(std::move(file)),
        folder_(std::filesystem::path(file_).parent_path().string()),
        settings_(settings),
        origins_(origins),
        keys_(keys_of(settings)) {
    for_each_list(settings, [this](std::string_view list, auto& /*entries*/, std::size_t /*max*/) {
      lists_.push_back(list);
    });
  }

  // `prefix` is "" or ends in a dot: "mail.relay.".
  Result<void, Complaint> read_table(const toml::table& table, const std::string& prefix);

 private:
  using Names = std::vector<std::string>;

  template <class Entry>
  Result<void, Complaint> read_list(const toml::node& node, std::string_view list,
                                    std::vector<Entry>& entries, std::size_t count_max);
  template <class Entry>
  Result<void, Complaint> read_entry(const toml::table& table, const std::string& name,
                                     Entry& entry);
  Result<void, Complaint> read_value(const toml::node& node, const Key& key,
                                     const std::string& name);
  [[nodiscard]] bool is_list(std::string_view name) const;
  [[nodiscard]] bool is_section(const std::string& name) const;
  [[nodiscard]] Names names_in(const std::string& prefix) const;
  [[nodiscard]] std::string elsewhere(std::string_view key, std::string_view section) const;
  tl::unexpected<Complaint> unknown(const toml::key& key, const std::string& section,
                                    const Names& known) const;
  tl::unexpected<Complaint> complain(toml::source_position at, Words words) const;
  void remember(const std::string& name, const toml::node& node);

  std::string file_;
  std::string folder_;
  Settings& settings_;
  Origins& origins_;
  std::vector<Key> keys_;
  std::vector<std::string_view> lists_;
};

Result<void, Complaint> Reader::read_table(const toml::table& table, const std::string& prefix) {
  for (const auto& [toml_key, node] : table) {
    const std::string name = prefix + std::string(toml_key.str());
    Result<void, Complaint> read;
    const auto key = std::find_if(keys_.begin(), keys_.end(),
                                  [&name](const Key& each) { return each.name == name; });
    if (key != keys_.end()) {
      read = read_value(node, *key, name);
    } else if (is_list(name)) {
      for_each_list(settings_, [&](std::string_view list, auto& entries, std::size_t count_max) {
        if (name == list) {
          read = read_list(node, list, entries, count_max);
        }
      });
    } else if (!is_section(name)) {
      return unknown(toml_key, prefix.empty() ? "" : prefix.substr(0, prefix.size() - 1),
                     names_in(prefix));
    } else if (!node.is_table()) {
      return complain(node.source().begin, {.found = name + " is " + words_of_type(node),
                                            .expected = "a section",
                                            .mend = "write [" + name + "] on a line of its own"});
    } else {
      read = read_table(*node.as_table(), name + ".");
    }
    if (!read) {
      return read;
    }
  }
  return {};
}

template <class Entry>
Result<void, Complaint> Reader::read_list(const toml::node& node, std::string_view list,
                                          std::vector<Entry>& entries, std::size_t count_max) {
  const auto name = std::string(list);
  const auto* array = node.as_array();
  const bool tables = array != nullptr && array->is_homogeneous<toml::table>();
  if (!tables && !(array != nullptr && array->empty())) {
    return complain(node.source().begin, {.found = name + " is " + words_of_type(node),
                                          .expected = "a list of tables",
                                          .mend = "write [[" + name + "]] in double brackets"});
  }
  if (array->size() > count_max) {
    return complain(node.source().begin,
                    {.found = name + " has " + std::to_string(array->size()) + " entries",
                     .expected = "at most " + std::to_string(count_max)});
  }
  entries.resize(array->size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    const auto& table = *array->get(i)->as_table();
    const auto entry = entry_name(list, i);
    remember(entry, table);
    if (auto read = read_entry(table, entry, entries[i]); !read) {
      return read;
    }
  }
  return {};
}

template <class Entry>
Result<void, Complaint> Reader::read_entry(const toml::table& table, const std::string& name,
                                           Entry& entry) {
  const auto keys = keys_of(entry);
  for (const auto& [toml_key, node] : table) {
    const auto wanted = toml_key.str();
    const auto key = std::find_if(keys.begin(), keys.end(),
                                  [wanted](const Key& each) { return each.name == wanted; });
    if (key == keys.end()) {
      Names known;
      for (const auto& each : keys) {
        known.emplace_back(each.name);
      }
      return unknown(toml_key, "[" + name.substr(0, name.find('[')) + "]", known);
    }
    if (auto read = read_value(node, *key, name + "." + std::string(wanted)); !read) {
      return read;
    }
  }
  return {};
}

Result<void, Complaint> Reader::read_value(const toml::node& node, const Key& key,
                                           const std::string& name) {
  if (auto assigned = assign(node, Target{key, name, folder_}); !assigned) {
    auto complaint = assigned.error();
    complaint.file = file_;
    return tl::unexpected(std::move(complaint));
  }
  remember(name, node);
  return {};
}

bool Reader::is_list(std::string_view name) const {
  return std::find(lists_.begin(), lists_.end(), name) != lists_.end();
}

bool Reader::is_section(const std::string& name) const {
  const auto prefix = name + ".";
  return std::any_of(keys_.begin(), keys_.end(),
                     [&prefix](const Key& key) { return key.name.starts_with(prefix); });
}

// The keys and sections directly below `prefix`, each once.
Reader::Names Reader::names_in(const std::string& prefix) const {
  Names names;
  const auto add = [&](std::string_view full) {
    if (!full.starts_with(prefix)) {
      return;
    }
    full.remove_prefix(prefix.size());
    std::string name(full.substr(0, full.find('.')));
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      names.push_back(std::move(name));
    }
  };
  for (const auto& key : keys_) {
    add(key.name);
  }
  for (const auto list : lists_) {
    add(list);
  }
  return names;
}

// The section where a key of exactly this name is at home, in its brackets, one below `section`
// first; empty where there is none.
std::string Reader::elsewhere(std::string_view key, std::string_view section) const {
  std::string home;
  const auto consider = [&](std::string_view candidate, std::string_view brackets) {
    if (home.empty() || candidate.starts_with(std::string(section) + ".")) {
      home = std::string(brackets.substr(0, brackets.size() / 2)) + std::string(candidate) +
             std::string(brackets.substr(brackets.size() / 2));
    }
  };
  for (const auto& each : keys_) {
    const auto dot = each.name.rfind('.');
    if (each.name.substr(dot + 1) == key) {
      consider(each.name.substr(0, dot), "[]");
    }
  }
  for_each_list(settings_, [&]<class Entry>(std::string_view list, const std::vector<Entry>&,
                                            std::size_t /*count_max*/) {
    Entry entry;
    for (const auto& each : keys_of(entry)) {
      if (each.name == key) {
        consider(list, "[[]]");
      }
    }
  });
  return home;
}

tl::unexpected<Complaint> Reader::unknown(const toml::key& key, const std::string& section,
                                          const Names& known) const {
  const std::string word(key.str());
  const auto home = elsewhere(word, section);
  auto mend = home.empty() ? "did you mean '" + nearest(word, known) + "'?"
                           : "'" + word + "' belongs to " + home;
  return complain(key.source().begin, {.found = "unknown key '" + word + "'" +
                                                (section.empty() ? "" : " in [" + section + "]"),
                                       .expected = "one of the keys in config/muster.toml",
                                       .mend = std::move(mend)});
}

tl::unexpected<Complaint> Reader::complain(toml::source_position at, Words words) const {
  return complain_at({file_, at.line, at.column}, std::move(words));
}

void Reader::remember(const std::string& name, const toml::node& node) {
  const auto& at = node.source().begin;
  origins_[name] = Place{file_, at.line, at.column};
}

Result<toml::table, Complaint> parse(std::string_view text, const std::string& name) {
  try {
    return toml::parse(text, name);
  } catch (const toml::parse_error& error) {
    const auto& at = error.source().begin;
    return complain_at({name, at.line, at.column},
                       {std::string(error.description()), "TOML (https://toml.io)"});
  }
}

tl::unexpected<Complaint> unreadable(const std::string& file, int reason) {
  auto complaint = complain_at(
      {file}, {std::string("cannot be read: ") + std::generic_category().message(reason),
               "a settings file", "name one with --config FILE"});
  complaint.value().cause = error_of_errno(reason);
  return complaint;
}

}  // namespace

Result<Settings, Complaint> read_settings(const std::string& file, Origins* origins) {
  errno = 0;
  std::ifstream stream(file, std::ios::binary);
  if (!stream) {
    return unreadable(file, errno);
  }
  std::string text(file_bytes_max + 1, '\0');
  stream.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (stream.bad()) {
    return unreadable(file, errno == 0 ? EIO : errno);
  }
  text.resize(static_cast<std::size_t>(stream.gcount()));
  if (text.size() > file_bytes_max) {
    return complain_at({file},
                       {"is larger than 1 MiB", "a settings file", "name one with --config FILE"});
  }
  return read_settings_text(text, file, origins);
}

Result<Settings, Complaint> read_settings_text(std::string_view toml, const std::string& name,
                                               Origins* origins) {
  const auto table = parse(toml, name);
  if (!table) {
    return tl::unexpected(table.error());
  }
  Settings settings;
  Origins found;
  if (auto read = Reader(name, settings, found).read_table(*table, ""); !read) {
    return tl::unexpected(read.error());
  }
  if (auto checked = check_together(settings, found); !checked) {
    return tl::unexpected(checked.error());
  }
  if (origins != nullptr) {
    *origins = std::move(found);
  }
  return settings;
}

}  // namespace muster::settings
