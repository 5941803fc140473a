#include "loadgen/fault_file.h"

#include <nghttp2/nghttp2.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <limits>
#include <optional>
#include <sstream>
#include <utility>

namespace muster::loadgen {
namespace {

using Kind = Fault::Kind;

struct KindName {
  std::string_view name;
  Kind kind;
};
constexpr std::array<KindName, 10> kinds{{{"goaway", Kind::goaway},
                                          {"status", Kind::status},
                                          {"reset", Kind::reset},
                                          {"settings", Kind::settings},
                                          {"withhold_window", Kind::withhold_window},
                                          {"silence", Kind::silence},
                                          {"half_open", Kind::half_open},
                                          {"trickle", Kind::trickle},
                                          {"tls_alert", Kind::tls_alert},
                                          {"close", Kind::close}}};

constexpr std::array<std::string_view, 14> error_codes{"NO_ERROR",
                                                       "PROTOCOL_ERROR",
                                                       "INTERNAL_ERROR",
                                                       "FLOW_CONTROL_ERROR",
                                                       "SETTINGS_TIMEOUT",
                                                       "STREAM_CLOSED",
                                                       "FRAME_SIZE_ERROR",
                                                       "REFUSED_STREAM",
                                                       "CANCEL",
                                                       "COMPRESSION_ERROR",
                                                       "CONNECT_ERROR",
                                                       "ENHANCE_YOUR_CALM",
                                                       "INADEQUATE_SECURITY",
                                                       "HTTP_1_1_REQUIRED"};

constexpr std::uint32_t alert_internal_error = 80;

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

// One [[fault]] being read: the first complaint stays, keys that nobody asked for are one too.
class Reader {
 public:
  Reader(const std::string& file, const toml::table& table) : file_(file), table_(table) {}

  void complain(const toml::source_region& where, std::string found, std::string expected = {}) {
    if (!complaint_) {
      complaint_ = at(file_, where, std::move(found), std::move(expected));
    }
  }
  void complain(std::string found, std::string expected = {}) {
    complain(table_.source(), std::move(found), std::move(expected));
  }
  [[nodiscard]] const toml::node* find(std::string_view key) {
    known_.push_back(key);
    return table_.get(key);
  }
  [[nodiscard]] bool has(std::string_view key) const { return table_.contains(key); }

  [[nodiscard]] std::optional<std::string> text(std::string_view key) {
    return value<std::string>(key, "a text");
  }
  [[nodiscard]] std::optional<bool> flag(std::string_view key) {
    return value<bool>(key, "true or false");
  }
  [[nodiscard]] std::int64_t whole(std::string_view key, std::int64_t otherwise, std::int64_t least,
                                   std::int64_t most) {
    const auto number = value<std::int64_t>(key, "a whole number");
    if (number && (*number < least || *number > most)) {
      complain(table_.get(key)->source(), std::string(key) + " = " + std::to_string(*number),
               std::to_string(least) + " … " + std::to_string(most));
    }
    return number.value_or(otherwise);
  }
  [[nodiscard]] double share(std::string_view key) {
    const auto* node = find(key);
    const auto number = node == nullptr ? std::optional<double>(0) : node->value<double>();
    if (!number || *number < 0 || *number > 1) {
      complain(node->source(), std::string(key) + " is not a share", "a number from 0 to 1");
    }
    return number.value_or(0);
  }

  [[nodiscard]] Result<void, Complaint> done() {
    for (const auto& [key, node] : table_) {
      if (std::find(known_.begin(), known_.end(), key.str()) == known_.end()) {
        complain(key.source(), "unknown key '" + std::string(key.str()) + "'",
                 "a key that this kind of fault has (see muster-loadgen apns --help)");
      }
    }
    if (complaint_) {
      return tl::unexpected(std::move(*complaint_));
    }
    return {};
  }

 private:
  template <class T>
  std::optional<T> value(std::string_view key, const char* expected) {
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

  const std::string& file_;
  const toml::table& table_;
  std::vector<std::string_view> known_;
  std::optional<Complaint> complaint_;
};

constexpr std::int64_t many = std::numeric_limits<std::int64_t>::max();

std::uint32_t read_code(Reader& reader, std::uint32_t otherwise) {
  const auto name = reader.text("code");
  if (!name) {
    return otherwise;
  }
  const auto* const found = std::find(error_codes.begin(), error_codes.end(), *name);
  if (found == error_codes.end()) {
    reader.complain(reader.find("code")->source(), "unknown HTTP/2 error code '" + *name + "'",
                    "a name as in RFC 9113 §7, such as REFUSED_STREAM");
    return otherwise;
  }
  return static_cast<std::uint32_t>(found - error_codes.begin());
}

void read_status(Reader& reader, Fault& fault) {
  const auto status = reader.whole("status", 0, 200, 599);
  if (status == 0) {
    reader.complain("a status fault without a status", "status = 400 … 599");
  }
  fault.answer.status = static_cast<std::uint16_t>(status);
  const auto reason = reader.text("reason").value_or("");
  fault.answer.reason = reason_named(reason);
  if (name_of(fault.answer.reason) != reason) {
    fault.answer.reason_text = reason;  // a reason that Apple might invent tomorrow
  }
  fault.answer.timestamp_ms = reader.whole("timestamp_ms", 0, 0, many);
}

void read_goaway(Reader& reader, Fault& fault) {
  fault.text = reader.text("reason").value_or("");
  fault.code = read_code(reader, NGHTTP2_NO_ERROR);
  const auto* last = reader.find("last");
  if (last == nullptr) {
    return;
  }
  if (const auto below = last->value_exact<std::int64_t>(); below && *below >= 0) {
    fault.last = Fault::Last::below;
    fault.below_newest = static_cast<std::uint32_t>(std::min<std::int64_t>(*below, 1U << 30U));
  } else if (last->value_exact<std::string>() == std::string("none")) {
    fault.last = Fault::Last::none;
  } else if (last->value_exact<std::string>() != std::string("all")) {
    reader.complain(last->source(), "last is none of these",
                    "\"all\", \"none\", or how many of the newest streams are not answered");
  }
}

void read_way_back(Reader& reader, Fault& fault) {
  fault.back_after_time =
      std::chrono::milliseconds(reader.whole("back_after_ms", 0, 0, 86'400'000));
}

// What the kind needs besides `when`.
void read_what(Reader& reader, Fault& fault) {
  switch (fault.kind) {
    case Kind::goaway:
      read_goaway(reader, fault);
      break;
    case Kind::status:
      read_status(reader, fault);
      break;
    case Kind::reset:
      fault.code = read_code(reader, NGHTTP2_REFUSED_STREAM);
      fault.acted = reader.flag("acted").value_or(fault.code != NGHTTP2_REFUSED_STREAM);
      if (fault.acted && fault.code == NGHTTP2_REFUSED_STREAM) {
        reader.complain("REFUSED_STREAM promises that the request was not acted on",
                        "acted = false");
      }
      break;
    case Kind::settings:
      fault.streams = static_cast<std::uint32_t>(reader.whole("streams", 1, 0, 1 << 30));
      fault.back_after = static_cast<std::uint64_t>(reader.whole("back_after", 0, 0, many));
      read_way_back(reader, fault);
      break;
    case Kind::withhold_window:
      read_way_back(reader, fault);
      break;
    case Kind::silence: {
      const auto scope = reader.text("scope").value_or("stream");
      fault.whole_connection = scope == "connection";
      if (scope != "connection" && scope != "stream") {
        reader.complain("scope = '" + scope + "'", "\"stream\" or \"connection\"");
      }
      break;
    }
    case Kind::half_open:
      break;
    case Kind::trickle:
      fault.pause = std::chrono::milliseconds(reader.whole("pause_ms", 20, 0, 60'000));
      break;
    case Kind::tls_alert:
      fault.code = static_cast<std::uint32_t>(reader.whole("code", alert_internal_error, 0, 255));
      break;
    case Kind::close:
      fault.acted = reader.flag("acted").value_or(true);
      break;
  }
}

void read_place(Reader& reader, Fault& fault) {
  const bool only_connection = fault.kind == Kind::tls_alert;
  const bool only_request =
      fault.kind == Kind::status || fault.kind == Kind::reset || fault.kind == Kind::goaway;
  const auto on = reader.text("on").value_or(only_connection ? "connection" : "request");
  fault.on_connection = on == "connection";
  if (on != "connection" && on != "request") {
    reader.complain("on = '" + on + "'", "\"request\" or \"connection\"");
  } else if (fault.on_connection ? only_request : only_connection) {
    reader.complain("this kind of fault cannot strike a " + on);
  }
  // A connection has no single stream yet that could be silent.
  fault.whole_connection = fault.whole_connection || fault.on_connection;
}

void read_when(Reader& reader, Fault& fault) {
  fault.share = reader.share("share");
  fault.every = static_cast<std::uint64_t>(reader.whole("every", 0, 1, many));
  fault.after = static_cast<std::uint64_t>(reader.whole("after", 0, 0, many));
  fault.count = static_cast<std::uint64_t>(reader.whole("count", 0, 1, many));
  if (reader.has("share") == reader.has("every")) {
    reader.complain("a fault needs a way to be chosen", "either share or every");
  }
  const auto status = fault.answer.status;
  const bool refusal_for_good =
      fault.kind == Kind::status && status >= 400 && status < 429 && status != 401 && status != 403;
  fault.once = reader.flag("once").value_or(fault.kind == Kind::reset ||
                                            (fault.kind == Kind::status && status >= 429));
  fault.lasting = refusal_for_good && fault.every == 0 && !fault.once;
  if (fault.on_connection) {
    fault.once = false;
  }
  if (fault.lasting && fault.count != 0) {
    reader.complain("a refusal for good is chosen by device, so that its count is not known",
                    "no count, or every instead of share");
  }
}

Result<Fault, Complaint> read_fault(const std::string& file, const toml::table& table) {
  Reader reader(file, table);
  Fault fault;
  const auto kind = reader.text("kind").value_or("");
  const auto* const known =
      std::find_if(kinds.begin(), kinds.end(), [&kind](const auto& k) { return k.name == kind; });
  if (known == kinds.end()) {
    std::string names;
    for (const auto& each : kinds) {
      names += (names.empty() ? "" : ", ") + std::string(each.name);
    }
    const auto* node = table.get("kind");
    return tl::unexpected(
        at(file, node == nullptr ? table.source() : node->source(),
           kind.empty() ? "a fault without a kind" : "unknown kind '" + kind + "'", names));
  }
  fault.kind = known->kind;
  read_what(reader, fault);
  read_place(reader, fault);
  read_when(reader, fault);
  if (auto done = reader.done(); !done) {
    return tl::unexpected(done.error());
  }
  return fault;
}

Result<FaultPlan, Complaint> read_plan(const toml::table& document, const std::string& name) {
  std::vector<Fault> faults;
  std::int64_t seed = 1;
  for (const auto& [key, node] : document) {
    if (key.str() == "seed" && node.is_integer()) {
      seed = node.as_integer()->get();
      continue;
    }
    const auto* array = key.str() == "fault" ? node.as_array() : nullptr;
    if (array == nullptr) {
      return tl::unexpected(at(name, key.source(), "unknown key '" + std::string(key.str()) + "'",
                               "seed = <number> and [[fault]]"));
    }
    for (const auto& element : *array) {
      if (!element.is_table()) {
        return tl::unexpected(at(name, element.source(), "not a table", "[[fault]]"));
      }
      auto fault = read_fault(name, *element.as_table());
      if (!fault) {
        return tl::unexpected(fault.error());
      }
      faults.push_back(std::move(*fault));
    }
  }
  return FaultPlan(std::move(faults), static_cast<std::uint64_t>(seed));
}

}  // namespace

Result<FaultPlan, Complaint> read_faults(const std::string& text, const std::string& name) {
  try {
    return read_plan(toml::parse(text), name);
  } catch (const toml::parse_error& error) {
    return tl::unexpected(at(name, error.source(), std::string(error.description())));
  }
}

Result<FaultPlan, Complaint> read_fault_file(const std::string& file) {
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
  return read_faults(text.str(), file);
}

}  // namespace muster::loadgen
