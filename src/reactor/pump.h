// Bytes between a session and a transport: plain, or through TLS.
//
// Two buffers hold what goes out. Sessions' bytes are gathered in one (TLS: the engine's own
// output) while the other is being sent; load() swaps them when the sent one is empty. So at most
// one send is in flight, and whatever was said during it goes out together. Part of a Connection;
// the network's thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "base/time.h"
#include "crypto/tls.h"
#include "wire/session.h"

namespace muster::reactor {

// A TLS record's plaintext; sessions are asked for whole ones.
inline constexpr std::size_t record_bytes = 16'384;
// The network's scratch buffer for plaintext, both ways.
inline constexpr std::size_t scratch_bytes = 4 * record_bytes;
// No more is asked of a session while this much waits to be sent.
inline constexpr std::size_t gathered_max = 16 * record_bytes;  // 256 KiB

class Pump {
 public:
  explicit Pump(wire::Session& session) : session_(session) {}

  // The transport is up. Plain: calls connected(). TLS: makes the ClientHello, connected() comes
  // later.
  [[nodiscard]] Result<void> start(const crypto::TlsContext* tls, const std::string& host,
                                   Instant now);
  // STARTTLS: makes the ClientHello; the session's secured() comes later. Everything said in clear
  // has been sent.
  [[nodiscard]] Result<void> secure(const crypto::TlsContext& tls, const std::string& host);
  // The session wants TLS and has none yet.
  [[nodiscard]] bool wants_tls() const;
  // The session may speak: connected, and no handshake is under way.
  [[nodiscard]] bool ready() const { return connected_ && (tls_ == nullptr || secured_); }

  // Bytes from the peer: delivers all plaintext there is, then says what is wrong, if anything.
  [[nodiscard]] Result<void> take_in(Bytes received, MutableBytes scratch, Instant now);

  // Asks the session for bytes until it has none (false) or enough wait to be sent (true).
  [[nodiscard]] Result<bool> gather(MutableBytes scratch, Instant now);
  void close_notify();

  // True where bytes stand ready in unsent(); swaps the buffers if need be.
  [[nodiscard]] bool load();
  [[nodiscard]] Bytes unsent() const { return Bytes(sending_).subspan(sent_); }
  void sent(std::size_t bytes);

 private:
  [[nodiscard]] std::size_t gathered_size() const;
  [[nodiscard]] Result<void> put(Bytes plaintext);

  wire::Session& session_;
  bool connected_ = false;                  // the session was told
  bool secured_ = false;                    // TLS stands, and the session knows
  std::unique_ptr<crypto::TlsEngine> tls_;  // empty: plain
  std::vector<Byte> gathered_;              // in clear only
  std::vector<Byte> sending_;               // the kernel may read it until the send has ended
  std::size_t sent_ = 0;
};

}  // namespace muster::reactor
