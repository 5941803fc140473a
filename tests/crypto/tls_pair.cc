#include "tests/crypto/tls_pair.h"

#include <algorithm>

namespace muster::crypto {
namespace {

// Returns whether anything was carried.
bool carry(TlsEngine& from, TlsEngine& to, std::size_t piece, ErrorCode& error_of_receiver) {
  bool carried = false;
  while (!from.output().empty()) {
    const auto output = from.output();
    const auto part = output.first(std::min(piece, output.size()));
    const auto fed = to.feed(part);
    if (!fed) {
      error_of_receiver = fed.error().code;
    }
    from.take(part.size());
    carried = true;
  }
  return carried;
}

std::string read_all(TlsEngine& engine, ErrorCode& error) {
  std::string text;
  std::vector<Byte> room(10'000);
  for (;;) {
    const auto count = engine.decrypt(room);
    if (!count) {
      error = count.error().code;
      return text;
    }
    if (*count == 0) {
      return text;
    }
    text += as_text(Bytes(room).first(*count));
  }
}

}  // namespace

void make(const ThrowAwayAuthority& wanted) {
  const auto made = make_authority(wanted);
  ASSERT_TRUE(made.has_value()) << made.error().line_of_text();
}

PairSettings PairSettings::mutual(const Folder& folder) {
  PairSettings settings;
  settings.client.trust_file = folder / "ca.pem";
  settings.client.certificate_file = folder / "client.pem";
  settings.client.key_file = folder / "client.key";
  settings.server.certificate_file = folder / "server.pem";
  settings.server.key_file = folder / "server.key";
  settings.server.client_trust_file = folder / "ca.pem";
  settings.server.client_required = true;
  return settings;
}

Pair::Pair(const PairSettings& settings) {
  auto for_client = TlsContext::client(settings.client);
  EXPECT_TRUE(for_client.has_value()) << for_client.error().line_of_text();
  auto for_server = TlsContext::server(settings.server);
  EXPECT_TRUE(for_server.has_value()) << for_server.error().line_of_text();
  client_context = std::move(*for_client);
  server_context = std::move(*for_server);
  client = std::make_unique<TlsEngine>(*client_context, settings.host);
  server = std::make_unique<TlsEngine>(*server_context, "");
}

void Pair::talk(std::size_t piece) {
  if (const auto fed = client->feed({}); !fed) {
    client_error = fed.error().code;
  }
  bool carried = true;
  while (carried) {
    carried = carry(*client, *server, piece, server_error);
    carried |= carry(*server, *client, piece, client_error);
  }
}

std::string Pair::client_reads() {
  return read_all(*client, client_error);
}
std::string Pair::server_reads() {
  return read_all(*server, server_error);
}

}  // namespace muster::crypto
