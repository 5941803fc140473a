// Apple's Apps and Books service, simulated: one location, both versions of the API, and the page
// that invitations lead to. Pure: no socket, no thread; time comes in with each call.
//
//   /mdm/v2/…      version 2 (books_v2.h)
//   /mdm/<Srv>     version 1 (books_v1.h)
//   /accept        a user's tap (books_accept.h)
//
// A request goes through the faults that are due (books_faults.h), Retry-After, method and token,
// and then to its endpoint; whoever calls sends the reply, makes the posts of take_posts() and says
// what came of them. Everything is in the journal before answer() returns.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "http/server.h"
#include "loadgen/books_location.h"
#include "loadgen/books_v1.h"
#include "loadgen/books_v2.h"

namespace muster::loadgen {

// What is to be done about one request.
struct BooksAnswer {
  http::Reply reply;
  Duration delay{0};       // before it goes out
  bool hang_up = false;    // the connection ends in its place
  bool list = false;       // list_done() is due once it is out
  std::uint64_t test = 0;  // not 0: posted() has the reply, once this post is made
};

class Books {
 public:
  Books(BooksRules rules, BooksFaultPlan faults, BooksJournal journal);

  [[nodiscard]] BooksAnswer answer(const http::ServerRequest& request, Instant now);
  // The answer to a list request is out, or has nobody to go to.
  void list_done();
  // Lets events go on.
  void advance(Instant now);
  // Notifications to be posted now.
  [[nodiscard]] std::vector<BooksPost> take_posts(Instant now);
  // What became of a post; the answer that waited for it, if one did.
  [[nodiscard]] std::optional<BooksAnswer> posted(std::uint64_t number, bool delivered,
                                                  Instant now);
  // When advance() and take_posts() have something to do.
  [[nodiscard]] Instant next_event() const { return location_.events.next(); }
  [[nodiscard]] Instant next_post() const { return location_.notices.next(); }

  // What an administrator installs; its generation rises when a fault makes it void.
  [[nodiscard]] const BooksToken& token() const { return location_.token; }
  // The journal could not be written: nothing may be answered any more.
  [[nodiscard]] const std::optional<Complaint>& trouble() const { return trouble_; }
  // One line of JSON.
  [[nodiscard]] std::string stats() const;

 private:
  struct Route;
  struct Visit;
  [[nodiscard]] static const Route* route_of(const std::string& path);
  [[nodiscard]] BooksAnswer act(const http::ServerRequest& request, Instant now);
  [[nodiscard]] BooksAnswer tap(const BooksCall& call);
  [[nodiscard]] http::Reply serve(Visit& visit, BooksAnswer& answer);
  void change(const BooksFault& fault, Instant now);
  [[nodiscard]] std::optional<http::Reply> unavailable(const Visit& visit);
  [[nodiscard]] http::Reply fail(const Visit& visit, const BooksFault& fault);
  [[nodiscard]] std::optional<http::Reply> refuse_token(const Visit& visit);
  [[nodiscard]] bool too_many(Instant now);
  [[nodiscard]] http::Reply refusal(const Visit& visit, const BooksRefusal& refused,
                                    std::uint16_t status = 0);
  void flush();

  BooksLocation location_;
  BooksV1 v1_{location_};
  BooksV2 v2_{location_};
  std::map<BooksPoint, std::uint64_t> requests_;
  Instant closed_at_;     // when Retry-After was said first
  Instant closed_until_;  // Retry-After; requests before it lengthen it
  Instant second_began_;  // of maxRequestPerSecond
  std::uint64_t in_second_ = 0;
  std::optional<Complaint> trouble_;
};

}  // namespace muster::loadgen
