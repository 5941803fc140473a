// One exchange on one of libcurl's easy handles, which is used again for the next.
//
// Everything libcurl would do by itself is said here once: no redirects, no proxies, no other
// protocols, no signals, no "Expect", verified certificates, TLS ≥ 1.2.
#pragma once

#include <curl/curl.h>

#include <cstddef>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "http/message.h"
#include "http/trust.h"

namespace muster::http {

// What `code` says about the exchange that ended with it.
[[nodiscard]] Error error_of_curl(CURL* handle, CURLcode code);

class Transfer {
 public:
  // `trust` outlives it.
  Transfer(const Trust& trust, std::size_t body_bytes_max);
  Transfer(const Transfer&) = delete;
  Transfer& operator=(const Transfer&) = delete;

  [[nodiscard]] CURL* handle() const { return handle_.get(); }
  // Trouble: the request cannot be written: a field of two lines, or something that is no URL.
  // `request` outlives the exchange, as does `take`, to which the body goes; null: it is kept.
  [[nodiscard]] Result<void> prepare(const Request& request,
                                     const std::function<bool(std::string_view)>* take);
  // After libcurl has said how it ended.
  [[nodiscard]] Result<Response> result(CURLcode code);

 private:
  template <class Value>
  void set(CURLoption option, Value value);
  void set_manners();
  void set_trust();
  void set_message(const Request& request);
  void set_patience(const Request& request);
  [[nodiscard]] bool hand_on(std::string_view piece);
  void add_field(const std::string& line);
  [[nodiscard]] bool add_fields(const Request& request);
  static std::size_t count_header(char* bytes, std::size_t one, std::size_t count, void* self);
  static std::size_t take_body(char* bytes, std::size_t one, std::size_t count, void* self);

  struct Cleanup {
    void operator()(CURL* handle) const { ::curl_easy_cleanup(handle); }
  };
  struct FreeList {
    void operator()(curl_slist* list) const { ::curl_slist_free_all(list); }
  };
  const Trust& trust_;
  const std::size_t body_bytes_max_;
  std::unique_ptr<CURL, Cleanup> handle_;
  std::unique_ptr<curl_slist, FreeList> fields_;
  const std::function<bool(std::string_view)>* take_ = nullptr;
  bool enough_ = false;  // said `take`
  std::string body_;
  std::size_t header_bytes_ = 0;
  bool settable_ = true;  // every option so far was taken
};

}  // namespace muster::http
