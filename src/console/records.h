// control.db's accounts for several threads: one connection that reads and one that writes, each
// behind a lock of its own, so that nobody who only looks waits for a commit. Private to this room.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <type_traits>
#include <utility>

#include "base/result.h"
#include "console/refusal.h"
#include "store/account_store.h"

namespace muster::console {

class Records {
 public:
  // Makes DIR/control.db where it is missing.
  [[nodiscard]] static Result<std::unique_ptr<Records>, Complaint> open(const std::string& dir) {
    // The writer first: it makes the file, or brings it up to our format.
    auto writer = store::AccountStore::open(dir, store::OpenMode::write);
    if (!writer) {
      return tl::unexpected(writer.error());
    }
    auto reader = store::AccountStore::open(dir, store::OpenMode::read);
    if (!reader) {
      return tl::unexpected(reader.error());
    }
    return std::unique_ptr<Records>(new Records(std::move(*writer), std::move(*reader)));
  }

  // What `work` gives, of what was committed last.
  template <class Work>
  auto read(Work work) {
    const std::lock_guard lock(reader_mutex_);
    return work(reader_);
  }

  // In one transaction: all of what `work` does where it succeeds, nothing where it refuses.
  template <class Work>
  auto change(Work work) -> std::invoke_result_t<Work, store::AccountStore&> {
    const std::lock_guard lock(writer_mutex_);
    return change_locked(std::move(work));
  }

  // The same where nobody else is changing anything in this process; false: somebody is.
  template <class Work>
  bool change_if_free(Work work) {
    const std::unique_lock lock(writer_mutex_, std::try_to_lock);
    return lock.owns_lock() && change_locked(std::move(work));
  }

 private:
  Records(store::AccountStore writer, store::AccountStore reader)
      : writer_(std::move(writer)), reader_(std::move(reader)) {}

  template <class Work>
  auto change_locked(Work work) -> std::invoke_result_t<Work, store::AccountStore&> {
    if (const auto begun = writer_.begin(); !begun) {
      return refuse_for_trouble(begun.error());
    }
    auto done = work(writer_);
    if (!done) {
      writer_.rollback();
      return done;
    }
    if (const auto committed = writer_.commit(); !committed) {
      return refuse_for_trouble(committed.error());
    }
    return done;
  }

  std::mutex writer_mutex_;  // guards writer_
  std::mutex reader_mutex_;  // guards reader_; never held while the other is waited for
  store::AccountStore writer_;
  store::AccountStore reader_;
};

}  // namespace muster::console
