#include "console/uploads.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <functional>
#include <system_error>
#include <utility>

#include "base/log.h"
#include "base/thread.h"
#include "base/utf8.h"
#include "crypto/digest.h"
#include "model/id.h"

namespace muster::console {
namespace {

constexpr std::size_t name_bytes_max = 255;  // of a file, as file systems have it
constexpr std::uint32_t retry_after_s = 60;

std::string new_id() {
  std::array<Byte, 16> bytes{};
  crypto::fill_random(bytes);
  bytes[6] = static_cast<Byte>((bytes[6] & 0x0f) | 0x40);  // a UUID, version 4
  bytes[8] = static_cast<Byte>((bytes[8] & 0x3f) | 0x80);
  return uuid_text(bytes);
}

bool is_file_name(std::string_view name) {
  return !name.empty() && name.size() <= name_bytes_max && name.front() != '.' &&
         name.find('/') == std::string_view::npos && first_not_text(name) == name.size() &&
         first_control(name) == name.size();
}

// More than `most` is `most` + 1: the sum cannot wrap.
std::uint64_t bytes_of(const UploadOrder& order, std::uint64_t most) {
  std::uint64_t bytes = 0;
  for (const auto& file : order.files) {
    bytes = file.bytes > most - std::min(bytes, most) ? most + 1 : bytes + file.bytes;
  }
  return bytes;
}

tl::unexpected<Refusal> not_kept(const Error& error) {
  log::error("console", "an upload cannot be kept", {{"why", words(error)}});
  return error.code == ErrorCode::disk_full
             ? refuse(507, "the server's disk has no room for this; make room there")
             : refuse(503, "the upload could not be kept: " + words(error));
}

tl::unexpected<Refusal> at_offset(std::string detail, std::uint64_t offset) {
  return tl::unexpected(Refusal{.status = 409, .detail = std::move(detail), .offset = offset});
}

class File {
 public:
  File(const std::string& path, int flags) : fd_(::open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~File() {
    if (fd_ >= 0) {
      ::close(fd_);
    }
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  [[nodiscard]] bool open() const { return fd_ >= 0; }

  [[nodiscard]] Result<void> write(std::string_view bytes, std::uint64_t at) const {
    while (!bytes.empty()) {
      const auto wrote = ::pwrite(fd_, bytes.data(), bytes.size(), static_cast<off_t>(at));
      if (wrote < 0 && errno != EINTR) {
        return tl::unexpected(error_of_errno(errno));
      }
      const auto count = static_cast<std::size_t>(std::max<ssize_t>(wrote, 0));
      bytes.remove_prefix(count);
      at += count;
    }
    return {};
  }
  [[nodiscard]] bool holds(std::string_view bytes, std::uint64_t at) const {
    std::string there(bytes.size(), '\0');
    const auto got = ::pread(fd_, there.data(), there.size(), static_cast<off_t>(at));
    return got == static_cast<ssize_t>(there.size()) && there == bytes;
  }

 private:
  int fd_;
};

}  // namespace

struct Uploads::Kept {
  Kept(std::string its_folder, std::string its_owner, UploadOrder its_order)
      : folder(std::move(its_folder)), owner(std::move(its_owner)), order(std::move(its_order)) {}
  ~Kept() {
    std::error_code error;
    std::filesystem::remove_all(folder, error);
    if (error) {
      log::error("console", "an upload cannot be removed", {{"why", error.message()}});
    }
  }
  Kept(const Kept&) = delete;
  Kept& operator=(const Kept&) = delete;

  // Calls `part(file, at, from, count)` for the part of each file that lies in [offset, offset +
  // size); `from` counts from the offset. Ends where it says false.
  using Part = std::function<bool(const std::string& path, std::uint64_t at, std::size_t from,
                                  std::size_t count)>;
  void each_part(std::uint64_t offset, std::size_t size, const Part& part) const {
    std::uint64_t begin = 0;  // of the file, among all bytes
    for (const auto& file : order.files) {
      const auto first = std::max(begin, offset);
      const auto end = std::min(begin + file.bytes, offset + size);
      if (first < end &&
          !part(folder + "/" + file.name, first - begin, static_cast<std::size_t>(first - offset),
                static_cast<std::size_t>(end - first))) {
        return;
      }
      begin += file.bytes;
    }
  }
  [[nodiscard]] Result<void> make_files() const;
  [[nodiscard]] Result<void> write(std::uint64_t offset, std::string_view piece) const;
  [[nodiscard]] bool holds(std::uint64_t offset, std::string_view piece) const;

  const std::string folder;
  const std::string owner;
  const UploadOrder order;
  std::string id;
  std::uint64_t bytes = 0;
  std::mutex writing;  // held while a piece is written or compared; taken only where it is free
  std::uint64_t offset_kept = 0;
  Instant expires;
};

Result<void> Uploads::Kept::make_files() const {
  if (::mkdir(folder.c_str(), 0700) != 0) {
    return tl::unexpected(error_of_errno(errno));
  }
  for (const auto& file : order.files) {
    if (const File made(folder + "/" + file.name, O_WRONLY | O_CREAT | O_EXCL); !made.open()) {
      return tl::unexpected(error_of_errno(errno));
    }
  }
  return {};
}

Result<void> Uploads::Kept::write(std::uint64_t offset, std::string_view piece) const {
  Result<void> written;
  each_part(offset, piece.size(),
            [&](const std::string& path, std::uint64_t at, std::size_t from, std::size_t count) {
              const File file(path, O_WRONLY);
              written = file.open() ? file.write(piece.substr(from, count), at)
                                    : tl::unexpected(error_of_errno(errno));
              return written.has_value();
            });
  return written;
}

bool Uploads::Kept::holds(std::uint64_t offset, std::string_view piece) const {
  bool same = true;
  each_part(offset, piece.size(),
            [&](const std::string& path, std::uint64_t at, std::size_t from, std::size_t count) {
              const File file(path, O_RDONLY);
              same = file.open() && file.holds(piece.substr(from, count), at);
              return same;
            });
  return same;
}

Result<std::unique_ptr<Uploads>, Complaint> Uploads::open(const std::string& data_dir,
                                                          const Clock& clock, const Plan& plan) {
  const auto folder = data_dir + "/uploads";
  std::error_code error;
  std::filesystem::remove_all(folder, error);
  if (!error && ::mkdir(folder.c_str(), 0700) != 0) {
    error.assign(errno, std::generic_category());
  }
  if (error) {
    return tl::unexpected(Complaint{folder, 0, 0, "cannot be made anew: " + error.message(), "",
                                    "remove it, or let the server's user write there",
                                    error_of_errno(error.value())});
  }
  return std::unique_ptr<Uploads>(new Uploads(folder, clock, plan));
}

Uploads::Uploads(std::string folder, const Clock& clock, const Plan& plan)
    : folder_(std::move(folder)),
      clock_(clock),
      plan_(plan),
      sweeper_(start_thread("console-uploads", [this] { run(); })) {}

Uploads::~Uploads() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
    woken_.notify_one();
  }
  sweeper_.join();
}

void Uploads::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    // Who has nothing to remove sleeps until there is something.
    woken_.wait(lock, [this] { return ending_ || !kept_.empty(); });
    woken_.wait_for(lock, plan_.sweep_every, [this] { return ending_; });
    lock.unlock();
    sweep();
    lock.lock();
  }
}

void Uploads::sweep() {
  std::vector<std::shared_ptr<Kept>> gone;  // and with it the files, behind the lock
  const std::lock_guard lock(mutex_);
  const auto now = clock_.now();
  for (auto at = kept_.begin(); at != kept_.end();) {
    if (at->second->expires > now) {
      ++at;
      continue;
    }
    bytes_announced_ -= at->second->bytes;
    gone.push_back(std::move(at->second));
    at = kept_.erase(at);
  }
}

// Under the lock, but for sweep().
Result<std::shared_ptr<Uploads::Kept>, Refusal> Uploads::take(const std::string& owner,
                                                              const std::string& id) {
  const auto found = kept_.find(id);
  if (found == kept_.end() || found->second->owner != owner) {
    return refuse(404,
                  "there is no such upload; it has been imported or removed, or nothing came "
                  "for too long: begin anew");
  }
  return found->second;
}

Upload Uploads::shown(const Kept& kept) const {
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(kept.expires - clock_.now());
  return {kept.id, kept.order, kept.bytes, kept.offset_kept,
          WallTime{clock_.wall().milliseconds + left.count()}};
}

void Uploads::renew(Kept& kept) const {
  kept.expires = clock_.now() + plan_.life;
}

Result<void, Refusal> Uploads::check(const UploadOrder& order, std::uint64_t bytes) {
  if (order.files.empty() || order.files.size() > limits::upload_files_max) {
    return refuse(400, "an upload has 1 to " + std::to_string(limits::upload_files_max) +
                           " files; name them");
  }
  for (auto file = order.files.begin(); file != order.files.end(); ++file) {
    if (!is_file_name(file->name)) {
      return refuse(400, "'name' must be a file's, without a folder and without a dot in front");
    }
    if (std::any_of(order.files.begin(), file,
                    [&](const auto& before) { return before.name == file->name; })) {
      return refuse(400, "'" + file->name + "' stands twice among the files");
    }
  }
  if (bytes > plan_.bytes_max) {
    return refuse(413, "an upload may have " + std::to_string(plan_.bytes_max) +
                           " bytes, and this one has more; send a zip archive, or several");
  }
  return {};
}

Result<Upload, Refusal> Uploads::make(const std::string& owner, const UploadOrder& order) {
  sweep();
  const auto bytes = bytes_of(order, plan_.bytes_max);
  if (auto checked = check(order, bytes); !checked) {
    return tl::unexpected(checked.error());
  }
  struct statvfs disk{};
  if (::statvfs(folder_.c_str(), &disk) == 0 && bytes > disk.f_bavail * disk.f_frsize) {
    return not_kept({ErrorCode::disk_full, 0});
  }
  const auto id = new_id();
  const auto kept = std::make_shared<Kept>(folder_ + "/" + id, owner, order);
  kept->id = id;
  kept->bytes = bytes;
  renew(*kept);
  const std::lock_guard lock(mutex_);
  if (kept_.size() >= plan_.uploads_max || bytes_announced_ + bytes > plan_.bytes_max_of_all) {
    return refuse(503, "the server has as many uploads as it takes; try again when one has ended",
                  retry_after_s);
  }
  if (auto made = kept->make_files(); !made) {
    return not_kept(made.error());
  }
  bytes_announced_ += bytes;
  kept_.emplace(id, kept);
  woken_.notify_one();
  return shown(*kept);
}

Result<Upload, Refusal> Uploads::find(const std::string& owner, const std::string& id) {
  sweep();
  const std::lock_guard lock(mutex_);
  const auto kept = take(owner, id);
  return kept ? Result<Upload, Refusal>(shown(**kept)) : tl::unexpected(kept.error());
}

Result<Upload, Refusal> Uploads::add(const std::string& owner, const std::string& id,
                                     std::uint64_t offset, std::string_view piece) {
  sweep();
  std::unique_lock lock(mutex_);
  auto found = take(owner, id);
  if (!found) {
    return tl::unexpected(found.error());
  }
  const auto kept = std::move(*found);  // not gone while we write, though it be removed
  const auto at = kept->offset_kept;
  const std::unique_lock writing(kept->writing, std::try_to_lock);
  if (!writing) {
    return at_offset("another piece of this upload is being written; ask how it stands", at);
  }
  const bool again = offset < at && piece.size() == at - offset;
  if (offset != at && !again) {
    return at_offset("the piece begins at " + std::to_string(offset) + ", and " +
                         std::to_string(at) + " bytes are kept; go on there",
                     at);
  }
  if (piece.size() > kept->bytes - offset) {
    return refuse(413, "the piece goes beyond the upload's " + std::to_string(kept->bytes) +
                           " bytes; send what was announced");
  }
  lock.unlock();
  if (again && !kept->holds(offset, piece)) {
    return at_offset("other bytes are kept there already; go on behind them", at);
  }
  if (auto written = again ? Result<void>() : kept->write(offset, piece); !written) {
    return not_kept(written.error());
  }
  lock.lock();
  kept->offset_kept = offset + piece.size();
  renew(*kept);
  return shown(*kept);
}

Result<void, Refusal> Uploads::remove(const std::string& owner, const std::string& id) {
  sweep();
  std::shared_ptr<Kept> gone;  // and with it the files, behind the lock
  const std::lock_guard lock(mutex_);
  auto kept = take(owner, id);
  if (!kept) {
    return tl::unexpected(kept.error());
  }
  gone = std::move(*kept);
  bytes_announced_ -= gone->bytes;
  kept_.erase(id);
  return {};
}

Result<Uploads::Whole, Refusal> Uploads::whole(const std::string& owner, const std::string& id) {
  sweep();
  const std::lock_guard lock(mutex_);
  const auto found = take(owner, id);
  if (!found) {
    return tl::unexpected(found.error());
  }
  auto& kept = **found;
  if (kept.offset_kept != kept.bytes) {
    return at_offset("of the upload's " + std::to_string(kept.bytes) + " bytes " +
                         std::to_string(kept.offset_kept) + " are here; send the rest first",
                     kept.offset_kept);
  }
  renew(kept);
  Whole whole{*found, kept.folder, {}};
  if (kept.order.folder) {
    whole.paths.push_back(kept.folder);
    return whole;
  }
  for (const auto& file : kept.order.files) {
    whole.paths.push_back(kept.folder + "/" + file.name);
  }
  return whole;
}

}  // namespace muster::console
