// The peer's own record of what it acted on: what the verifier believes.
//
// The simulator appends a record for every complete request (mail: every recipient of a message,
// accepted or refused) it acted on, and hands the records to
// the kernel before the answers of the same turn: an answer that a client has seen is in the
// journal even if the simulator is killed right after. A request that was provably not acted upon
// (refused, above a GOAWAY's last stream) has no record. Trouble while writing ends the simulator,
// for a journal with holes would accuse the innocent. The format stands in journal.cc.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "model/id.h"
#include "model/outcome.h"

namespace muster::loadgen {

struct JournalRecord {
  // Push: the request's; mail: the uuid in the Message-ID (before the message: in ENVID). Zeroes
  // where there was none.
  std::array<Byte, 16> apns_id{};
  // Push: the device's; mail: SHA-256 of the recipient's address in lower case. Zeroes where the
  // request had no valid one.
  std::array<Byte, 32> token{};
  Instant at;  // CLOCK_BOOTTIME: orders the journals of one machine
  std::uint32_t connection = 0;
  std::uint32_t stream = 0;  // mail: which message of the connection, from 1
  std::uint16_t status = 0;  // the answer (mail: the reply's code), or what it would have been
  Channel channel = Channel::push;
  Reason reason = Reason::none;
  bool answered = true;  // false: acted upon, but the answer was withheld or had nobody to go to
  friend bool operator==(const JournalRecord&, const JournalRecord&) = default;
};

class Journal {
 public:
  // Creates the file or goes on with it; a torn last record is cut off (its answer never went out).
  [[nodiscard]] static Result<Journal, Complaint> open(const std::string& file);
  ~Journal();
  Journal(Journal&& other) noexcept;
  Journal& operator=(Journal&& other) = delete;

  void add(const JournalRecord& record);
  // Hands everything added to the kernel. To be called before the answers go out.
  [[nodiscard]] Result<void, Complaint> flush();

 private:
  Journal(std::string file, int fd);
  std::string file_;
  int fd_ = -1;
  std::vector<Byte> buffer_;
};

class JournalReader {
 public:
  [[nodiscard]] static Result<JournalReader, Complaint> open(const std::string& file);
  ~JournalReader();
  JournalReader(JournalReader&& other) noexcept;
  JournalReader& operator=(JournalReader&& other) = delete;

  // The next record; false at the end. A damaged record is a complaint that names its place.
  [[nodiscard]] Result<bool, Complaint> next(JournalRecord& record);
  // After the end: the file stops inside a record, as it does when the simulator is killed.
  [[nodiscard]] bool torn() const { return torn_; }

 private:
  JournalReader(std::string file, int fd);
  std::string file_;
  int fd_ = -1;
  bool torn_ = false;
  std::uint64_t offset_ = 0;  // of buffer_[at_] in the file
  std::vector<Byte> buffer_;
  std::size_t at_ = 0;
  std::size_t end_ = 0;
};

}  // namespace muster::loadgen
