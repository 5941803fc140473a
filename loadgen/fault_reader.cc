#include "loadgen/fault_reader.h"

#include <algorithm>
#include <fstream>
#include <sstream>
#include <utility>

namespace muster::loadgen {
namespace {

Complaint at(const std::string& file, const toml::source_region& where, std::string found,
             std::string expected = {}) {
  Complaint complaint;
  complaint.file = file;
  complaint.line = where.begin.line;
  complaint.column = where.begin.column;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  return complaint;
}

}  // namespace

void FaultReader::complain(const toml::source_region& where, std::string found,
                           std::string expected) {
  if (!complaint_) {
    complaint_ = at(file_, where, std::move(found), std::move(expected));
  }
}

const toml::node* FaultReader::find(std::string_view key) {
  known_.push_back(key);
  return table_.get(key);
}

template <class T>
std::optional<T> FaultReader::value(std::string_view key, const char* expected) {
  const auto* node = find(key);
  if (node == nullptr) {
    return std::nullopt;
  }
  auto found = node->value_exact<T>();
  if (!found) {
    complain(node->source(), std::string(key) + " has another type", expected);
  }
  return found;
}

std::optional<std::string> FaultReader::text(std::string_view key) {
  return value<std::string>(key, "a text");
}

std::optional<bool> FaultReader::flag(std::string_view key) {
  return value<bool>(key, "true or false");
}

std::int64_t FaultReader::whole(std::string_view key, std::int64_t otherwise, std::int64_t least,
                                std::int64_t most) {
  const auto number = value<std::int64_t>(key, "a whole number");
  if (number && (*number < least || *number > most)) {
    complain(table_.get(key)->source(), std::string(key) + " = " + std::to_string(*number),
             std::to_string(least) + " … " + std::to_string(most));
  }
  return number.value_or(otherwise);
}

double FaultReader::share(std::string_view key) {
  const auto* node = find(key);
  const auto number = node == nullptr ? std::optional<double>(0) : node->value<double>();
  if (!number || *number < 0 || *number > 1) {
    complain(node->source(), std::string(key) + " is not a share", "a number from 0 to 1");
  }
  return number.value_or(0);
}

void FaultReader::read_timing(FaultTiming& timing) {
  timing.share = share("share");
  timing.every = static_cast<std::uint64_t>(whole("every", 0, 1, many));
  timing.after = static_cast<std::uint64_t>(whole("after", 0, 0, many));
  timing.count = static_cast<std::uint64_t>(whole("count", 0, 1, many));
  if (has("share") == has("every")) {
    complain("a fault needs a way to be chosen", "either share or every");
  }
}

Result<void, Complaint> FaultReader::done(std::string_view command) {
  for (const auto& [key, node] : table_) {
    if (std::find(known_.begin(), known_.end(), key.str()) == known_.end()) {
      complain(key.source(), "unknown key '" + std::string(key.str()) + "'",
               "a key that this kind of fault has (see muster-loadgen " + std::string(command) +
                   " --help)");
    }
  }
  if (complaint_) {
    return tl::unexpected(std::move(*complaint_));
  }
  return {};
}

Complaint FaultReader::unnamed(std::string_view key, const std::string& word, std::string names) {
  const auto* node = table_.get(key);
  const auto what = std::string(key);
  return at(file_, node == nullptr ? table_.source() : node->source(),
            word.empty() ? "a fault without a " + what : "unknown " + what + " '" + word + "'",
            std::move(names));
}

Result<std::uint64_t, Complaint> read_fault_tables(
    const std::string& text, const std::string& name,
    const std::function<Result<void, Complaint>(FaultReader&)>& each, std::string_view tables) {
  try {
    const toml::table document = toml::parse(text);
    std::int64_t seed = 1;
    for (const auto& [key, node] : document) {
      if (key.str() == "seed" && node.is_integer()) {
        seed = node.as_integer()->get();
        continue;
      }
      const auto* array = key.str() == tables ? node.as_array() : nullptr;
      if (array == nullptr) {
        return tl::unexpected(at(name, key.source(), "unknown key '" + std::string(key.str()) + "'",
                                 "seed = <number> and [[" + std::string(tables) + "]]"));
      }
      for (const auto& element : *array) {
        if (!element.is_table()) {
          return tl::unexpected(
              at(name, element.source(), "not a table", "[[" + std::string(tables) + "]]"));
        }
        FaultReader reader(name, *element.as_table());
        if (auto read = each(reader); !read) {
          return tl::unexpected(read.error());
        }
      }
    }
    return static_cast<std::uint64_t>(seed);
  } catch (const toml::parse_error& error) {
    return tl::unexpected(at(name, error.source(), std::string(error.description())));
  }
}

Result<std::string, Complaint> read_fault_text(const std::string& file) {
  const std::ifstream stream(file, std::ios::binary);
  std::ostringstream text;
  text << stream.rdbuf();
  if (!stream.is_open() || text.fail()) {
    Complaint complaint;
    complaint.file = file;
    complaint.found = "cannot read the fault file";
    complaint.cause = Error{ErrorCode::not_found, 0};
    return tl::unexpected(std::move(complaint));
  }
  return text.str();
}

}  // namespace muster::loadgen
