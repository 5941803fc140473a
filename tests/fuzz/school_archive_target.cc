// Any bytes as a zip archive of a school: no crash, no name that leads outside, no more bytes than
// the archive was allowed.
#include <sys/mman.h>
#include <unistd.h>

#include <string>

#include "model/directory_limits.h"
#include "roster/school_files.h"
#include "tests/fuzz/target.h"

namespace muster::fuzz {
namespace {

// A file of the kernel's memory, at a path that libzip can open.
std::string path_with(Bytes bytes) {
  static const int fd = ::memfd_create("zip", MFD_CLOEXEC);
  demand(fd >= 0 && ::ftruncate(fd, 0) == 0, "there is a file in memory");
  demand(::pwrite(fd, bytes.data(), bytes.size(), 0) == static_cast<ssize_t>(bytes.size()),
         "the file takes the bytes");
  return "/proc/self/fd/" + std::to_string(fd);
}

void read(const roster::SchoolFiles& files, const std::string& name) {
  auto file = files.open(name);
  if (!file) {
    demand(!file.error().found.empty(), "a complaint says what was found");
    return;
  }
  std::uint64_t bytes = 0;
  while (file->size() != 0) {
    bytes += file->size();
    file->consume(file->size());
    if (auto filled = file->fill(); !filled) {
      return;
    }
  }
  demand(bytes <= limits::archive_bytes_max, "an archive holds no more than it may");
}

}  // namespace
}  // namespace muster::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  const auto files = roster::open_school_archive(fuzz::path_with({data, size}));
  if (!files) {
    fuzz::demand(!files.error().found.empty(), "a complaint says what was found");
    return 0;
  }
  for (const auto& name : (*files)->names()) {
    fuzz::demand(name.find('/') == std::string::npos, "names have no folders");
    fuzz::read(**files, name);
  }
  return 0;
}
