#include "loadgen/smtp_fault_file.h"

#include <algorithm>
#include <array>
#include <utility>

#include "loadgen/fault_reader.h"

namespace muster::loadgen {
namespace {

using Kind = SmtpFault::Kind;
using Event = SmtpEvent;

constexpr std::array<FaultReader::Name<Kind>, 12> kinds{{{"reply", Kind::reply},
                                                         {"greylist", Kind::greylist},
                                                         {"eof", Kind::eof},
                                                         {"close", Kind::close},
                                                         {"endless", Kind::endless},
                                                         {"inject", Kind::inject},
                                                         {"tls_alert", Kind::tls_alert},
                                                         {"silence", Kind::silence},
                                                         {"half_open", Kind::half_open},
                                                         {"trickle", Kind::trickle},
                                                         {"go_ahead", Kind::go_ahead},
                                                         {"hide", Kind::hide}}};
constexpr std::array<FaultReader::Name<Event>, smtp_events> events{
    {{"connection", Event::connection},
     {"greeting", Event::greeting},
     {"ehlo", Event::ehlo},
     {"starttls", Event::starttls},
     {"auth", Event::auth},
     {"mail", Event::mail},
     {"rcpt", Event::rcpt},
     {"data", Event::data},
     {"dot", Event::dot}}};

bool of_a_recipient(Event event) {
  return event == Event::rcpt || event == Event::data || event == Event::dot;
}

bool ends_the_connection(Kind kind) {
  return kind == Kind::eof || kind == Kind::close || kind == Kind::endless ||
         kind == Kind::silence || kind == Kind::half_open;
}

// Where a kind strikes when nothing is said.
Event usual_place(Kind kind) {
  switch (kind) {
    case Kind::greylist:
      return Event::rcpt;
    case Kind::inject:
    case Kind::tls_alert:
      return Event::starttls;
    case Kind::go_ahead:
      return Event::data;
    case Kind::hide:
      return Event::ehlo;
    case Kind::trickle:
      return Event::connection;
    default:
      return Event::dot;
  }
}

bool can_strike(Kind kind, Event event) {
  switch (kind) {
    case Kind::reply:
      return event != Event::connection;
    case Kind::greylist:
    case Kind::inject:
    case Kind::go_ahead:
    case Kind::hide:
      return event == usual_place(kind);
    case Kind::tls_alert:
      return event == Event::starttls || event == Event::connection;
    default:
      return true;
  }
}

void read_place(FaultReader& reader, SmtpFault& fault) {
  fault.on = usual_place(fault.kind);
  if (!reader.has("on")) {
    (void)reader.find("on");
    return;
  }
  const auto place = reader.named("on", events);
  if (!place) {
    reader.complain(reader.find("on")->source(), place.error().found, place.error().expected);
  } else if (!can_strike(fault.kind, *place)) {
    reader.complain(reader.find("on")->source(),
                    "this kind of fault cannot strike a " + std::string(name_of(*place)));
  } else {
    fault.on = *place;
  }
}

// Printable ASCII: a fault must not end a line where it is not meant to.
std::string read_words(FaultReader& reader, std::string_view key, const std::string& otherwise) {
  auto text = reader.text(key).value_or(otherwise);
  if (std::any_of(text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; })) {
    reader.complain(reader.find(key)->source(), std::string(key) + " is not one line of ASCII");
  }
  return text;
}

void read_reply(FaultReader& reader, SmtpFault& fault) {
  fault.code = static_cast<std::uint16_t>(reader.whole("code", 0, 400, 599));
  fault.enhanced = read_words(reader, "enhanced", "");
  fault.text = read_words(reader, "text", fault.code < 500 ? "Not now" : "Never");
  fault.lines = static_cast<std::uint32_t>(reader.whole("lines", 1, 1, 1'000'000));
  fault.hang_up = reader.flag("hang_up").value_or(false);
  if (fault.code == 0 && (fault.lines == 1 || reader.has("hang_up"))) {
    reader.complain("a reply that is the usual one", "code = 400 … 599, or lines");
  }
}

void read_what(FaultReader& reader, SmtpFault& fault) {
  switch (fault.kind) {
    case Kind::reply:
      read_reply(reader, fault);
      break;
    case Kind::inject:
      fault.text = read_words(reader, "text", "250 2.0.0 Ok: injected");
      break;
    case Kind::tls_alert:
      fault.alert = static_cast<std::uint32_t>(reader.whole("alert", fault.alert, 0, 255));
      break;
    case Kind::trickle:
      fault.pause = std::chrono::milliseconds(reader.whole("pause_ms", 20, 0, 60'000));
      break;
    case Kind::hide:
      fault.text = read_words(reader, "extension", "");
      if (fault.text.empty()) {
        reader.complain("nothing to hide", "extension = \"STARTTLS\" or another keyword of EHLO");
      }
      break;
    case Kind::endless:
      fault.one_line = reader.flag("one_line").value_or(false);
      break;
    default:
      break;
  }
  if (ends_the_connection(fault.kind)) {
    fault.acted = reader.flag("acted").value_or(false);
    if (fault.on != Event::dot && reader.has("acted")) {
      reader.complain(reader.find("acted")->source(), "acted, but not at the dot",
                      "on = \"dot\", where there is a message to act on");
    }
  }
}

void read_when(FaultReader& reader, SmtpFault& fault) {
  reader.read_timing(fault);
  const bool strikes_once = fault.kind == Kind::greylist || ends_the_connection(fault.kind) ||
                            (fault.kind == Kind::reply && fault.code / 100 == 4);
  const bool for_good = fault.kind == Kind::reply && fault.code / 100 == 5;
  const auto once = reader.flag("once");
  fault.once = once.value_or(strikes_once) && of_a_recipient(fault.on);
  fault.lasting = for_good && of_a_recipient(fault.on) && fault.every == 0 && !fault.once;
  if (once.value_or(false) && !fault.once) {
    reader.complain(reader.find("once")->source(), "once, where the recipient is not known yet",
                    "on = \"rcpt\", \"data\" or \"dot\"");
  }
  if (fault.lasting && fault.count != 0) {
    reader.complain("a refusal for good is chosen by recipient, so that its count is not known",
                    "no count, or every instead of share");
  }
}

Result<SmtpFault, Complaint> read_fault(FaultReader& reader) {
  SmtpFault fault;
  const auto kind = reader.named("kind", kinds);
  if (!kind) {
    return tl::unexpected(kind.error());
  }
  fault.kind = *kind;
  read_place(reader, fault);
  read_what(reader, fault);
  read_when(reader, fault);
  if (auto done = reader.done("smtp"); !done) {
    return tl::unexpected(done.error());
  }
  return fault;
}

}  // namespace

Result<SmtpFaultPlan, Complaint> read_smtp_faults(const std::string& text,
                                                  const std::string& name) {
  std::vector<SmtpFault> faults;
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
  return SmtpFaultPlan(std::move(faults), *seed);
}

Result<SmtpFaultPlan, Complaint> read_smtp_fault_file(const std::string& file) {
  const auto text = read_fault_text(file);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return read_smtp_faults(*text, file);
}

}  // namespace muster::loadgen
