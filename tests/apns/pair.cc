#include "tests/apns/pair.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>

#include "base/assert.h"

namespace muster::apns::testing {
namespace {

std::string text(const std::uint8_t* bytes, std::size_t size) {
  return std::string(as_text(Bytes(bytes, size)));
}

ssize_t read_answer(nghttp2_session*, std::int32_t, std::uint8_t* to, std::size_t size,
                    std::uint32_t* flags, nghttp2_data_source* source, void*) {
  auto& body = *static_cast<std::string*>(source->ptr);
  const std::size_t count = std::min(size, body.size());
  std::memcpy(to, body.data(), count);
  body.erase(0, count);
  if (body.empty()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return static_cast<ssize_t>(count);
}

int on_header(nghttp2_session*, const nghttp2_frame* frame, const std::uint8_t* name,
              std::size_t name_size, const std::uint8_t* value, std::size_t value_size,
              std::uint8_t flags, void* self) {
  static_cast<Peer*>(self)->requests[frame->hd.stream_id].fields.push_back(
      {text(name, name_size), text(value, value_size), (flags & NGHTTP2_NV_FLAG_NO_INDEX) != 0});
  return 0;
}

int on_data(nghttp2_session*, std::uint8_t, std::int32_t stream, const std::uint8_t* bytes,
            std::size_t size, void* self) {
  static_cast<Peer*>(self)->requests[stream].body += text(bytes, size);
  return 0;
}

int on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto& peer = *static_cast<Peer*>(self);
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
    case NGHTTP2_DATA:
      peer.requests[frame->hd.stream_id].complete |=
          (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0;
      break;
    case NGHTTP2_RST_STREAM:
      ++peer.resets;
      peer.requests[frame->hd.stream_id].reset = true;
      peer.requests[frame->hd.stream_id].reset_code = frame->rst_stream.error_code;
      break;
    case NGHTTP2_PING:
      peer.pings += (frame->hd.flags & NGHTTP2_FLAG_ACK) == 0 ? 1 : 0;
      break;
    case NGHTTP2_GOAWAY:
      ++peer.goaways;
      break;
    case NGHTTP2_SETTINGS:
      for (std::size_t i = 0; i < frame->settings.niv; ++i) {
        if (frame->settings.iv[i].settings_id == NGHTTP2_SETTINGS_ENABLE_PUSH) {
          peer.enable_push = frame->settings.iv[i].value;
        }
      }
      break;
    default:
      break;
  }
  return 0;
}

int on_invalid(nghttp2_session*, const nghttp2_frame*, int error, void* self) {
  // A limit that fell while the request was under way is nobody's fault.
  static_cast<Peer*>(self)->broken |= error != NGHTTP2_ERR_REFUSED_STREAM;
  return 0;
}

}  // namespace

std::string big_endian(std::uint32_t value) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>(value >> shift & 255U);
  }
  return bytes;
}

Buffer frame(Byte type, Byte flags, std::int32_t stream, std::string_view payload) {
  const std::string size = big_endian(static_cast<std::uint32_t>(payload.size())).substr(1);
  std::string all = size;
  all += static_cast<char>(type);
  all += static_cast<char>(flags);
  all += big_endian(static_cast<std::uint32_t>(stream));
  all += payload;
  const Bytes bytes = as_bytes(all);
  return {bytes.begin(), bytes.end()};
}

Buffer settings_frame(const std::vector<nghttp2_settings_entry>& entries) {
  std::string payload;
  for (const auto& entry : entries) {
    payload += big_endian(static_cast<std::uint32_t>(entry.settings_id)).substr(2);
    payload += big_endian(entry.value);
  }
  return frame(NGHTTP2_SETTINGS, 0, 0, payload);
}

Buffer goaway_frame(std::int32_t last_stream, std::uint32_t code, std::string_view debug_data) {
  return frame(NGHTTP2_GOAWAY, 0, 0,
               big_endian(static_cast<std::uint32_t>(last_stream)) + big_endian(code) +
                   std::string(debug_data));
}

Buffer rst_stream_frame(std::int32_t stream, std::uint32_t code) {
  return frame(NGHTTP2_RST_STREAM, 0, stream, big_endian(code));
}

Buffer window_update_frame(std::int32_t stream, std::uint32_t by) {
  return frame(NGHTTP2_WINDOW_UPDATE, 0, stream, big_endian(by));
}

Buffer status_frame(std::int32_t stream, std::string_view status, bool ends) {
  // HPACK: literal without indexing, name 8 of the static table is :status.
  const std::string block = std::string("\x08\x03") + std::string(status);
  const int flags = NGHTTP2_FLAG_END_HEADERS | (ends ? NGHTTP2_FLAG_END_STREAM : 0);
  return frame(NGHTTP2_HEADERS, static_cast<Byte>(flags), stream, block);
}

Buffer operator+(Buffer left, const Buffer& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

std::string ReceivedRequest::field(std::string_view name) const {
  const auto at = std::find_if(fields.begin(), fields.end(),
                               [&](const ReceivedField& field) { return field.name == name; });
  return at == fields.end() ? std::string() : at->value;
}

bool ReceivedRequest::never_indexed(std::string_view name) const {
  return std::any_of(fields.begin(), fields.end(), [&](const ReceivedField& field) {
    return field.name == name && field.never_indexed;
  });
}

Peer::Peer(const PeerSettings& settings) {
  nghttp2_session_callbacks* callbacks = nullptr;
  MUSTER_ASSERT(nghttp2_session_callbacks_new(&callbacks) == 0);
  nghttp2_session_callbacks_set_on_header_callback(callbacks, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(callbacks, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(callbacks, on_frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(callbacks, on_invalid);
  nghttp2_option* option = nullptr;
  MUSTER_ASSERT(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, settings.widens_windows ? 0 : 1);
  nghttp2_session* session = nullptr;
  MUSTER_ASSERT(nghttp2_session_server_new2(&session, callbacks, this, option) == 0);
  nghttp2_option_del(option);
  nghttp2_session_callbacks_del(callbacks);
  session_.reset(session);
  const std::array<nghttp2_settings_entry, 2> entries{
      nghttp2_settings_entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, settings.streams},
      nghttp2_settings_entry{NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, settings.window}};
  MUSTER_ASSERT(nghttp2_submit_settings(session, 0, entries.data(), entries.size()) == 0);
}

void Peer::receive(Bytes bytes) {
  broken |= nghttp2_session_mem_recv(session_.get(), bytes.data(), bytes.size()) < 0;
}

Buffer Peer::transmit() {
  Buffer bytes;
  const std::uint8_t* data = nullptr;
  for (ssize_t size = 0; (size = nghttp2_session_mem_send(session_.get(), &data)) > 0;) {
    bytes.insert(bytes.end(), data, data + size);
  }
  return bytes;
}

void Peer::respond(std::int32_t stream, int status, const std::string& body,
                   const std::vector<std::pair<std::string, std::string>>& more) {
  std::vector<std::pair<std::string, std::string>> fields{{":status", std::to_string(status)}};
  fields.insert(fields.end(), more.begin(), more.end());
  std::vector<nghttp2_nv> values;
  for (auto& [name, value] : fields) {
    values.push_back({reinterpret_cast<std::uint8_t*>(name.data()),
                      reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(), 0});
  }
  nghttp2_data_provider provider{};
  provider.read_callback = read_answer;
  if (!body.empty()) {
    bodies_.push_back(body);
    provider.source.ptr = &bodies_.back();
  }
  MUSTER_ASSERT(nghttp2_submit_response(session_.get(), stream, values.data(), values.size(),
                                        body.empty() ? nullptr : &provider) == 0);
}

void Peer::respond_to_all(int status, const std::string& body) {
  for (const auto& [stream, request] : requests) {
    if (request.complete &&
        nghttp2_session_get_stream_user_data(session_.get(), stream) == nullptr &&
        nghttp2_session_get_stream_local_close(session_.get(), stream) == 0) {
      respond(stream, status, body);
    }
  }
}

void Peer::announce(std::int32_t stream, int status) {
  std::string name = ":status";
  std::string value = std::to_string(status);
  const nghttp2_nv field{reinterpret_cast<std::uint8_t*>(name.data()),
                         reinterpret_cast<std::uint8_t*>(value.data()), name.size(), value.size(),
                         0};
  MUSTER_ASSERT(nghttp2_submit_headers(session_.get(), 0, stream, nullptr, &field, 1, nullptr) ==
                0);
}

void Peer::reset(std::int32_t stream, std::uint32_t code) {
  MUSTER_ASSERT(nghttp2_submit_rst_stream(session_.get(), 0, stream, code) == 0);
}

void Peer::change(const std::vector<nghttp2_settings_entry>& entries) {
  MUSTER_ASSERT(nghttp2_submit_settings(session_.get(), 0, entries.data(), entries.size()) == 0);
}

void Peer::ping() {
  MUSTER_ASSERT(nghttp2_submit_ping(session_.get(), 0, nullptr) == 0);
}

void Peer::widen(std::int32_t stream, std::int32_t by) {
  MUSTER_ASSERT(nghttp2_submit_window_update(session_.get(), 0, stream, by) == 0);
}

void Peer::say_goaway(std::int32_t last_stream, std::string_view debug_data) {
  MUSTER_ASSERT(nghttp2_submit_goaway(session_.get(), 0, last_stream, NGHTTP2_NO_ERROR,
                                      as_bytes(debug_data).data(), debug_data.size()) == 0);
}

Framing framing_under_test() {
  const char* chosen = std::getenv("MUSTER_FRAMING");
  return chosen != nullptr && std::string_view(chosen) == "nghttp2" ? Framing::nghttp2
                                                                    : Framing::muster;
}

SessionSettings Pair::certificate() {
  SessionSettings settings;
  settings.framing = framing_under_test();
  settings.authority = "api.push.apple.com:443";
  settings.topic = "com.apple.mgmt.External.1";
  settings.push_type = PushType::mdm;
  return settings;
}

SessionSettings Pair::alert() {
  SessionSettings settings = certificate();
  settings.topic = "com.example.muster";
  settings.push_type = PushType::alert;
  return settings;
}

Pair::Pair(const SessionSettings& settings, const PeerSettings& peer_settings)
    : session(open_session(settings)), peer(peer_settings) {
  content.push_prefix = {0xa0, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 0xa7};
  content.expiration_s = 1'700'604'800;
  content.alert_payloads = {R"({"aps":{"alert":{"title":"t","body":"b"}}})"};
}

void Pair::connect() {
  session->connected(clock.now());
  turn();
}

void Pair::send() {
  Buffer room(piece);
  for (std::size_t size = 0; (size = session->transmit(room, clock.now())) > 0;) {
    peer.receive(Bytes(room).first(size));
  }
}

void Pair::turn() {
  for (bool moved = true; moved;) {
    send();
    const Buffer bytes = peer.transmit();
    moved = !bytes.empty();
    for (Bytes left = bytes; !left.empty();) {
      const std::size_t size = std::min(piece, left.size());
      session->receive(left.first(size), clock.now());
      left = left.subspan(size);
    }
  }
  collect();
}

void Pair::wait(Duration by) {
  const Instant end = clock.now() + by;
  while (session->deadline() <= end) {
    clock.turn_to(std::max(session->deadline(), clock.now()));
    session->expire(clock.now());
    turn();
  }
  clock.turn_to(end);
}

const Job& Pair::add_job() {
  Job job;
  job.invitation = static_cast<InvitationNumber>(jobs.size());
  job.generation = 1;
  job.token_size = 32;
  for (std::size_t i = 0; i < job.token_size; ++i) {
    job.target[i] = static_cast<Byte>(i * 7 + jobs.size());
  }
  const std::string magic = "3C5F2A7E-0000-4000-8000-0123456789AB";
  std::copy(magic.begin(), magic.end(), job.target.begin() + job.token_size);
  job.magic_size = static_cast<std::uint8_t>(magic.size());
  return jobs.emplace_back(job);
}

void Pair::submit(std::uint32_t count) {
  for (std::uint32_t i = 0; i < count; ++i) {
    const auto slot = static_cast<Slot>(jobs.size());
    session->submit(slot, add_job(), content, clock.now());
  }
}

const wire::Answer* Pair::answer_of(Slot slot) const {
  const auto at = std::find_if(answers.begin(), answers.end(),
                               [&](const wire::Answer& answer) { return answer.slot == slot; });
  return at == answers.end() ? nullptr : &*at;
}

std::size_t Pair::count(wire::Fate fate) const {
  return static_cast<std::size_t>(
      std::count_if(answers.begin(), answers.end(),
                    [&](const wire::Answer& answer) { return answer.fate == fate; }));
}

}  // namespace muster::apns::testing
