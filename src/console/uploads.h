// Rosters that come in pieces: files under DIR/uploads that grow until an import reads them.
//
// An upload is one file or a few, announced with their sizes. Its pieces come in order, as if the
// files stood behind one another; how much is kept so far is its offset, and whoever lost his
// connection asks for it and goes on there. A piece that comes again, because its answer was lost,
// changes nothing. An upload belongs to who made it, and nobody else finds it.
//
// Bounded by its plan: how many uploads, the bytes of one and of all (as announced), and how long
// nothing may come. Folders are 0700 and files 0600, for they name people. Nothing outlives the
// process: DIR/uploads is emptied when this opens, so that a crash leaves nothing for long.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/time.h"
#include "console/bounds.h"
#include "console/refusal.h"

namespace muster::console {

// What somebody wants to send.
struct UploadOrder {
  struct File {
    std::string name;  // no path
    std::uint64_t bytes = 0;
  };
  std::vector<File> files;
  bool folder = false;  // the files are those of one folder, and mean something together
};

// How an upload stands.
struct Upload {
  std::string id;
  UploadOrder order;
  std::uint64_t bytes = 0;   // of all its files
  std::uint64_t offset = 0;  // kept so far
  WallTime expires_at;       // where nothing comes until then
};

// Any thread; what is written or compared is so outside the lock.
class Uploads {
 public:
  struct Plan {
    std::size_t uploads_max = limits::uploads_max;
    std::uint64_t bytes_max = limits::upload_bytes_max;          // of one
    std::uint64_t bytes_max_of_all = limits::uploads_bytes_max;  // announced
    Duration life = std::chrono::hours(1);                       // since its last piece
    Duration sweep_every = std::chrono::minutes(1);
  };
  // Makes DIR/uploads, or empties it. The complaint names it and the mend.
  [[nodiscard]] static Result<std::unique_ptr<Uploads>, Complaint> open(const std::string& data_dir,
                                                                        const Clock& clock,
                                                                        const Plan& plan);
  // Removes all; what is in use goes when it is used no more.
  ~Uploads();
  Uploads(const Uploads&) = delete;
  Uploads& operator=(const Uploads&) = delete;

  // 400 for names that are none, 413 for too much, 503 where too many are there, 507 where the disk
  // has no room for it.
  [[nodiscard]] Result<Upload, Refusal> make(const std::string& owner, const UploadOrder& order);
  // Of each of the following: 404 where the owner has none of that id.
  [[nodiscard]] Result<Upload, Refusal> find(const std::string& owner, const std::string& id);
  // 409, with the offset, where the piece does not begin at it, and while another is being written;
  // 413 where it goes beyond the end; 507 or 503 where it cannot be written: then nothing of it
  // counts.
  [[nodiscard]] Result<Upload, Refusal> add(const std::string& owner, const std::string& id,
                                            std::uint64_t offset, std::string_view piece);
  [[nodiscard]] Result<void, Refusal> remove(const std::string& owner, const std::string& id);

  struct Kept;
  // A whole upload: its files stay as long as this lives, whatever becomes of the upload.
  struct Whole {
    std::shared_ptr<const Kept> kept;
    std::string folder;              // where its files are
    std::vector<std::string> paths;  // to import: each file, or the folder
  };
  // 409, with the offset, where it is not whole yet.
  [[nodiscard]] Result<Whole, Refusal> whole(const std::string& owner, const std::string& id);

  // Removes what has expired. Called by the thread of its own, and before anything is looked for.
  void sweep();
  // DIR/uploads, for other files that must not outlive the process.
  [[nodiscard]] const std::string& folder() const { return folder_; }

 private:
  Uploads(std::string folder, const Clock& clock, const Plan& plan);
  void run();
  [[nodiscard]] Result<void, Refusal> check(const UploadOrder& order, std::uint64_t bytes);
  [[nodiscard]] Result<std::shared_ptr<Kept>, Refusal> take(const std::string& owner,
                                                            const std::string& id);
  [[nodiscard]] Upload shown(const Kept& kept) const;
  void renew(Kept& kept) const;

  const std::string folder_;
  const Clock& clock_;
  const Plan plan_;
  std::mutex mutex_;  // guards what follows, and of each upload its offset and its expiry
  std::condition_variable woken_;
  std::map<std::string, std::shared_ptr<Kept>> kept_;  // by id
  std::uint64_t bytes_announced_ = 0;
  bool ending_ = false;
  std::thread sweeper_;
};

}  // namespace muster::console
