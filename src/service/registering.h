// The registrar at work: its thread, what is asked of it, and its word to the pipeline.
//
// One thread owns the registrar, asks Apple and waits for Apple. What people ask for (install a
// token, take over) is done by that thread and waited for; whom a task means is only handed over:
// the task stands in the ledger, and whoever takes it up again hands its users over again, so
// nothing is lost if nobody was told yet. Users are fed to the registrar in pieces, so that its
// memory does not grow with a group.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/number_set.h"
#include "base/result.h"
#include "base/time.h"
#include "http/client.h"
#include "muster/settings.h"
#include "pipeline/clearance.h"
#include "registrar/registrar.h"
#include "roster/roster.h"

namespace muster::service {

// Of users of whom the roster does not say.
inline const std::string default_location = "default";

class Registering final : public pipeline::Clearances {
 public:
  // The complaint names books.trust_file or the data directory. Asks nobody before something is
  // due. `clock` outlives it.
  [[nodiscard]] static Result<std::unique_ptr<Registering>, Complaint> open(
      const std::string& dir, const BooksSettings& settings, const Clock& clock);
  // Interrupts what is being asked; what that was is asked again by the next one.
  ~Registering() override;

  // ── any thread; done when they return ──
  [[nodiscard]] Result<void, Complaint> install(const std::string& location,
                                                const registrar::ContentToken& token);
  [[nodiscard]] Result<void, Complaint> take_over(const std::string& location);
  [[nodiscard]] Result<void> take_codes(const std::vector<registrar::ImportedCode>& codes);

  // ── any thread; taken up later ──
  // These users are to be registered, in this order. Who was refused waits from now on.
  void want(NumberSet users);
  // Called, by the registrar's thread and under a lock, after a user's standing changed: it must
  // neither block nor ask us. Set before the first want; once another is set, or an empty one, the
  // former is not called any more.
  void on_change(std::function<void()> changed);
  // Who has accepted since the last call.
  [[nodiscard]] std::vector<UserNumber> take_associated();

  // ── any thread; at once ──
  [[nodiscard]] std::vector<registrar::LocationFacts> locations() const {
    return registrar_->locations();
  }
  [[nodiscard]] registrar::Standings::Seen standing(UserNumber user) const {
    return registrar_->standings().at(user);
  }
  [[nodiscard]] std::uint16_t deliver(std::string_view authorization, std::string_view body);

  // ── the pipeline's ──
  [[nodiscard]] pipeline::Clearance of(UserNumber user) const override;
  [[nodiscard]] std::uint64_t changes() const override { return registrar_->standings().changes(); }
  [[nodiscard]] Result<void> read_urls(std::span<const UserNumber> users,
                                       std::vector<std::string>& into) override;

 private:
  Registering(const std::string& dir, const Clock& clock) : dir_(dir), clock_(clock) {}
  void run();
  // Runs `work` on the registrar's thread and waits for it.
  void ask(const std::function<void()>& work);
  [[nodiscard]] bool feed();
  void tell();
  void rest();

  const std::string dir_;
  const Clock& clock_;
  std::unique_ptr<http::Client> client_;
  std::unique_ptr<registrar::Registrar> registrar_;
  std::unique_ptr<registrar::InvitationUrls> urls_;  // the expander's

  std::mutex mutex_;  // guards what follows
  std::condition_variable woken_;
  std::deque<std::function<void()>> asked_;
  std::deque<NumberSet> wanted_;
  bool more_wanted_ = false;  // since the registrar's thread looked
  std::function<void()> changed_;
  std::vector<UserNumber> associated_;
  bool ending_ = false;

  // ── the registrar's thread alone ──
  std::unique_ptr<roster::RosterReader> roster_;  // opened at the first want
  std::uint64_t fed_ = 0;                         // of the front of wanted_
  std::uint64_t changes_told_ = 0;

  std::thread thread_;
};

}  // namespace muster::service
