#include "loadgen/strict_conversation.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"
#include "crypto/digest.h"
#include "loadgen/json_shape.h"
#include "model/id.h"

namespace muster::loadgen {
namespace {

constexpr std::uint32_t header_list_bytes = header_bytes_max;
constexpr Byte mandatory_ack = NGHTTP2_FLAG_ACK;

std::array<Byte, 16> random_id() {
  std::array<Byte, 16> id{};
  crypto::fill_random(id);
  id[6] = static_cast<Byte>((id[6] & 0x0fU) | 0x40U);
  id[8] = static_cast<Byte>((id[8] & 0x3fU) | 0x80U);
  return id;
}

nghttp2_nv field(std::string_view name, std::string_view value) {
  // nghttp2 takes both as non-const and copies them.
  const auto bytes = [](std::string_view text) { return const_cast<Byte*>(as_bytes(text).data()); };
  return {bytes(name), bytes(value), name.size(), value.size(), NGHTTP2_NV_FLAG_NONE};
}

std::string answer_key(const ApnsAnswer& answer) {
  auto key = std::to_string(answer.status);
  const std::string_view reason =
      answer.reason_text.empty() ? name_of(answer.reason) : std::string_view(answer.reason_text);
  return reason.empty() ? key : key + " " + std::string(reason);
}

}  // namespace

StrictConversation::StrictConversation(ApnsPeer& peer, std::uint32_t number,
                                       std::string certificate_topic)
    : peer_(peer), number_(number), rules_(peer.rules), tokens_(peer.check_signature) {
  if (!certificate_topic.empty()) {
    rules_.topic_of_certificate = std::move(certificate_topic);
  }
  nghttp2_option* option = nullptr;
  MUSTER_ASSERT(nghttp2_option_new(&option) == 0);
  nghttp2_option_set_no_auto_window_update(option, 1);  // windows are given back by hand
  nghttp2_option_set_no_closed_streams(option, 1);
  auto* made = callbacks();
  MUSTER_ASSERT(nghttp2_session_server_new2(&session_, made, this, option) == 0);
  nghttp2_session_callbacks_del(made);
  nghttp2_option_del(option);

  limit_ = peer_.token_mode ? 1 : peer_.streams;
  const std::array<nghttp2_settings_entry, 3> settings{
      {{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, limit_},
       {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, peer_.window},
       {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, header_list_bytes}}};
  (void)nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, settings.data(), settings.size());
  (void)nghttp2_session_set_local_window_size(session_, NGHTTP2_FLAG_NONE, 0,
                                              static_cast<std::int32_t>(peer_.window));
}

StrictConversation::~StrictConversation() {
  nghttp2_session_del(session_);
}

// ── bytes and time ──

void StrictConversation::receive(Bytes plaintext, Instant now) {
  if (broken_ || wish_.dead || wish_.reset) {
    return;
  }
  const auto before = watch_.counts();
  watch_.receive(plaintext);
  auto& violations = peer_.stats.violations;
  violations.path_indexed += watch_.counts().path_indexed - before.path_indexed;
  violations.authorization_indexed +=
      watch_.counts().authorization_indexed - before.authorization_indexed;

  if (nghttp2_session_mem_recv(session_, plaintext.data(), plaintext.size()) < 0) {
    ++violations.protocol;
    broken_ = true;
  }
  for (const auto stream : std::exchange(complete_, {})) {
    decide(stream, now);
  }
  act_on_due(now);
}

void StrictConversation::transmit(std::vector<Byte>& to) {
  for (;;) {
    const Byte* bytes = nullptr;
    const auto size = nghttp2_session_mem_send(session_, &bytes);
    if (size <= 0) {
      broken_ = broken_ || size < 0;
      return;
    }
    to.insert(to.end(), bytes, bytes + size);
  }
}

Instant StrictConversation::deadline() const {
  const auto due = pending_.empty() ? Instant::never() : pending_.front().due;
  return std::min({due, limit_back_at_, window_back_at_});
}

void StrictConversation::expire(Instant now) {
  if (limit_back_at_ <= now) {
    limit_back_at_ = Instant::never();
    limit_back_after_ = 0;
    set_streams(peer_.streams);
  }
  if (window_back_at_ <= now) {
    window_back_at_ = Instant::never();
    withholding_ = false;
    (void)nghttp2_session_consume_connection(session_, std::exchange(withheld_bytes_, 0));
  }
  act_on_due(now);
}

bool StrictConversation::wants_close() const {
  return broken_ || (nghttp2_session_want_read(session_) == 0 && pending_.empty() &&
                     nghttp2_session_want_write(session_) == 0);
}

void StrictConversation::lost(Instant now) {
  for (const auto& pending : pending_) {
    if (pending.acted) {
      journal(pending, false, now);
    } else {
      ++peer_.stats.not_acted_on;
    }
  }
  pending_.clear();
}

// ── requests ──

ApnsVerdict StrictConversation::judge_request(const ApnsRequest& request) {
  auto verdict = judge(request, rules_);
  const auto* authorization = request.header("authorization");
  if (peer_.certificate_mode || (!peer_.token_mode && authorization == nullptr)) {
    return verdict;
  }
  const bool bound = tokens_.bound();
  const auto reason = tokens_.judge(authorization, peer_.clock->wall());
  if (reason != Reason::none) {
    verdict.answer = ApnsAnswer{status_of(reason), reason, 0, {}};
  } else if (!bound && peer_.token_mode) {
    set_streams(peer_.streams);
  }
  return verdict;
}

void StrictConversation::decide(std::int32_t stream, Instant now) {
  const auto found = streams_.find(stream);
  if (found == streams_.end() || wish_.dead || wish_.reset) {
    return;
  }
  ++peer_.stats.requests;
  if (stream > goaway_last_) {
    ++peer_.stats.not_acted_on;
    return;
  }
  const auto verdict = judge_request(found->second.request);
  const auto request = std::exchange(found->second.request, {});
  peer_.stats.without_push_type += verdict.facts.without_push_type ? 1 : 0;
  peer_.stats.without_expiration += verdict.facts.without_expiration ? 1 : 0;
  Pending pending;
  pending.stream = stream;
  pending.apns_id = verdict.facts.apns_id ? *verdict.facts.apns_id : random_id();
  pending.token = verdict.facts.token.value_or(pending.token);
  pending.answer = verdict.answer;
  if (peer_.observer != nullptr && pending.answer.status == 200) {
    pending.answer = peer_.observer->answer_for(pending.token);
    pending.payload = request.body;
  }
  pending.silent = silent_;
  pending.due = now + peer_.delay;
  if (limit_back_after_ > 0) {
    --limit_back_after_;
    if (limit_back_after_ == 0) {
      limit_back_at_ = Instant::never();
      set_streams(peer_.streams);
    }
  }
  // Faults strike what would have been accepted: a client's own mistake is answered as such.
  const auto* fault =
      pending.answer.status == 200 ? peer_.faults.next_request(pending.token) : nullptr;
  if (fault != nullptr) {
    meet(*fault, pending, now);
  }
  if (pending.stream > goaway_last_) {
    ++peer_.stats.not_acted_on;
    return;
  }
  if (wish_.reset && !fault->acted) {
    pending.acted = false;
    for (auto& other : pending_) {
      other.acted = false;
    }
  }
  pending_.push_back(std::move(pending));
}

void StrictConversation::meet(const Fault& fault, Pending& pending, Instant now) {
  switch (fault.kind) {
    case Fault::Kind::status:
      pending.answer = fault.answer;
      break;
    case Fault::Kind::reset:
      pending.reset = true;
      pending.reset_code = fault.code;
      pending.acted = fault.acted;
      break;
    case Fault::Kind::goaway:
      send_goaway(fault);
      break;
    default:
      strike(fault, now);
      pending.silent = pending.silent || fault.kind == Fault::Kind::silence;
      break;
  }
}

void StrictConversation::strike(const Fault& fault, Instant now) {
  switch (fault.kind) {
    case Fault::Kind::settings:
      lower_streams(fault, now);
      break;
    case Fault::Kind::withhold_window:
      withhold_window(fault, now);
      break;
    case Fault::Kind::silence:
      silent_ = silent_ || fault.whole_connection;
      break;
    case Fault::Kind::half_open:
      wish_.dead = true;
      break;
    case Fault::Kind::trickle:
      wish_.trickle = true;
      wish_.pause = fault.pause;
      break;
    case Fault::Kind::close:
      wish_.reset = true;
      break;
    case Fault::Kind::status:
    case Fault::Kind::reset:
    case Fault::Kind::goaway:
    case Fault::Kind::tls_alert:
      break;  // not of a whole conversation (fault_file.cc refuses them)
  }
}

// ── faults of the protocol ──

void StrictConversation::send_goaway(const Fault& fault) {
  // Never below what was acted on: that would be a lie, and a client would rightly send it again.
  std::int32_t last = newest_;
  if (fault.last == Fault::Last::none) {
    last = acted_;
  } else if (fault.last == Fault::Last::below) {
    const auto below = std::int64_t{newest_} - 2 * std::int64_t{fault.below_newest};
    last = static_cast<std::int32_t>(std::max<std::int64_t>(below, acted_));
  }
  last = std::min(last, goaway_last_);
  goaway_last_ = last;
  const auto text =
      fault.text.empty() ? std::string() : "{\"reason\":" + json_quoted(fault.text) + "}";
  if (nghttp2_submit_goaway(session_, NGHTTP2_FLAG_NONE, last, fault.code, as_bytes(text).data(),
                            text.size()) == 0) {
    ++peer_.stats.goaways;
  }
  const auto forgotten =
      std::erase_if(pending_, [last](const Pending& each) { return each.stream > last; });
  peer_.stats.not_acted_on += forgotten;
}

void StrictConversation::withhold_window(const Fault& fault, Instant now) {
  withholding_ = true;
  window_back_at_ =
      fault.back_after_time == Duration{0} ? Instant::never() : now + fault.back_after_time;
}

void StrictConversation::lower_streams(const Fault& fault, Instant now) {
  set_streams(fault.streams);
  limit_back_after_ = fault.back_after;
  limit_back_at_ =
      fault.back_after_time == Duration{0} ? Instant::never() : now + fault.back_after_time;
}

void StrictConversation::set_streams(std::uint32_t streams) {
  limit_ = streams;
  const nghttp2_settings_entry entry{NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, streams};
  (void)nghttp2_submit_settings(session_, NGHTTP2_FLAG_NONE, &entry, 1);
}

// ── answers ──

void StrictConversation::act_on_due(Instant now) {
  // A dead or reset connection answers nothing more; lost() journals what waits.
  while (!pending_.empty() && pending_.front().due <= now && !wish_.dead && !wish_.reset) {
    const auto pending = std::move(pending_.front());
    pending_.pop_front();
    act(pending, now);
  }
}

void StrictConversation::act(const Pending& pending, Instant now) {
  if (pending.reset) {
    ++peer_.stats.resets;
    peer_.stats.not_acted_on += pending.acted ? 0 : 1;
    (void)nghttp2_submit_rst_stream(session_, NGHTTP2_FLAG_NONE, pending.stream,
                                    pending.reset_code);
  }
  if (!pending.acted) {
    return;
  }
  acted_ = std::max(acted_, pending.stream);
  // The client may have cancelled the stream meanwhile: then nobody hears the answer.
  const bool heard = !pending.silent && !pending.reset && streams_.contains(pending.stream);
  journal(pending, heard, now);
  if (heard) {
    answer(pending);
  }
}

void StrictConversation::journal(const Pending& pending, bool answered, Instant now) {
  if (answered) {
    ++peer_.stats.answered[answer_key(pending.answer)];
  } else {
    ++peer_.stats.withheld;
  }
  if (peer_.observer != nullptr) {
    peer_.observer->acted_on(pending.token, pending.payload, pending.answer);
  }
  if (peer_.journal == nullptr) {
    return;
  }
  JournalRecord record;
  record.apns_id = pending.apns_id;
  record.token = pending.token;
  record.at = now;
  record.connection = number_;
  record.stream = static_cast<std::uint32_t>(pending.stream);
  record.status = pending.answer.status;
  record.reason = pending.answer.reason;
  record.answered = answered;
  peer_.journal->add(record);
}

void StrictConversation::answer(const Pending& pending) {
  auto& stream = streams_.at(pending.stream);
  stream.answer_body = pending.answer.body();
  const auto status = std::to_string(pending.answer.status);
  const auto id = uuid_text(pending.apns_id);
  const std::array<nghttp2_nv, 2> headers{field(":status", status), field("apns-id", id)};
  nghttp2_data_provider provider{};
  provider.read_callback = read_answer;
  (void)nghttp2_submit_response(session_, pending.stream, headers.data(), headers.size(),
                                stream.answer_body.empty() ? nullptr : &provider);
}

// NOLINTNEXTLINE(readability-function-size): nghttp2 decides upon the parameters
ssize_t StrictConversation::read_answer(nghttp2_session*, std::int32_t stream, Byte* room,
                                        std::size_t size, std::uint32_t* flags,
                                        nghttp2_data_source*, void* self) {
  auto& from = static_cast<StrictConversation*>(self)->streams_.at(stream);
  const auto taken = std::min(size, from.answer_body.size() - from.answer_at);
  std::copy_n(from.answer_body.data() + from.answer_at, taken, room);
  from.answer_at += taken;
  if (from.answer_at == from.answer_body.size()) {
    *flags |= NGHTTP2_DATA_FLAG_EOF;
  }
  return static_cast<ssize_t>(taken);
}

// ── nghttp2's callbacks ──

nghttp2_session_callbacks* StrictConversation::callbacks() {
  nghttp2_session_callbacks* made = nullptr;
  MUSTER_ASSERT(nghttp2_session_callbacks_new(&made) == 0);
  nghttp2_session_callbacks_set_on_begin_headers_callback(made, on_begin_headers);
  nghttp2_session_callbacks_set_on_header_callback(made, on_header);
  nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, on_data);
  nghttp2_session_callbacks_set_on_frame_recv_callback(made, on_frame);
  nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, on_invalid_frame);
  nghttp2_session_callbacks_set_on_stream_close_callback(made, on_stream_close);
  return made;
}

int StrictConversation::on_begin_headers(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto& me = *static_cast<StrictConversation*>(self);
  me.newest_ = std::max(me.newest_, frame->hd.stream_id);
  me.streams_.try_emplace(frame->hd.stream_id);
  return 0;
}

// NOLINTNEXTLINE(readability-function-size): as above
int StrictConversation::on_header(nghttp2_session*, const nghttp2_frame* frame, const Byte* name,
                                  std::size_t name_size, const Byte* value, std::size_t value_size,
                                  Byte, void* self) {
  auto& me = *static_cast<StrictConversation*>(self);
  const auto found = me.streams_.find(frame->hd.stream_id);
  if (found != me.streams_.end()) {
    found->second.request.headers.emplace_back(as_text({name, name_size}),
                                               as_text({value, value_size}));
  }
  return 0;
}

int StrictConversation::on_data(nghttp2_session* session, Byte, std::int32_t stream,
                                const Byte* data, std::size_t size, void* self) {
  constexpr std::size_t body_bytes_max = 8192;
  auto& me = *static_cast<StrictConversation*>(self);
  const auto found = me.streams_.find(stream);
  if (found != me.streams_.end()) {
    auto& request = found->second.request;
    if (request.body.size() + size > body_bytes_max) {
      request.body_too_large = true;
    } else {
      request.body += as_text({data, size});
    }
  }
  if (me.withholding_) {
    me.withheld_bytes_ += size;
    return 0;
  }
  (void)nghttp2_session_consume(session, stream, size);
  return 0;
}

int StrictConversation::on_frame(nghttp2_session*, const nghttp2_frame* frame, void* self) {
  auto& me = *static_cast<StrictConversation*>(self);
  auto& violations = me.peer_.stats.violations;
  const bool of_request = frame->hd.type == NGHTTP2_HEADERS || frame->hd.type == NGHTTP2_DATA;
  if (frame->hd.type == NGHTTP2_PRIORITY ||
      (frame->hd.type == NGHTTP2_HEADERS && (frame->hd.flags & NGHTTP2_FLAG_PRIORITY) != 0)) {
    ++violations.priority;
  }
  if (frame->hd.type == NGHTTP2_SETTINGS && (frame->hd.flags & mandatory_ack) == 0) {
    me.take_settings(frame->settings);
  }
  if (of_request && (frame->hd.flags & NGHTTP2_FLAG_END_STREAM) != 0) {
    me.complete_.push_back(frame->hd.stream_id);
  }
  return 0;
}

void StrictConversation::take_settings(const nghttp2_settings& settings) {
  bool push_off = settings_seen_;
  for (std::size_t i = 0; i < settings.niv; ++i) {
    if (settings.iv[i].settings_id == NGHTTP2_SETTINGS_ENABLE_PUSH) {
      push_off = settings.iv[i].value == 0;
    }
  }
  settings_seen_ = true;
  peer_.stats.violations.push_enabled += push_off ? 0 : 1;
}

int StrictConversation::on_invalid_frame(nghttp2_session*, const nghttp2_frame* frame, int error,
                                         void* self) {
  auto& me = *static_cast<StrictConversation*>(self);
  auto& stats = me.peer_.stats;
  if (frame->hd.type == NGHTTP2_HEADERS && error == NGHTTP2_ERR_REFUSED_STREAM) {
    // Above a limit that the client has not acknowledged yet: refused, but not its fault.
    ++stats.streams_refused;
  } else if (frame->hd.type == NGHTTP2_HEADERS && me.streams_.size() >= me.limit_ &&
             !me.streams_.contains(frame->hd.stream_id)) {
    ++stats.violations.streams_beyond_limit;
  } else {
    ++stats.violations.protocol;
  }
  return 0;
}

int StrictConversation::on_stream_close(nghttp2_session*, std::int32_t stream, std::uint32_t,
                                        void* self) {
  static_cast<StrictConversation*>(self)->streams_.erase(stream);
  return 0;
}

}  // namespace muster::loadgen
