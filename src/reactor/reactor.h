// The only room with a peer's file descriptor: wire::Network on io_uring, and on epoll where
// io_uring is forbidden (most containers).
//
// Open a Network anywhere, then use it from one thread: the first turn() binds it to its thread.
//
// Sleeping. turn() waits on doorbell() but never calls doze(), because only the owner can look at
// its queues between doze() and the wait. The owner's protocol:
//     take work;  network.doorbell().doze();  look for work once more
//     nothing there: network.turn(until)                   (sleeps; a ring() ends it)
//     something:     take it, wake(), network.turn(network.now())          (never blocks)
// turn() calls awake() when it returns. Without doze() a ring() costs nothing and wakes nobody.
//
// What sessions see. Bytes are collected (transmit) at the start of a turn, received bytes and
// expired deadlines come at its end; what they make the session say is collected at the start of
// the next one, together with the owner's new work: one TLS record and one send for all of it.
// Deadlines count from connected() on; before it, the network's own limits do (resolving and
// connecting 10 s, at most 2 s an address while others are left; TLS 10 s more). A session that
// wants_close() before it is connected is closed at once.
//
// When things go wrong: trouble is told by lost(), after every byte that came before it. Destroying
// a Network ends its connections without a word: no session is called.
#pragma once

#include <cstdint>
#include <memory>

#include "base/result.h"
#include "base/time.h"
#include "wire/network.h"

namespace muster::reactor {

enum class Kind : std::uint8_t { automatic, io_uring, epoll };

// "automatic", "io_uring", "epoll".
[[nodiscard]] const char* name_of(Kind kind);

// automatic: io_uring where a real probe works, otherwise epoll with one warning a process.
// io_uring where it is forbidden is a complaint that says why and what to do. `clock` outlives the
// Network.
[[nodiscard]] Result<std::unique_ptr<wire::Network>, Complaint> open_network(Kind kind,
                                                                             const Clock& clock);

// What a Network from open_network() runs on: io_uring or epoll.
[[nodiscard]] Kind kind_of(const wire::Network& network);

}  // namespace muster::reactor
