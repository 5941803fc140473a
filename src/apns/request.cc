#include "apns/request.h"

#include <algorithm>
#include <charconv>

#include "apns/payload.h"
#include "apns/session.h"
#include "base/assert.h"

namespace muster::apns {
namespace {

// The task's payload in the job's language; the first one where there is none.
std::string_view alert_of(const Job& job, const Content& content) {
  MUSTER_ASSERT(!content.alert_payloads.empty());
  const std::size_t language = job.language < content.alert_payloads.size() ? job.language : 0;
  return content.alert_payloads[language];
}

std::size_t copy_from(std::string_view body, std::size_t offset, MutableBytes room) {
  MUSTER_ASSERT(offset <= body.size());
  const std::size_t count = std::min(body.size() - offset, room.size());
  std::copy_n(as_bytes(body).data() + offset, count, room.data());
  return count;
}

}  // namespace

IdText id_text_of(const Job& job, const Content& content) {
  IdText text{};
  write_uuid(apns_id(content.push_prefix, job.invitation, job.generation), text.data());
  return text;
}

RequestBuilder::RequestBuilder(const SessionSettings& settings) : settings_(settings) {
  std::copy(path_prefix.begin(), path_prefix.end(), path_.begin());
}

std::span<const Field> RequestBuilder::fields(const Job& job, const Content& content,
                                              std::string_view authorization) {
  MUSTER_ASSERT(job.token_size > 0);
  MUSTER_ASSERT(job.token_size <= limits::push_token_bytes_max);
  const char* path_end = write_hex(job.token(), path_.data() + path_prefix.size());
  id_ = id_text_of(job, content);
  const auto written = std::to_chars(expiration_.data(), expiration_.data() + expiration_.size(),
                                     content.expiration_s);
  const std::string_view id{id_.data(), id_.size()};
  const bool alert = settings_.push_type == PushType::alert;

  std::size_t count = 0;
  const auto add = [&](std::string_view name, std::string_view value, bool indexed = true) {
    fields_[count++] = Field{name, value, indexed};
  };
  add(":method", "POST");
  add(":scheme", "https");
  add(":authority", settings_.authority);
  add(":path", {path_.data(), static_cast<std::size_t>(path_end - path_.data())}, false);
  if (!authorization.empty()) {
    add("authorization", authorization, false);
  }
  add("apns-topic", settings_.topic);
  add("apns-push-type", alert ? "alert" : "mdm");
  add("apns-priority", "10");
  // Constant for a task and therefore worth its place in the table.
  add("apns-expiration",
      {expiration_.data(), static_cast<std::size_t>(written.ptr - expiration_.data())});
  add("apns-id", id, !names_known_);
  if (alert) {
    // A repeat after a lost answer then replaces the first notification instead of adding another.
    // MDM wakes coalesce by themselves and must not carry it.
    add("apns-collapse-id", id, !names_known_);
  }
  names_known_ = true;
  return std::span(fields_).first(count);
}

std::size_t body_size(PushType type, const Job& job, const Content& content) {
  return type == PushType::alert ? alert_of(job, content).size() : mdm_payload_size(job.magic());
}

std::size_t copy_body(PushType type, const Job& job, const Content& content, std::size_t offset,
                      MutableBytes room) {
  if (type == PushType::alert) {
    return copy_from(alert_of(job, content), offset, room);
  }
  MdmPayload payload;
  const std::size_t size = write_mdm_payload(job.magic(), payload);
  return copy_from({payload.data(), size}, offset, room);
}

void write_whole_body(PushType type, const Job& job, const Content& content, std::size_t size,
                      Byte* to) {
  if (type == PushType::mdm && size == plain_mdm_payload_size(job.magic())) {
    write_plain_mdm_payload(job.magic(), reinterpret_cast<char*>(to));
    return;
  }
  const auto written = copy_body(type, job, content, 0, MutableBytes(to, size));
  MUSTER_ASSERT(written == size);
}

}  // namespace muster::apns
