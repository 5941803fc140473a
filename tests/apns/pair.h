// A session and its peer in one process, with a clock that the test turns.
//
// Peer is nghttp2's server side: a referee for what we send, and polite. What nghttp2 would not
// send is made by hand with frame(). Pair carries the bytes between both, in pieces of any size,
// and collects the answers.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "apns/provider_token.h"
#include "apns/session.h"
#include "base/bytes.h"
#include "base/time.h"
#include "wire/session.h"

namespace muster::apns::testing {

using Buffer = std::vector<Byte>;

// One HTTP/2 frame with any content.
[[nodiscard]] Buffer frame(Byte type, Byte flags, std::int32_t stream, std::string_view payload);
[[nodiscard]] Buffer settings_frame(const std::vector<nghttp2_settings_entry>& entries);
[[nodiscard]] Buffer goaway_frame(std::int32_t last_stream, std::uint32_t code,
                                  std::string_view debug_data);
[[nodiscard]] Buffer rst_stream_frame(std::int32_t stream, std::uint32_t code);
[[nodiscard]] Buffer window_update_frame(std::int32_t stream, std::uint32_t by);
// HEADERS with only :status, END_STREAM as asked.
[[nodiscard]] Buffer status_frame(std::int32_t stream, std::string_view status, bool ends);
[[nodiscard]] std::string big_endian(std::uint32_t value);
[[nodiscard]] Buffer operator+(Buffer left, const Buffer& right);

struct ReceivedField {
  std::string name;
  std::string value;
  bool never_indexed = false;
};

struct ReceivedRequest {
  std::vector<ReceivedField> fields;
  std::string body;
  bool complete = false;  // END_STREAM was seen
  bool reset = false;
  std::uint32_t reset_code = 0;

  [[nodiscard]] std::string field(std::string_view name) const;  // empty where absent
  [[nodiscard]] bool never_indexed(std::string_view name) const;
};

struct PeerSettings {
  std::uint32_t streams = 1000;
  std::uint32_t window = 65535;  // of a stream
  bool widens_windows = true;    // false: no WINDOW_UPDATE is ever sent
};

class Peer {
 public:
  explicit Peer(const PeerSettings& settings = {});

  void receive(Bytes bytes);
  [[nodiscard]] Buffer transmit();
  void respond(std::int32_t stream, int status, const std::string& body = "",
               const std::vector<std::pair<std::string, std::string>>& more = {});
  void respond_to_all(int status, const std::string& body = "");
  // A head with a status below 200, before respond().
  void announce(std::int32_t stream, int status);
  void reset(std::int32_t stream, std::uint32_t code);
  void change(const std::vector<nghttp2_settings_entry>& entries);
  void change_streams(std::uint32_t limit) {
    change({{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limit}});
  }
  void change_window(std::uint32_t initial) {
    change({{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, initial}});
  }
  void widen(std::int32_t stream, std::int32_t by);
  void ping();
  // What our requests put into the peer's compression table.
  [[nodiscard]] std::size_t table_bytes() const {
    return nghttp2_session_get_hd_inflate_dynamic_table_size(session_.get());
  }
  void say_goaway(std::int32_t last_stream, std::string_view debug_data);

  std::map<std::int32_t, ReceivedRequest> requests;  // by stream id
  int pings = 0;
  int goaways = 0;
  int resets = 0;
  std::uint32_t enable_push = 1;
  bool broken = false;  // nghttp2 did not like what it received

 private:
  struct Deleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };
  std::unique_ptr<nghttp2_session, Deleter> session_;
  std::deque<std::string> bodies_;  // of answers
};

// By the environment's MUSTER_FRAMING: the whole program runs once for each (tests/CMakeLists.txt).
[[nodiscard]] Framing framing_under_test();

struct Pair {
  explicit Pair(const SessionSettings& settings = certificate(), const PeerSettings& peer = {});
  // Without a token: topic com.apple.mgmt.External.1, mdm.
  [[nodiscard]] static SessionSettings certificate();
  [[nodiscard]] static SessionSettings alert();

  void connect();  // SETTINGS both ways
  void turn();     // bytes both ways until both are silent; takes answers
  void send();     // only from us to the peer
  void receive(const Buffer& bytes) { session->receive(bytes, clock.now()); }
  // Turns the clock and calls expire() as a network would.
  void wait(Duration by);
  // Submits jobs with slots that count from 0; returns the first's stream id if it is the first
  // ever.
  void submit(std::uint32_t count = 1);
  const Job& add_job();
  [[nodiscard]] wire::Vitals vitals() const { return session->vitals(); }
  void collect() { session->take_answers(answers); }
  [[nodiscard]] const wire::Answer* answer_of(Slot slot) const;
  [[nodiscard]] std::size_t count(wire::Fate fate) const;

  FakeClock clock;
  std::unique_ptr<wire::DeliverySession> session;
  Peer peer;
  Content content;
  std::deque<Job> jobs;  // by slot
  std::vector<wire::Answer> answers;
  std::size_t piece = 65536;  // how many bytes travel at once
};

}  // namespace muster::apns::testing
