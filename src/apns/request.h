// The header fields and the body of a push request (reference apns.md §1.2, §1.6).
//
// Fields come in the order they are sent, each with Apple's wish for HPACK: :path and authorization
// never enter the table; apns-id and apns-collapse-id do so once a connection, so that later ones
// can name them by index; the rest is the same for thousands of requests and is indexed. One
// builder a connection; it allocates nothing per job.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "model/job.h"

namespace muster::apns {

struct SessionSettings;

// apns-id of a job, as 36 characters.
using IdText = std::array<char, 36>;
[[nodiscard]] IdText id_text_of(const Job& job, const Content& content);

[[nodiscard]] std::size_t body_size(PushType type, const Job& job, const Content& content);
// Copies the body's bytes from `offset` on, as many as fit; returns how many.
[[nodiscard]] std::size_t copy_body(PushType type, const Job& job, const Content& content,
                                    std::size_t offset, MutableBytes room);
// Writes all of it; `size` is what body_size() said.
void write_whole_body(PushType type, const Job& job, const Content& content, std::size_t size,
                      Byte* to);

struct Field {
  std::string_view name;
  std::string_view value;
  bool indexed = true;  // false: must not enter the compression table
};

class RequestBuilder {
 public:
  static constexpr std::size_t fields_max = 11;

  // Borrows `settings`, which outlive it.
  explicit RequestBuilder(const SessionSettings& settings);

  // The views live until the next call; `authorization` is empty with a certificate.
  [[nodiscard]] std::span<const Field> fields(const Job& job, const Content& content,
                                              std::string_view authorization);

 private:
  static constexpr std::string_view path_prefix = "/3/device/";

  const SessionSettings& settings_;
  std::array<Field, fields_max> fields_;
  std::array<char, path_prefix.size() + 2 * limits::push_token_bytes_max> path_{};
  IdText id_{};
  std::array<char, 20> expiration_{};
  bool names_known_ = false;  // the peer's table has seen apns-id and apns-collapse-id
};

}  // namespace muster::apns
