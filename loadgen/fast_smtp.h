// A mail sink that costs less than any client: nearly nothing is looked at, everything accepted.
//
// A command is known by its first letters, its arguments are not read; of a message only the end is
// looked for (CR LF . CR LF, or so many octets of a chunk). Input is read where it lies; only the
// few bytes of a command or an end that two reads share are kept. Replies of one read go out
// together. A figure measured on it counts only if the strict conversation has passed first.
#pragma once

#include <array>
#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "loadgen/conversation.h"
#include "loadgen/smtp_peer.h"

namespace muster::loadgen {

class FastSmtp final : public Conversation {
 public:
  // `peer` outlives the conversation; its faults and journal are not used.
  FastSmtp(SmtpPeer& peer, bool tls);

  void receive(Bytes plaintext, Instant now) override;
  void transmit(std::vector<Byte>& to) override;
  [[nodiscard]] Instant deadline() const override;
  void expire(Instant now) override;
  [[nodiscard]] bool wants_close() const override { return closing_ && waiting_.empty(); }
  [[nodiscard]] bool wants_tls() const override {
    return mode_ == Mode::securing && waiting_.empty();
  }
  void secured(Instant /*now*/) override;
  void lost(Instant /*now*/) override {}

 private:
  enum class Mode : std::uint8_t { command, text, chunk, login, securing };
  struct Batch {
    Instant due;
    std::vector<Byte> replies;
  };

  // Each takes from the front and returns how much.
  [[nodiscard]] std::size_t take_command(std::string_view bytes);
  [[nodiscard]] std::size_t take_text(std::string_view bytes);
  [[nodiscard]] std::size_t take_chunk(std::string_view bytes);
  void obey(std::string_view line);
  void hello();
  void begin_chunk(std::string_view line);
  void end_message();
  void reply(std::string_view text) { replies_.insert(replies_.end(), text.begin(), text.end()); }

  SmtpPeer& peer_;
  bool tls_;
  Mode mode_ = Mode::command;
  bool closing_ = false;
  std::string line_;              // the beginning of a command whose end another read brings
  std::array<char, 4> last_{};    // of the text so far
  std::uint64_t chunk_left_ = 0;  // octets; of a login: lines
  bool chunk_last_ = false;
  std::vector<Byte> replies_;  // of this read
  std::vector<Byte> out_;
  std::deque<Batch> waiting_;  // for their delay
};

}  // namespace muster::loadgen
