// TLS in memory: no socket here. A TlsContext holds trust and credentials and is shared by
// connections and threads; a TlsEngine is one connection's state machine between plaintext and
// ciphertext, used by one thread. TLS ≥ 1.2, ALPN required where asked for, certificates verified
// on the client side unless its settings say otherwise.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace muster::crypto {

struct TlsClientSettings {
  std::string trust_file;        // extra certificate authority (PEM); empty: the system's
  std::string certificate_file;  // client certificate (PEM, chain allowed); empty: none
  std::string key_file;          // its key; empty: inside certificate_file
  std::string alpn = "h2";       // empty: none
  // False: any certificate will do, against listeners only (opportunistic TLS of mail; RFC 7435).
  bool verify = true;
};
struct TlsServerSettings {
  std::string certificate_file;
  std::string key_file;
  std::string client_trust_file;  // not empty: ask for a client certificate signed by it
  bool client_required = false;
  std::string alpn = "h2";
  // True: a connection's 32 KiB of record buffers are given back while it is silent, and asked for
  // again with the next record. For servers with thousands of idle connections.
  bool mostly_idle = false;
};

class TlsContext {
 public:
  // Reads and checks the files: readable, PEM, key fits certificate, certificate not expired
  // (client side). The complaint names the file and the mend.
  [[nodiscard]] static Result<std::unique_ptr<TlsContext>, Complaint> client(
      const TlsClientSettings& settings);
  [[nodiscard]] static Result<std::unique_ptr<TlsContext>, Complaint> server(
      const TlsServerSettings& settings);
  ~TlsContext();
  TlsContext(const TlsContext&) = delete;
  TlsContext& operator=(const TlsContext&) = delete;
  struct Implementation;
  [[nodiscard]] Implementation& implementation() const { return *implementation_; }

 private:
  explicit TlsContext(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// One connection. Ciphertext comes in by feed() and goes out by the output() buffer; plaintext by
// decrypt() and encrypt(). No call blocks. After an error every call returns it again.
class TlsEngine {
 public:
  // `host` is sent as SNI and verified (name or literal address); ignored for a server context.
  TlsEngine(const TlsContext& context, const std::string& host);
  ~TlsEngine();
  TlsEngine(const TlsEngine&) = delete;
  TlsEngine& operator=(const TlsEngine&) = delete;

  // Ciphertext from the peer. Advances the handshake; true once it is complete (then and later).
  // The first call for a client may be with no bytes: it makes the ClientHello.
  [[nodiscard]] Result<bool> feed(Bytes ciphertext);
  [[nodiscard]] bool established() const;
  // Up to room.size() bytes of plaintext; 0: no more now. Error connection_closed: close_notify
  // came.
  [[nodiscard]] Result<std::size_t> decrypt(MutableBytes room);
  // Encrypts all of `plaintext` (≤ 16 KiB makes one full record; more makes several full ones).
  [[nodiscard]] Result<void> encrypt(Bytes plaintext);
  // What must be sent to the peer. Valid until the next call; take(n) drops the first n bytes.
  [[nodiscard]] Bytes output() const;
  void take(std::size_t bytes);
  // Moves the whole output into `to` (swapped, so that buffers are reused): `to` must be empty.
  void swap_output(std::vector<Byte>& to);
  void close_notify();
  // Server side: the client's certificate subject in one line; empty where none was sent.
  [[nodiscard]] std::string peer_subject() const;
  // The same certificate whole (DER), verified where the context verifies; empty: none.
  [[nodiscard]] std::vector<Byte> peer_certificate() const;

 private:
  friend class TlsLoan;
  struct Implementation;
  std::unique_ptr<Implementation> implementation_;
};

// Ciphertext that the engine reads where it lies: make one, then feed({}) and decrypt() to the end.
// What OpenSSL has not taken when the loan ends is copied, so nothing is ever lost by ending early.
// One loan an engine at a time; the bytes and the engine must outlive it.
class TlsLoan {
 public:
  TlsLoan(TlsEngine& engine, Bytes ciphertext);
  ~TlsLoan();
  TlsLoan(const TlsLoan&) = delete;
  TlsLoan& operator=(const TlsLoan&) = delete;

 private:
  TlsEngine::Implementation& engine_;
};

}  // namespace muster::crypto
