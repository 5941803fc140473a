#include "loadgen/fault_file.h"

#include <nghttp2/nghttp2.h>
#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <utility>

#include "loadgen/fault_reader.h"

namespace muster::loadgen {
namespace {

using Kind = Fault::Kind;

constexpr std::array<FaultReader::Name<Kind>, 10> kinds{{{"goaway", Kind::goaway},
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

std::uint32_t read_code(FaultReader& reader, std::uint32_t otherwise) {
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

void read_status(FaultReader& reader, Fault& fault) {
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
  fault.answer.timestamp_ms = reader.whole("timestamp_ms", 0, 0, FaultReader::many);
}

void read_goaway(FaultReader& reader, Fault& fault) {
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

void read_way_back(FaultReader& reader, Fault& fault) {
  fault.back_after_time =
      std::chrono::milliseconds(reader.whole("back_after_ms", 0, 0, 86'400'000));
}

// What the kind needs besides `when`.
void read_what(FaultReader& reader, Fault& fault) {
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
      fault.back_after =
          static_cast<std::uint64_t>(reader.whole("back_after", 0, 0, FaultReader::many));
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

void read_place(FaultReader& reader, Fault& fault) {
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

void read_when(FaultReader& reader, Fault& fault) {
  reader.read_timing(fault);
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

Result<Fault, Complaint> read_fault(FaultReader& reader) {
  Fault fault;
  const auto kind = reader.named("kind", kinds);
  if (!kind) {
    return tl::unexpected(kind.error());
  }
  fault.kind = *kind;
  read_what(reader, fault);
  read_place(reader, fault);
  read_when(reader, fault);
  if (auto done = reader.done("apns"); !done) {
    return tl::unexpected(done.error());
  }
  return fault;
}

}  // namespace

Result<FaultPlan, Complaint> read_faults(const std::string& text, const std::string& name) {
  std::vector<Fault> faults;
  const auto seed =
      read_fault_tables(text, name, [&faults](FaultReader& reader) -> Result<void, Complaint> {
        auto fault = read_fault(reader);
        if (!fault) {
          return tl::unexpected(fault.error());
        }
        faults.push_back(std::move(*fault));
        return {};
      });
  if (!seed) {
    return tl::unexpected(seed.error());
  }
  return FaultPlan(std::move(faults), *seed);
}

Result<FaultPlan, Complaint> read_fault_file(const std::string& file) {
  const auto text = read_fault_text(file);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return read_faults(*text, file);
}

}  // namespace muster::loadgen
