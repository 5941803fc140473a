// Any bytes as blobs of the ledger, under a checksum that is right: no crash, no write outside the
// page, and what reads true writes back as it was.
#include "ledger/formats.h"
#include "model/limits.h"
#include "tests/fuzz/target.h"

namespace {

constexpr muster::ledger::PageName page_name{3, 7};

// task(8) page(4) kind(1), as the grammar in formats.cc says.
std::vector<muster::Byte> named(char kind, muster::Bytes body) {
  std::vector<muster::Byte> blob;
  muster::append<std::int64_t>(blob, page_name.task);
  muster::append<std::uint32_t>(blob, page_name.page);
  muster::append<muster::Byte>(blob, static_cast<muster::Byte>(kind));
  blob.insert(blob.end(), body.begin(), body.end());
  return muster::fuzz::sealed(blob);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using muster::fuzz::demand;
  namespace ledger = muster::ledger;
  if (size < 2) {
    return 0;
  }
  const muster::Bytes body{data + 2, size - 2};
  const std::size_t page_size = muster::load<std::uint16_t>(data) % muster::limits::page_size + 1;
  std::vector<std::uint16_t> outcomes(page_size);  // exactly: a sanitizer sees what lies beyond

  for (const char kind : {'p', 'P'}) {
    const auto page = named(kind, body);
    if (ledger::read_page(page_name, page, outcomes)) {
      std::vector<muster::Byte> again;
      ledger::write_page(page_name, outcomes, again);
      demand(again.size() <= page.size(), "the shorter form is written");
      std::vector<std::uint16_t> reread(page_size);
      demand(ledger::read_page(page_name, again, reread) && reread == outcomes,
             "a page reads as it was written");
    }
    demand(!ledger::read_page({3, 8}, page, outcomes), "no page passes for another");
    demand(!ledger::apply_delta(page_name, page, outcomes), "a page is no delta");
  }
  for (const char kind : {'r', 'R', 's'}) {
    (void)ledger::apply_delta(page_name, named(kind, body), outcomes);
  }
  (void)ledger::apply_delta(page_name, muster::fuzz::sealed(body), outcomes);
  (void)ledger::apply_delta(page_name, body, outcomes);

  const auto blob = muster::fuzz::sealed(body);
  if (const auto payloads = ledger::read_payloads(blob)) {
    demand(ledger::write_payloads(*payloads) == blob, "payloads write back as they were");
  }
  if (const auto counts = ledger::read_counts(blob)) {
    std::vector<muster::Byte> first;
    ledger::write_counts(*counts, first);
    const auto again = ledger::read_counts(first);
    demand(again && again->by_state == counts->by_state && again->repeated == counts->repeated &&
               again->by_reason == counts->by_reason,
           "counts read as they were written");
  }
  (void)ledger::read_counts(body);
  (void)ledger::read_payloads(body);
  return 0;
}
