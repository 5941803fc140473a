// Where notifications wait between the thread that takes them from the network and the
// registrar's: the only state the two share, held for moments and never while Apple is asked.
//
// Bounded (limits::notifications_waiting_max): what does not fit is left out, its location is named
// instead, and a walk makes up for what it said.
#pragma once

#include <atomic>
#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "registrar/books_answer.h"
#include "store/registration_store.h"

namespace muster::registrar {

class Inbox {
 public:
  struct Letter {
    store::LocationNumber location = 0;
    Notification notification;
  };
  struct Mail {
    std::vector<Letter> letters;
    std::set<store::LocationNumber> left_out;  // something came for them that did not fit
  };

  // The token that Apple shows for this location; the registrar's thread.
  void admit(store::LocationNumber location, std::string token);
  // Any thread: the HTTP status to answer.
  [[nodiscard]] std::uint16_t deliver(std::string_view authorization, std::string_view body);
  [[nodiscard]] bool any() const { return any_.load(std::memory_order_acquire); }
  // What has come since; the registrar's thread.
  [[nodiscard]] Mail take();

 private:
  struct Doorman {
    store::LocationNumber location = 0;
    std::string token;  // secret
  };
  [[nodiscard]] store::LocationNumber location_of(std::string_view token) const;

  mutable std::mutex mutex_;
  std::vector<Doorman> doormen_;
  Mail mail_;
  std::atomic<bool> any_{false};  // release in deliver(), acquire in any(): mail_ is not empty
};

}  // namespace muster::registrar
