#include "cli/unreached_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdint>

#include "base/result.h"
#include "cli/context.h"
#include "cli/text.h"
#include "console/csv.h"

namespace muster::cli {
namespace {

constexpr std::uint32_t page_rows = 4096;  // the most that unreached() gives

Failure refused(const std::string& file, int os_error) {
  return {FailureKind::cannot_start,
          file + " cannot be written: " + words(error_of_errno(os_error)) + "; name another file"};
}

// How many were written.
Checked<std::uint64_t> write_pages(Dispatcher& dispatcher, const Arguments& arguments,
                                   Output& file) {
  std::uint64_t written = 0;
  file.write(console::unreached_csv_header);
  for (std::uint32_t from = 0;;) {
    const auto page = dispatcher.unreached(arguments.selector, from, page_rows);
    if (!page) {
      return page.failure();
    }
    std::string out;
    for (const auto& row : page->rows) {
      console::append_csv_row(out, row);
    }
    if (!file.write(out)) {
      return refused(arguments.unreached_file, file.os_error());
    }
    if (page->rows.empty()) {
      return written;
    }
    written += page->rows.size();
    from = page->next;
  }
}

}  // namespace

int write_unreached(Dispatcher& dispatcher, const Arguments& arguments, Screen& screen) {
  const int fd =
      ::open(arguments.unreached_file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(screen, refused(arguments.unreached_file, errno));
  }
  Output file(fd);
  const auto written = write_pages(dispatcher, arguments, file);
  if (::close(fd) != 0 && written) {
    return fail(screen, refused(arguments.unreached_file, errno));
  }
  if (!written) {
    return fail(screen, written.failure());
  }
  screen.person().write("Wrote " + counted(*written, "user") + " who would not be reached to " +
                        shown(arguments.unreached_file) + "\n");
  return 0;
}

}  // namespace muster::cli
