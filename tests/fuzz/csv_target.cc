// Any bytes as a CSV file: no crash, and what was read reads the same when it is written again.
#include <sys/mman.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "roster/csv.h"
#include "tests/fuzz/target.h"

namespace muster::fuzz {
namespace {

using Record = std::vector<std::string>;

// A file of the kernel's memory, at a path that TextFile can open.
std::string path_with(std::string_view text) {
  static const int fd = ::memfd_create("csv", MFD_CLOEXEC);
  demand(fd >= 0 && ::ftruncate(fd, 0) == 0, "there is a file in memory");
  demand(::pwrite(fd, text.data(), text.size(), 0) == static_cast<ssize_t>(text.size()),
         "the file takes the text");
  return "/proc/self/fd/" + std::to_string(fd);
}

// False: the file was refused somewhere.
bool read(std::string_view text, std::vector<Record>& records) {
  auto file = roster::TextFile::open(path_with(text));
  if (!file) {
    demand(!file.error().found.empty(), "a complaint says what was found");
    return false;
  }
  roster::CsvReader reader(std::move(*file));
  std::uint64_t line = 0;
  while (true) {
    const auto more = reader.next();
    if (!more || !*more) {
      return more.has_value();
    }
    demand(reader.line() > line, "records begin on later and later lines");
    line = reader.line();
    Record record;
    for (const auto& field : reader.fields()) {
      record.emplace_back(field.text);
    }
    demand(!record.empty(), "a record has a field");
    records.push_back(std::move(record));
  }
}

}  // namespace
}  // namespace muster::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::fuzz::demand;
  std::vector<muster::fuzz::Record> records;
  if (!muster::fuzz::read(muster::as_text({data, size}), records) || records.empty()) {
    return 0;
  }
  std::string text = "\xEF\xBB\xBF";  // else a field that begins with the mark would lose it
  for (const auto& record : records) {
    for (std::size_t i = 0; i < record.size(); ++i) {
      text += i == 0 ? "" : ",";
      muster::roster::append_csv(text, record[i]);
    }
    if (record.size() == 1 && record[0].empty()) {
      text += "\"\"";  // a blank line would be left out
    }
    text += '\n';
  }
  std::vector<muster::fuzz::Record> again;
  demand(muster::fuzz::read(text, again), "what was read can be written and read");
  demand(again == records, "it reads as it was");
  return 0;
}
