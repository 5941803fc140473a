// A small HTTP/2 client without a socket, for tests: asks like Muster should, notes what comes
// back.
#pragma once

#include <nghttp2/nghttp2.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "model/id.h"

namespace muster::loadgen {

class Client {
 public:
  using Headers = std::vector<std::pair<std::string, std::string>>;
  struct Reply {
    std::string status;
    std::string apns_id;
    std::string body;
    bool closed = false;
    std::uint32_t code = 0;  // of RST_STREAM
  };

  explicit Client(bool polite = true) {
    nghttp2_session_callbacks* callbacks = nullptr;
    nghttp2_session_callbacks_new(&callbacks);
    nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
    nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
    nghttp2_session_callbacks_set_on_stream_close_callback(callbacks, on_close);
    nghttp2_session_client_new(&session_, callbacks, this);
    nghttp2_session_callbacks_del(callbacks);
    const nghttp2_settings_entry no_push{NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
    nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &no_push, polite ? 1 : 0);
  }
  ~Client() { nghttp2_session_del(session_); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  // The headers of an MDM wake for the n-th device.
  static Headers wake(std::uint32_t n) {
    std::array<Byte, 32> token{};
    put(token.data(), n + 1);
    std::array<Byte, 16> id{};
    put(id.data() + 12, n);
    return {{":method", "POST"},
            {":scheme", "https"},
            {":path", "/3/device/" + to_hex(token)},
            {":authority", "localhost"},
            {"apns-topic", "com.apple.mgmt.External.x"},
            {"apns-push-type", "mdm"},
            {"apns-id", uuid_text(id)},
            {"apns-expiration", "1700000000"}};
  }

  std::int32_t ask(const Headers& headers, const std::string& body = R"({"mdm":"MAGIC"})",
                   Byte flags = NGHTTP2_NV_FLAG_NONE) {
    std::vector<nghttp2_nv> fields;
    for (const auto& [name, value] : headers) {
      fields.push_back({const_cast<Byte*>(as_bytes(name).data()),
                        const_cast<Byte*>(as_bytes(value).data()), name.size(), value.size(),
                        flags});
    }
    nghttp2_data_provider provider{};
    provider.read_callback = read_body;
    const auto stream = nghttp2_submit_request(session_, nullptr, fields.data(), fields.size(),
                                               body.empty() ? nullptr : &provider, nullptr);
    bodies_[stream] = {body, 0};
    return stream;
  }
  std::int32_t wake_device(std::uint32_t n) { return ask(wake(n)); }

  std::vector<Byte> send() {
    std::vector<Byte> bytes;
    for (;;) {
      const Byte* piece = nullptr;
      const auto size = nghttp2_session_mem_send(session_, &piece);
      if (size <= 0) {
        return bytes;
      }
      bytes.insert(bytes.end(), piece, piece + size);
    }
  }
  void receive(Bytes bytes) {
    failed |= nghttp2_session_mem_recv(session_, bytes.data(), bytes.size()) < 0;
  }

  nghttp2_session* session() { return session_; }
  [[nodiscard]] std::uint32_t streams_allowed() const {
    return nghttp2_session_get_remote_settings(session_, NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
  }
  [[nodiscard]] std::int32_t window() const {
    return nghttp2_session_get_remote_window_size(session_);
  }
  const std::string& status(std::int32_t stream) { return replies[stream].status; }

  std::map<std::int32_t, Reply> replies;
  int goaways = 0;
  std::int32_t goaway_last = -1;
  std::string goaway_text;
  bool failed = false;

 private:
  static int on_header(nghttp2_session*, const nghttp2_frame* frame, const Byte* name,
                       std::size_t name_size, const Byte* value, std::size_t value_size, Byte,
                       void* self) {
    auto& reply = static_cast<Client*>(self)->replies[frame->hd.stream_id];
    const auto key = as_text({name, name_size});
    const std::string text(as_text({value, value_size}));
    if (key == ":status") {
      reply.status = text;
    } else if (key == "apns-id") {
      reply.apns_id = text;
    }
    return 0;
  }
  static int on_data(nghttp2_session*, Byte, std::int32_t stream, const Byte* data,
                     std::size_t size, void* self) {
    static_cast<Client*>(self)->replies[stream].body += as_text({data, size});
    return 0;
  }
  static int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
    auto& me = *static_cast<Client*>(self);
    if (frame->hd.type == NGHTTP2_GOAWAY) {
      ++me.goaways;
      me.goaway_last = frame->goaway.last_stream_id;
      me.goaway_text = as_text({frame->goaway.opaque_data, frame->goaway.opaque_data_len});
    }
    return 0;
  }
  static int on_close(nghttp2_session*, std::int32_t stream, std::uint32_t code, void* self) {
    auto& reply = static_cast<Client*>(self)->replies[stream];
    reply.closed = true;
    reply.code = code;
    return 0;
  }
  static ssize_t read_body(nghttp2_session*, std::int32_t stream, Byte* room, std::size_t size,
                           std::uint32_t* flags, nghttp2_data_source*, void* self) {
    auto& [body, at] = static_cast<Client*>(self)->bodies_[stream];
    const auto taken = std::min(size, body.size() - at);
    std::copy_n(body.data() + at, taken, room);
    at += taken;
    *flags |= at == body.size() ? NGHTTP2_DATA_FLAG_EOF : NGHTTP2_DATA_FLAG_NONE;
    return static_cast<ssize_t>(taken);
  }

  nghttp2_session* session_ = nullptr;
  std::map<std::int32_t, std::pair<std::string, std::size_t>> bodies_;
};

}  // namespace muster::loadgen
