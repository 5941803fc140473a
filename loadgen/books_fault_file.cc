#include "loadgen/books_fault_file.h"

#include <array>
#include <chrono>
#include <utility>

#include "loadgen/books_error.h"
#include "loadgen/books_rules.h"
#include "loadgen/fault_reader.h"

namespace muster::loadgen {
namespace {

using Kind = BooksFault::Kind;
using Point = BooksPoint;

constexpr std::array<FaultReader::Name<Kind>, 14> kinds{{{"error", Kind::error},
                                                         {"slow", Kind::slow},
                                                         {"close", Kind::close},
                                                         {"revoke", Kind::revoke},
                                                         {"expire", Kind::expire},
                                                         {"steal", Kind::steal},
                                                         {"version", Kind::version},
                                                         {"limit", Kind::limit},
                                                         {"fail", Kind::fail},
                                                         {"ignore", Kind::ignore},
                                                         {"lose", Kind::lose},
                                                         {"repeat", Kind::repeat},
                                                         {"late", Kind::late},
                                                         {"reorder", Kind::reorder}}};

// What a file may name: users and notifications follow from the kind.
constexpr std::array<FaultReader::Name<Point>, 14> requests{
    {{"request", Point::request},
     {"service_config", Point::service_config},
     {"client_config", Point::client_config},
     {"create", Point::create},
     {"update", Point::update},
     {"retire", Point::retire},
     {"status", Point::status},
     {"users", Point::users},
     {"register_v1", Point::register_v1},
     {"get_user_v1", Point::get_user_v1},
     {"get_users_v1", Point::get_users_v1},
     {"edit_v1", Point::edit_v1},
     {"retire_v1", Point::retire_v1},
     {"accept", Point::accept}}};

bool of_a_user(Kind kind) {
  return kind == Kind::fail || kind == Kind::ignore;
}
bool of_a_notification(Kind kind) {
  return kind == Kind::lose || kind == Kind::repeat || kind == Kind::late || kind == Kind::reorder;
}

void read_place(FaultReader& reader, BooksFault& fault) {
  if (of_a_user(fault.kind)) {
    fault.on = Point::user;
  } else if (of_a_notification(fault.kind)) {
    fault.on = Point::notification;
  } else if (!reader.has("on")) {
    (void)reader.find("on");
    fault.on = fault.kind == Kind::version ? Point::users : Point::request;
  } else if (const auto place = reader.named("on", requests); place) {
    fault.on = *place;
  } else {
    reader.complain(reader.find("on")->source(), place.error().found, place.error().expected);
  }
}

void read_error(FaultReader& reader, BooksFault& fault) {
  fault.error = static_cast<std::uint16_t>(reader.whole("error", fault.error, 9600, 9799));
  if (books_error(fault.error) == nullptr) {
    reader.complain(reader.find("error")->source(),
                    "Apple has no error " + std::to_string(fault.error),
                    "a number that service/config lists");
  }
  if (fault.kind == Kind::fail) {
    fault.acted = reader.flag("acted").value_or(false);
    return;
  }
  fault.status = static_cast<std::uint16_t>(reader.whole("status", 0, 200, 599));
  fault.retry_after_s = static_cast<std::uint32_t>(reader.whole("retry_after_s", 0, 1, 86'400));
  fault.retry_after_as_date = reader.flag("retry_after_as_date").value_or(false);
  if (fault.retry_after_as_date && fault.retry_after_s == 0) {
    reader.complain(reader.find("retry_after_as_date")->source(), "a date without Retry-After",
                    "retry_after_s = 1 … 86400");
  }
}

void read_limit(FaultReader& reader, BooksFault& fault) {
  fault.name = reader.text("name").value_or("");
  fault.value = static_cast<std::uint64_t>(reader.whole("value", 0, 0, 1'000'000));
  if (BooksLimits().find(fault.name) == nullptr) {
    reader.complain("a fault with no limit to change", "name = \"maxUsers\" or another limit");
  } else if (!reader.has("value")) {
    reader.complain("a limit without a value", "value = <number>");
  }
}

void read_delay(FaultReader& reader, BooksFault& fault) {
  fault.delay = std::chrono::milliseconds(reader.whole("delay_ms", 1'000, 0, 3'600'000));
}

void read_what(FaultReader& reader, BooksFault& fault) {
  switch (fault.kind) {
    case Kind::error:
    case Kind::fail:
      read_error(reader, fault);
      break;
    case Kind::slow:
    case Kind::late:
      read_delay(reader, fault);
      break;
    case Kind::close:
      fault.acted = reader.flag("acted").value_or(false);
      break;
    case Kind::revoke:
    case Kind::expire:
      fault.as_200 = reader.flag("as_200").value_or(false);
      break;
    case Kind::steal:
      fault.name = reader.text("name").value_or("Other MDM");
      break;
    case Kind::version:
      fault.strangers = static_cast<std::uint32_t>(reader.whole("strangers", 0, 0, 10'000));
      break;
    case Kind::limit:
      read_limit(reader, fault);
      break;
    case Kind::repeat:
      fault.times = static_cast<std::uint32_t>(reader.whole("times", 2, 2, 100));
      break;
    case Kind::ignore:
    case Kind::lose:
    case Kind::reorder:
      break;
  }
}

void read_when(FaultReader& reader, BooksFault& fault) {
  reader.read_timing(fault);
  if (!of_a_user(fault.kind)) {
    return;
  }
  const bool worth_another_try =
      fault.kind == Kind::ignore || fault.error == 9603 || fault.error == 9646;
  fault.once = reader.flag("once").value_or(worth_another_try);
  fault.lasting = !fault.once && fault.every == 0;
}

Result<BooksFault, Complaint> read_fault(FaultReader& reader) {
  BooksFault fault;
  const auto kind = reader.named("kind", kinds);
  if (!kind) {
    return tl::unexpected(kind.error());
  }
  fault.kind = *kind;
  read_place(reader, fault);
  read_what(reader, fault);
  read_when(reader, fault);
  if (auto done = reader.done("books"); !done) {
    return tl::unexpected(done.error());
  }
  return fault;
}

}  // namespace

Result<BooksFaultPlan, Complaint> read_books_faults(const std::string& text,
                                                    const std::string& name) {
  std::vector<BooksFault> faults;
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
  return BooksFaultPlan(std::move(faults), *seed);
}

Result<BooksFaultPlan, Complaint> read_books_fault_file(const std::string& file) {
  const auto text = read_fault_text(file);
  if (!text) {
    return tl::unexpected(text.error());
  }
  return read_books_faults(*text, file);
}

}  // namespace muster::loadgen
