#include "tests/sim/apns_server.h"

#include <algorithm>
#include <array>
#include <string_view>

namespace muster::sim {
namespace {

nghttp2_nv field(std::string_view name, std::string_view value) {
  const auto bytes = [](std::string_view text) {
    return const_cast<std::uint8_t*>(as_bytes(text).data());  // nghttp2 copies both
  };
  return nghttp2_nv{bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

}  // namespace

ApnsServer::ApnsServer(FarEnd& far_end, std::uint64_t seed, Instant now)
    : far_end_(far_end), random_(seed), now_(now) {
  nghttp2_session_callbacks* callbacks = nullptr;
  nghttp2_session_callbacks_new(&callbacks);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, header);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, frame_received);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, data_received);
  nghttp2_option* option = nullptr;
  nghttp2_option_new(&option);
  nghttp2_option_set_no_auto_window_update(option, 1);
  nghttp2_session* session = nullptr;
  nghttp2_session_server_new2(&session, callbacks, this, option);
  session_.reset(session);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  say_limit(far_end_.options.streams);
  if (far_end_.faulty && random_.chance(far_end_.options.faults.window_shut)) {
    window_opens_at_ = now + std::chrono::seconds(random_.below(50));
  }
}

int ApnsServer::header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
                       std::uint8_t, void* self) {
  auto& request = static_cast<ApnsServer*>(self)->open_[frame->hd.stream_id];
  const auto name_text = as_text(Bytes(name, name_size));
  const std::string text(as_text(Bytes(value, value_size)));
  if (name_text == ":method") {
    request.method = text;
  } else if (name_text == ":path") {
    request.path = text;
  } else if (name_text == "apns-id") {
    request.id = text;
  } else if (name_text == "apns-push-type") {
    request.push_type = text;
  } else if (name_text == "apns-topic") {
    request.topic = text;
  }
  return 0;
}

int ApnsServer::data_received(nghttp2_session*, std::uint8_t, std::int32_t stream,
                              const std::uint8_t* bytes, std::size_t size, void* self) {
  auto& server = *static_cast<ApnsServer*>(self);
  server.open_[stream].body += as_text(Bytes(bytes, size));
  server.window_owed_ += size;
  return 0;
}

int ApnsServer::frame_received(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto& server = *static_cast<ApnsServer*>(self);
  const auto stream = frame->hd.stream_id;
  const bool request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    auto taken = std::move(server.open_[stream]);
    server.open_.erase(stream);
    server.take(stream, std::move(taken));
  } else if (frame->hd.type == NGHTTP2_RST_STREAM) {
    server.open_.erase(stream);
    std::erase_if(server.replies_, [&](const auto& due) { return due.second.stream == stream; });
  }
  return 0;
}

void ApnsServer::receive(Bytes bytes, Instant now) {
  now_ = now;
  if (nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size()) < 0) {
    far_end_.complaints.emplace_back("nghttp2 refused what it received");
    leave_at_ = now;
  }
}

void ApnsServer::take(std::int32_t stream, Request request) {
  if (stream > promised_last_) {
    return;  // the GOAWAY said so
  }
  ++far_end_.requests;
  if (request.method != "POST" || request.push_type != "mdm" || request.id.size() != 36) {
    far_end_.complaints.push_back("a strange request: " + request.method + " " + request.path);
  }
  acted_last_ = std::max(acted_last_, stream);
  auto& deeds = far_end_.journal[request.id];
  if (deeds.requests++ != 0 && (deeds.path != request.path || deeds.body != request.body)) {
    far_end_.complaints.push_back("another push under the same apns-id " + request.id);
  }
  deeds.path = request.path;
  deeds.body = request.body;
  const auto& faults = far_end_.options.faults;
  const bool faulty = far_end_.faulty;
  if (faulty && random_.chance(faults.stream_refused)) {
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream, NGHTTP2_REFUSED_STREAM);
  } else if (faulty && random_.chance(faults.stream_reset)) {
    deeds.acted += random_.chance(0.5) ? 1 : 0;
    nghttp2_submit_rst_stream(session_.get(), NGHTTP2_FLAG_NONE, stream,
                              random_.chance(0.5) ? NGHTTP2_INTERNAL_ERROR : NGHTTP2_CANCEL);
  } else if (faulty && random_.chance(faults.stream_silent)) {
    deeds.acted += random_.chance(0.5) ? 1 : 0;
  } else if (faulty && random_.chance(faults.bad_status)) {
    answer_badly(stream, deeds);
  } else {
    ++deeds.acted;
    ++deeds.by_status[200];
    answer(stream, 200, "");
  }
  if (faulty) {
    maybe_misbehave();
  }
}

void ApnsServer::answer_badly(std::int32_t stream, Deeds& deeds) {
  struct Bad {
    int status;
    const char* body;
  };
  static constexpr std::array<Bad, 7> bad{{
      {400, R"({"reason":"BadDeviceToken"})"},
      {410, R"({"reason":"Unregistered","timestamp":1699999999000})"},
      {429, R"({"reason":"TooManyRequests"})"},
      {500, R"({"reason":"InternalServerError"})"},
      {503, R"({"reason":"ServiceUnavailable"})"},
      {503, R"({"reason":"Shutdown"})"},
      {500, "not JSON"},
  }};
  const auto& one = bad[random_.below(bad.size())];
  ++deeds.by_status[one.status];
  answer(stream, one.status, one.body);
}

void ApnsServer::answer(std::int32_t stream, int status, const std::string& body) {
  const auto most = static_cast<std::uint64_t>(far_end_.options.latency_most.count());
  const Duration wait{static_cast<std::int64_t>(random_.below(most))};
  replies_.emplace(now_ + wait, Reply{stream, status, body});
}

void ApnsServer::maybe_misbehave() {
  const auto& faults = far_end_.options.faults;
  if (promised_last_ == INT32_MAX && second_goaway_at_ == Instant::never() &&
      random_.chance(faults.goaway)) {
    if (random_.chance(0.5)) {
      say_goaway(INT32_MAX);
      second_goaway_at_ =
          now_ + std::chrono::microseconds(random_.below(random_.chance(0.5) ? 1'000 : 300'000));
    } else {
      say_goaway(acted_last_ + 2 * static_cast<std::int32_t>(random_.below(20)));
    }
  }
  if (limit_back_at_ == Instant::never() && random_.chance(faults.one_stream)) {
    say_limit(1);
    limit_back_at_ = now_ + std::chrono::milliseconds(random_.below(5'000));
  }
}

void ApnsServer::say_goaway(std::int32_t last) {
  constexpr std::string_view why = R"({"reason":null})";
  nghttp2_submit_goaway(session_.get(), NGHTTP2_FLAG_NONE, last, NGHTTP2_NO_ERROR,
                        as_bytes(why).data(), why.size());
  if (last != INT32_MAX) {
    promised_last_ = last;
    leave_at_ = now_ + std::chrono::milliseconds(random_.below(20'000));
  }
}

void ApnsServer::say_limit(std::uint32_t streams) {
  const nghttp2_settings_entry limit{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams};
  nghttp2_submit_settings(session_.get(), NGHTTP2_FLAG_NONE, &limit, 1);
}

void ApnsServer::do_due(Instant now) {
  now_ = now;
  while (!replies_.empty() && replies_.begin()->first <= now) {
    reply_now(replies_.begin()->second);
    replies_.erase(replies_.begin());
  }
  if (second_goaway_at_ <= now) {
    second_goaway_at_ = Instant::never();
    say_goaway(acted_last_ + 2 * static_cast<std::int32_t>(random_.below(5)));
  }
  if (limit_back_at_ <= now) {
    limit_back_at_ = Instant::never();
    say_limit(far_end_.options.streams);
  }
  if (window_owed_ != 0 && window_opens_at_ <= now) {
    nghttp2_session_consume_connection(session_.get(), window_owed_);
    window_owed_ = 0;
  }
}

void ApnsServer::reply_now(const Reply& reply) {
  const auto status = std::to_string(reply.status);
  const std::array<nghttp2_nv, 1> fields{field(":status", status)};
  if (reply.body.empty()) {
    nghttp2_submit_response(session_.get(), reply.stream, fields.data(), fields.size(), nullptr);
    return;
  }
  bodies_.push_back(reply.body);
  nghttp2_data_provider body{};
  body.source.ptr = &bodies_.back();
  body.read_callback = [](nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t room,
                          std::uint32_t* flags, nghttp2_data_source* source, void*) -> ssize_t {
    const auto& text = *static_cast<std::string*>(source->ptr);
    const auto count = std::min(room, text.size());
    std::copy_n(text.data(), count, to);
    *flags = NGHTTP2_DATA_FLAG_EOF;
    return static_cast<ssize_t>(count);
  };
  nghttp2_submit_response(session_.get(), reply.stream, fields.data(), fields.size(), &body);
}

std::vector<Byte> ApnsServer::transmit(Instant now) {
  do_due(now);
  std::vector<Byte> out;
  const std::uint8_t* data = nullptr;
  for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_.get(), &data)) > 0;) {
    out.insert(out.end(), data, data + size);
  }
  return out;
}

Instant ApnsServer::next() const {
  Instant until = std::min({second_goaway_at_, limit_back_at_, leave_at_});
  if (!replies_.empty()) {
    until = std::min(until, replies_.begin()->first);
  }
  return window_owed_ != 0 ? std::min(until, window_opens_at_) : until;
}

bool ApnsServer::finished(Instant now) const {
  return (leave_at_ <= now && replies_.empty()) ||
         (nghttp2_session_want_read(session_.get()) == 0 &&
          nghttp2_session_want_write(session_.get()) == 0);
}

}  // namespace muster::sim
