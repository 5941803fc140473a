// Zip archives, by libzip, which nobody else knows.
#include <zip.h>

#include <algorithm>
#include <array>
#include <fstream>
#include <memory>

#include "model/directory_limits.h"
#include "roster/school_files.h"

namespace muster::roster {
namespace {

constexpr const char* make_anew = "make the archive anew; nothing was stored";

tl::unexpected<Complaint> refuse(const std::string& path, std::string found, std::string expected,
                                 std::string mend = make_anew) {
  return tl::unexpected(
      Complaint{path, 0, 0, std::move(found), std::move(expected), std::move(mend), {}});
}

std::string mebibytes(std::uint64_t bytes) {
  return std::to_string(bytes >> 20) + " MiB";
}

struct ArchiveEnd {
  void operator()(zip_t* archive) const { zip_discard(archive); }
};
struct MemberEnd {
  void operator()(zip_file_t* member) const { (void)zip_fclose(member); }
};

// How many files the archive says it has; libzip would make room for all of them. Its end is a
// record behind all files, with a comment of up to 64 KiB; another record before it says more than
// two bytes can.
std::uint64_t files_promised(const std::string& path) {
  constexpr std::size_t end_bytes = 22;
  constexpr std::size_t wide_end_bytes = 56;
  constexpr std::streamoff tail_bytes = 65535 + 22 + 20 + 56;
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  const std::streamoff size = stream.tellg();
  std::string tail(static_cast<std::size_t>(std::clamp<std::streamoff>(size, 0, tail_bytes)), 0);
  stream.seekg(size - static_cast<std::streamoff>(tail.size()));
  stream.read(tail.data(), static_cast<std::streamsize>(tail.size()));
  const auto number_at = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t number = 0;
    for (std::size_t i = bytes; i-- > 0;) {
      number = number << 8 | static_cast<unsigned char>(tail[at + i]);
    }
    return number;
  };
  std::uint64_t most = 0;
  const std::string end("PK\x05\x06");
  for (auto at = tail.find(end); at != std::string::npos; at = tail.find(end, at + 1)) {
    most = tail.size() - at >= end_bytes ? std::max(most, number_at(at + 10, 2)) : most;
  }
  const std::string wide_end("PK\x06\x06");
  for (auto at = tail.find(wide_end); at != std::string::npos; at = tail.find(wide_end, at + 1)) {
    most = tail.size() - at >= wide_end_bytes ? std::max(most, number_at(at + 32, 8)) : most;
  }
  return most;
}

// One file of the archive; it must not hold more than the archive said when it was looked at.
// libzip compares its checksum where it ends.
class Member final : public ByteSource {
 public:
  Member(zip_file_t* file, std::string path, std::uint64_t bytes_total)
      : file_(file), path_(std::move(path)), bytes_total_(bytes_total) {}

  [[nodiscard]] Result<std::size_t, Complaint> read(char* into, std::size_t bytes_max) override {
    const auto got = zip_fread(file_.get(), into, bytes_max);
    if (got < 0) {
      return refuse(path_, "this file is damaged in the archive", "");
    }
    bytes_read_ += static_cast<std::uint64_t>(got);
    if (bytes_read_ > bytes_total_) {
      return refuse(path_, "this file holds more than the archive says",
                    "at most " + std::to_string(bytes_total_) + " bytes");
    }
    return static_cast<std::size_t>(got);
  }
  [[nodiscard]] std::uint64_t bytes_total() const override { return bytes_total_; }

 private:
  std::unique_ptr<zip_file_t, MemberEnd> file_;
  std::string path_;
  std::uint64_t bytes_total_;
  std::uint64_t bytes_read_ = 0;
};

class Archive final : public SchoolFiles {
 public:
  explicit Archive(const std::string& path) : SchoolFiles(path) {}

  [[nodiscard]] Result<void, Complaint> look() {
    if (const auto promised = files_promised(path()); promised > limits::archive_files_max) {
      return refuse(path(), "an archive of " + std::to_string(promised) + " files",
                    "at most " + std::to_string(limits::archive_files_max));
    }
    int trouble = 0;
    archive_.reset(zip_open(path().c_str(), ZIP_RDONLY, &trouble));
    if (archive_ == nullptr) {
      return refuse(path(), "this zip archive is damaged", "");
    }
    const auto count = static_cast<zip_uint64_t>(zip_get_num_entries(archive_.get(), 0));
    std::uint64_t bytes = 0;
    for (zip_uint64_t at = 0; at < count; ++at) {
      if (auto added = add(at, bytes); !added) {
        return added;
      }
    }
    return {};
  }
  [[nodiscard]] Result<TextFile, Complaint> open(const std::string& name) const override {
    const auto place = std::ranges::find(names_, name);
    if (place == names_.end()) {
      return refuse(path_of(name), "this file is not in the archive", "");
    }
    const auto& one = places_[static_cast<std::size_t>(place - names_.begin())];
    zip_file_t* file = zip_fopen_index(archive_.get(), one.at, 0);
    if (file == nullptr) {
      return refuse(path_of(name), "this file cannot be unpacked",
                    "a file that is stored or deflated, without a password");
    }
    return TextFile::over(std::make_unique<Member>(file, path_of(name), one.bytes), path_of(name));
  }

 private:
  struct Place {
    zip_uint64_t at = 0;
    std::uint64_t bytes = 0;
  };
  [[nodiscard]] Result<void, Complaint> add(zip_uint64_t at, std::uint64_t& bytes) {
    zip_stat_t facts{};
    zip_stat_init(&facts);
    if (zip_stat_index(archive_.get(), at, 0, &facts) != 0 || facts.name == nullptr) {
      return refuse(path(), "this zip archive is damaged", "");
    }
    const std::string full = facts.name;
    const bool outside = full.starts_with('/') || full.find('\\') != std::string::npos ||
                         ("/" + full + "/").find("/../") != std::string::npos;
    if (outside) {
      return refuse(path(), "the archive has a file that would lie outside of it",
                    "names without '..', and no path from the root");
    }
    bytes += std::min(facts.size, limits::archive_bytes_max + 1);
    if (bytes > limits::archive_bytes_max) {
      return refuse(path(), "the archive's files hold too much, unpacked",
                    "at most " + mebibytes(limits::archive_bytes_max));
    }
    const auto name = full.substr(full.rfind('/') + 1);
    const bool mac_shadow = full.starts_with("__MACOSX/");
    if (!name.ends_with(".csv") || mac_shadow) {
      return {};
    }
    if (has(name)) {
      return refuse(path(), "'" + name.substr(0, 64) + "' twice in the archive",
                    "the files of one export");
    }
    names_.push_back(name);
    places_.push_back(Place{at, facts.size});
    return {};
  }

  std::unique_ptr<zip_t, ArchiveEnd> archive_;
  std::vector<Place> places_;  // by place in names_
};

}  // namespace

Result<std::unique_ptr<SchoolFiles>, Complaint> open_school_archive(const std::string& path) {
  auto archive = std::make_unique<Archive>(path);
  if (auto looked = archive->look(); !looked) {
    return tl::unexpected(looked.error());
  }
  return archive;
}

}  // namespace muster::roster
