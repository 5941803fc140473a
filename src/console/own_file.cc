#include "console/own_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <fstream>

namespace muster::console {

Result<OwnFile> OwnFile::write(const std::string& folder, std::string_view ending,
                               std::string_view content) {
  std::string path = folder + "/upload-XXXXXX" + std::string(ending);
  const int fd = ::mkostemps(path.data(), static_cast<int>(ending.size()), O_CLOEXEC);
  if (fd < 0) {
    return tl::unexpected(error_of_errno(errno));
  }
  OwnFile file(std::move(path));
  while (!content.empty()) {
    const auto written = ::write(fd, content.data(), content.size());
    if (written < 0 && errno != EINTR) {
      const auto error = error_of_errno(errno);
      ::close(fd);
      return tl::unexpected(error);
    }
    content.remove_prefix(written < 0 ? 0 : static_cast<std::size_t>(written));
  }
  if (::close(fd) != 0) {
    return tl::unexpected(error_of_errno(errno));
  }
  return file;
}

OwnFile::~OwnFile() {
  if (!path_.empty()) {
    ::unlink(path_.c_str());
  }
}

std::string OwnFile::read(std::size_t bytes_max) const {
  std::ifstream file(path_, std::ios::binary);
  std::string text(bytes_max, '\0');
  file.read(text.data(), static_cast<std::streamsize>(bytes_max));
  text.resize(static_cast<std::size_t>(file.gcount()));
  return text;
}

}  // namespace muster::console
