// A roster file, read front to back in constant memory.
//
// Read, never mapped: a file that shrinks meanwhile must not end the process. Only regular files
// are taken (a FIFO or /dev/zero would never end), and a file that changed while it was read is
// refused at its end. The encoding is settled before the first byte is handed out: UTF-8, with or
// without its mark.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace muster::roster {

class TextFile {
 public:
  [[nodiscard]] static Result<TextFile, Complaint> open(const std::string& path);
  TextFile(TextFile&& other) noexcept;
  TextFile& operator=(TextFile&& other) = delete;
  ~TextFile();

  // Reads on until limits::line_bytes_max + 2 bytes lie ready, or all that is left of the file.
  // Moves what lies ready: views into it end here.
  [[nodiscard]] Result<void, Complaint> fill();
  [[nodiscard]] char* data() {
    return buffer_.data() + begin_;
  }  // readable ≥ 64 bytes beyond size()
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool last() const { return at_end_; }  // nothing follows what lies ready
  void consume(std::size_t bytes) { begin_ += bytes; }

  // What is wrong with the bytes of this line, if anything: NUL, not UTF-8.
  [[nodiscard]] Result<void, Complaint> check_text(std::string_view text, std::uint64_t line,
                                                   std::uint64_t column) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t bytes_total() const { return size_at_start_; }
  [[nodiscard]] std::uint64_t bytes_done() const { return bytes_read_ - size(); }

 private:
  TextFile(int owned_fd, std::string path);
  [[nodiscard]] Result<void, Complaint> check_encoding();
  [[nodiscard]] Result<void, Complaint> check_unchanged() const;
  [[nodiscard]] Complaint complaint(std::string found, std::string mend, Error cause = {}) const;

  int fd_ = -1;
  std::string path_;
  std::vector<char> buffer_;
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::uint64_t bytes_read_ = 0;
  std::uint64_t size_at_start_ = 0;
  std::int64_t changed_at_ns_ = 0;
};

}  // namespace muster::roster
