// A small mail server that answers by chance, and watches whether the client keeps to the rules.
//
// It knows which letters it took, of which it said so, and whose dot it saw: what the session's
// answers are held against. Nothing of src/smtp is used.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>

#include "base/random.h"

namespace muster::smtp::testing {

struct ServerMood {
  bool pipelining = true;
  bool chunking = false;
  bool streamed_to =
      false;             // chunks may come for nobody; a refused one leaves its transaction open
  double refuses = 0.1;  // each command: 4yz, 5yz, …
  double dies = 0.01;    // each command: 421, nonsense, or the end
};

class ModelServer {
 public:
  struct Seen {
    bool dot = false;              // its end arrived
    bool taken = false;            // it is ours now
    std::size_t told_taken = 0;    // where the reply that says so ends in words(); 0: none
    std::size_t told_refused = 0;  // likewise
  };

  ModelServer(const ServerMood& mood, Random& random);
  // Bytes of the client; `heard`: how much of words() it has received.
  void hear(std::string_view text, std::size_t heard);
  [[nodiscard]] const std::string& words() const { return words_; }
  [[nodiscard]] bool gone() const { return gone_; }
  // What the client did wrong; empty: nothing.
  [[nodiscard]] const std::string& complaint() const { return complaint_; }
  [[nodiscard]] const Seen& seen(std::uint32_t letter) { return seen_[letter]; }

 private:
  enum class Kind : std::uint8_t { good, temporary, permanent, ends };

  void hear_command(std::string_view line);
  void hear_mail(std::string_view line);
  void hear_rcpt(std::string_view line);
  void hear_data();
  void hear_bdat(std::string_view line);
  void finish_message();
  [[nodiscard]] Kind mood();
  void say(std::string_view reply);
  void end();
  void complain(std::string_view what);
  void must_wait();
  void forget_transaction();

  const ServerMood mood_;
  Random& random_;
  std::string input_;
  std::string words_;
  std::string complaint_;
  std::map<std::uint32_t, Seen> seen_;
  std::size_t wait_until_ = 0;  // nothing may come before the client has heard so much
  std::string message_;
  std::size_t chunk_left_ = 0;
  std::uint32_t recipient_ = 0;
  bool in_message_ = false;
  bool has_sender_ = false;
  bool has_recipient_ = false;
  bool gone_ = false;
};

}  // namespace muster::smtp::testing
