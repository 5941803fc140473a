// What a TlsContext is made of; seen by the engine as well.
#pragma once

#include <string>

#include "crypto/openssl.h"
#include "crypto/tls.h"

namespace muster::crypto {

struct TlsContext::Implementation {
  SslContextOwner ssl_context;
  bool is_client = false;
  std::string alpn;  // empty: none asked for
};

}  // namespace muster::crypto
