// The registrar's inside: one object, its verbs in a file a concern.
//
//   registrar.cc   the doors     wishes.cc    install, take over, want, codes
//   opening.cc     reading the store, at the start and after trouble with it
//   turning.cc     what is due, whose turn it is, what trouble means
//   proving.cc     service/config, and whose the token is
//   asking.cc      users/create, or version 1      statuses.cc   what became of the batches
//   walking.cc     GET /users: walks, single look-ups
//   hearing.cc     notifications        seeing.cc   what Apple says of a user, into his row
//
// A turn is one step for the location that has been due the longest: at most five requests at once,
// then one transaction with all that the answers say. No transaction is open while Apple is asked.
// Trouble with the store ends the turn; everything is read from it anew some seconds later, since
// what memory has may be ahead of it.
#pragma once

#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/random.h"
#include "registrar/books_answer.h"
#include "registrar/books_request.h"
#include "registrar/inbox.h"
#include "registrar/location.h"
#include "registrar/records.h"
#include "registrar/registrar.h"

namespace muster::registrar {

// What the answers of one round say about the location as a whole.
class Round {
 public:
  void note(const Refusal& refusal);
  // What it says about users was seen to; only its Retry-After counts here.
  void note_handled(const Refusal& refusal);
  [[nodiscard]] bool good() const { return !held_up_ && !stop_; }
  [[nodiscard]] bool held_up() const { return held_up_; }  // leave Apple alone for a while
  [[nodiscard]] Duration retry_after() const { return retry_after_; }
  [[nodiscard]] const std::optional<Refusal>& stop() const { return stop_; }
  [[nodiscard]] const std::string& words() const { return words_; }

 private:
  bool held_up_ = false;
  Duration retry_after_ = Duration::zero();
  std::optional<Refusal> stop_;
  std::string words_;  // of the last trouble
};

struct Registrar::Implementation {
  Implementation(std::string dir, RegistrarSettings how, http::Exchange& with, const Clock& by,
                 store::RegistrationStore store);

  // ── opening ──
  [[nodiscard]] Result<void> load();
  // Trouble with the store: read it anew, later.
  void lose(const Error& error, Instant now);

  // ── wishes ──
  [[nodiscard]] Result<void, Complaint> install(const std::string& id, const ContentToken& token);
  [[nodiscard]] Result<void, Complaint> take_over(const std::string& id);
  [[nodiscard]] Result<void> want(std::span<const Person> people);
  [[nodiscard]] Result<void> take_codes(std::span<const ImportedCode> codes);
  [[nodiscard]] Result<void> want_one(const Person& person);
  [[nodiscard]] Result<void> put_wanted(const Person& person, Location* location,
                                        std::optional<store::RegistrationRow> known);
  [[nodiscard]] Result<void> take_code(const ImportedCode& imported, std::string code);
  // Runs `write` in a transaction; on trouble nothing was stored and the store is read anew.
  [[nodiscard]] Result<void> write(const std::function<Result<void>()>& what);

  // ── turning ──
  void turn();
  [[nodiscard]] Instant next() const;
  [[nodiscard]] Instant due_of(const Location& location) const;
  [[nodiscard]] Instant work_of(const Location& location) const;
  [[nodiscard]] bool can_create(const Location& location) const;
  [[nodiscard]] Result<void> step(Location& location);
  [[nodiscard]] const ServiceConfig& rules() const;  // Apple's, as last read
  [[nodiscard]] std::size_t at_once() const;         // requests
  // Makes the requests and paces the location by Apple's limit.
  [[nodiscard]] std::vector<HttpAnswer> ask(Location& location,
                                            std::span<const http::Request> requests);
  // Inside the transaction that takes in a round's answers.
  [[nodiscard]] Result<void> conclude(Location& location, const Round& round);
  [[nodiscard]] Result<void> hold(Location& location, Hold hold, std::string words);
  // Apple has named an owner of the token: whether it is still ours.
  [[nodiscard]] Result<bool> still_ours(Location& location, const std::optional<MdmInfo>& mdm);
  [[nodiscard]] BooksAccess access(const Location& location) const {
    return {settings.url, location.row.content_token};
  }

  // ── proving ──
  [[nodiscard]] Result<void> ask_service(Location& location);
  [[nodiscard]] Result<void> prove(Location& location);
  [[nodiscard]] Result<void> take_in_config(Location& location, const ClientConfig& config);
  [[nodiscard]] Result<void> prove_ours(Location& location);
  [[nodiscard]] Result<void> claim(Location& location);
  [[nodiscard]] bool claim_wanted(const Location& location, const ClientConfig& config) const;

  // ── asking ──
  using Chunk = std::vector<store::RegistrationRow>;
  [[nodiscard]] Result<void> create(Location& location);
  [[nodiscard]] Result<Chunk> next_chunk(Location& location, std::size_t most, bool mark);
  [[nodiscard]] Result<void> take_in_created(Location& location, const Chunk& chunk,
                                             const Answer<Created>& answer, Round& round);
  [[nodiscard]] Result<void> take_in_refused(Location& location, const Chunk& chunk,
                                             const Refusal& refusal, Round& round);
  void read_back(Location& location, const Chunk& chunk, bool counts);
  [[nodiscard]] Result<void> back_to_wanted(Location& location, const Chunk& chunk);
  // He is tried again after a while of his own, or, after the last time, refused.
  [[nodiscard]] Result<void> again(Location& location, store::RegistrationRow& row,
                                   std::uint32_t number);
  [[nodiscard]] Result<void> refuse(store::RegistrationRow& row, std::uint32_t number);
  [[nodiscard]] Result<void> register_some(Location& location);
  [[nodiscard]] Result<void> again_asked(Location& location, store::RegistrationRow row);
  [[nodiscard]] Result<void> ask_statuses(Location& location);
  [[nodiscard]] Result<void> take_in_status(Location& location, OpenBatch& batch,
                                            const Answer<EventState>& answer, Round& round);
  [[nodiscard]] Result<void> take_in_failures(Location& location, const OpenBatch& batch,
                                              const EventState& state, Round& round);
  [[nodiscard]] Result<void> take_in_failure(Location& location, UserNumber user,
                                             std::uint32_t number, Round& round);
  // The batch is settled, but for reading back those of its users who are still asked.
  [[nodiscard]] Result<void> finish(Location& location, OpenBatch& batch, bool counts);

  // ── walking ──
  [[nodiscard]] Result<void> walk(Location& location);
  [[nodiscard]] Result<void> take_in_pages(Location& location, std::span<const HttpAnswer> answers,
                                           Round& round);
  [[nodiscard]] Result<void> take_in_page(Location& location, const UsersPage& page);
  bool begin_again(Location& location, std::uint32_t number);
  [[nodiscard]] Result<void> end_walk(Location& location);
  [[nodiscard]] Result<void> settle(Location& location, bool whole, bool all);
  [[nodiscard]] Result<void> look_up(Location& location);
  [[nodiscard]] Result<void> take_in_looked_up(Location& location, const Unsettled& who,
                                               const std::vector<SeenUser>& found);
  [[nodiscard]] Result<void> not_there(Location& location, const Unsettled& who,
                                       store::RegistrationRow& row);

  // ── seeing ──
  // `sure`: he was asked for by name, just now.
  [[nodiscard]] Result<void> see(Location& location, const SeenUser& seen, bool sure);
  [[nodiscard]] Result<void> see_associated(Location& location, store::RegistrationRow& row,
                                            const SeenUser& seen);
  [[nodiscard]] Result<void> see_registered(store::RegistrationRow& row, const SeenUser& seen);

  // ── hearing ──
  [[nodiscard]] Result<void> hear();
  [[nodiscard]] Result<void> hear_one(Location& location, const Notification& notification);

  // ── small things ──
  [[nodiscard]] Location* find(const std::string& id);
  [[nodiscard]] Location* find(store::LocationNumber number);
  Location& add_location(store::LocationRow row);
  void publish();  // what locations() gives

  const std::string dir_;
  const RegistrarSettings settings;
  http::Exchange& exchange;
  const Clock& clock;
  Records records;
  Random random;
  Inbox inbox;
  std::deque<Location> places;  // a deque: references stay good
  std::size_t turn_of = 0;      // whose turn it is next, if he is due

  std::optional<ServiceConfig> service;
  Instant service_until;
  bool stale = false;   // memory may be ahead of the store
  bool halted = false;  // the disk failed: nothing may be believed any more
  Instant load_at;
  Instant forget_at;  // old notifications, next

  mutable std::mutex facts_mutex;
  std::vector<LocationFacts> facts;
};

}  // namespace muster::registrar
