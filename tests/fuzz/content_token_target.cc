// Any bytes as a content token's file: no crash; what is refused says where and what to do and
// quotes nothing; what is read is whole.
#include <algorithm>

#include "registrar/content_token.h"
#include "tests/fuzz/target.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::fuzz::demand;
  const auto text = muster::as_text({data, size});
  const auto token = muster::registrar::read_content_token(text, "fuzz.vpptoken");
  if (!token) {
    const auto line = token.error().line_of_text();
    demand(token.error().file == "fuzz.vpptoken", "a complaint names the file");
    demand(!token.error().mend.empty(), "a complaint says what to do");
    demand(line.find('\n') == std::string::npos, "it is one line");
    const auto empty = muster::registrar::read_content_token("", "fuzz.vpptoken");
    demand(line.size() < 2 * empty.error().line_of_text().size(), "it quotes nothing long");
    return 0;
  }
  demand(!token->organisation.empty(), "a token has an organisation");
  demand(std::ranges::none_of(token->text, [](char c) { return c <= ' ' || c == '\x7f'; }),
         "a token is one word");
  const auto again = muster::registrar::read_content_token(token->text, "again");
  demand(again && again->text == token->text && again->expires_at == token->expires_at,
         "a token is read again as it is");
  return 0;
}
