// A roster file, read front to back in constant memory.
//
// Read, never mapped: a file that shrinks meanwhile must not end the process. Only regular files
// are taken (a FIFO or /dev/zero would never end), and a file that changed while it was read is
// refused at its end. The encoding is settled before the first byte is handed out: UTF-8, with or
// without its mark. The bytes may also come from elsewhere, such as an archive.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace muster::roster {

// Where a file's bytes come from.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  // How many bytes were read into `into`; 0 at the end, where the source has looked whether what
  // it gave is whole.
  [[nodiscard]] virtual Result<std::size_t, Complaint> read(char* into, std::size_t bytes_max) = 0;
  [[nodiscard]] virtual std::uint64_t bytes_total() const = 0;
};

class TextFile {
 public:
  [[nodiscard]] static Result<TextFile, Complaint> open(const std::string& path);
  // `path` is for complaints.
  [[nodiscard]] static Result<TextFile, Complaint> over(std::unique_ptr<ByteSource> bytes,
                                                        const std::string& path);
  TextFile(TextFile&& other) noexcept = default;
  TextFile& operator=(TextFile&& other) = delete;
  ~TextFile() = default;

  // Reads on until limits::line_bytes_max + 2 bytes lie ready, or all that is left of the file.
  // Moves what lies ready: views into it end here.
  [[nodiscard]] Result<void, Complaint> fill();
  [[nodiscard]] char* data() {
    return buffer_.get() + begin_;
  }  // readable ≥ 64 bytes beyond size()
  [[nodiscard]] std::size_t size() const { return end_ - begin_; }
  [[nodiscard]] bool last() const { return at_end_; }  // nothing follows what lies ready
  void consume(std::size_t bytes) { begin_ += bytes; }

  // What is wrong with the bytes of this line, if anything: NUL, not UTF-8.
  [[nodiscard]] Result<void, Complaint> check_text(std::string_view text, std::uint64_t line,
                                                   std::uint64_t column) const;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::uint64_t bytes_total() const { return bytes_->bytes_total(); }
  [[nodiscard]] std::uint64_t bytes_done() const { return bytes_read_ - size(); }

 private:
  TextFile(std::unique_ptr<ByteSource> bytes, std::string path);
  [[nodiscard]] Result<void, Complaint> check_encoding();

  std::unique_ptr<ByteSource> bytes_;
  std::string path_;
  std::unique_ptr<char[]> buffer_;  // no page of it is touched before it is read into
  std::size_t begin_ = 0;
  std::size_t end_ = 0;
  bool at_end_ = false;
  std::uint64_t bytes_read_ = 0;
};

}  // namespace muster::roster
