// The far end of the simulation: an APNs server of our own making, on nghttp2's server side.
//
// Shares no code with src/apns: a peer that shares the code under test shares its mistakes. It acts
// on complete requests only, writes down in the journal what it did, and misbehaves as the options
// say. After a GOAWAY it acts on nothing above the last stream it named.
#pragma once

#include <nghttp2/nghttp2.h>

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/bytes.h"
#include "base/random.h"
#include "base/time.h"
#include "tests/sim/options.h"
#include "tests/sim/server.h"

namespace muster::sim {

// What the far end knows of one apns-id, or of one recipient of mail.
struct Deeds {
  std::uint32_t requests = 0;
  std::uint32_t acted = 0;  // the device was woken: status 200, or lost on the way back; or 250
  std::map<int, std::uint32_t> by_status;
  std::string path;
  std::string body;
};

// All of a far end, over connections and crashes of ours.
struct FarEnd {
  FarEnd(const Options& drawn, bool takes_mail) : options(drawn), mail(takes_mail) {}
  const Options& options;
  const bool mail;  // otherwise: pushes
  bool faulty = true;
  std::uint64_t requests = 0;
  std::unordered_map<std::string, Deeds> journal;  // by apns-id, or recipient
  std::vector<std::string> complaints;             // what a server must never see
};

class ApnsServer final : public Server {
 public:
  ApnsServer(FarEnd& far_end, std::uint64_t seed, Instant now);

  void receive(Bytes bytes, Instant now) override;
  [[nodiscard]] std::vector<Byte> transmit(Instant now) override;
  [[nodiscard]] Instant next() const override;
  [[nodiscard]] bool finished(Instant now) const override;

 private:
  struct Request {
    std::string method, path, id, push_type, topic, body;
  };
  struct Reply {
    std::int32_t stream = 0;
    int status = 200;
    std::string body;
  };
  struct Deleter {
    void operator()(nghttp2_session* session) const { nghttp2_session_del(session); }
  };

  static int header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                    std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                    std::uint8_t, void* self);
  static int frame_received(nghttp2_session*, const nghttp2_frame* frame, void* self);
  static int data_received(nghttp2_session*, std::uint8_t, std::int32_t stream,
                           const std::uint8_t* bytes, std::size_t size, void* self);
  void take(std::int32_t stream, Request request);
  void answer(std::int32_t stream, int status, const std::string& body);
  void answer_badly(std::int32_t stream, Deeds& deeds);
  void maybe_misbehave();
  void say_goaway(std::int32_t last);
  void say_limit(std::uint32_t streams);
  void do_due(Instant now);
  void reply_now(const Reply& reply);

  FarEnd& far_end_;
  Random random_;
  std::unique_ptr<nghttp2_session, Deleter> session_;
  std::map<std::int32_t, Request> open_;
  std::multimap<Instant, Reply> replies_;
  std::deque<std::string> bodies_;
  std::int32_t acted_last_ = 0;  // highest stream we did anything with
  std::int32_t promised_last_ = INT32_MAX;
  Instant second_goaway_at_ = Instant::never();
  Instant limit_back_at_ = Instant::never();
  Instant window_opens_at_{};
  std::size_t window_owed_ = 0;
  Instant leave_at_ = Instant::never();
  Instant now_{};
};

}  // namespace muster::sim
