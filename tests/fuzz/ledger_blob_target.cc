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

void read_as(muster::Bytes body, std::size_t page_size, std::size_t replies_count) {
  using muster::fuzz::demand;
  namespace ledger = muster::ledger;
  // Exactly so many: a sanitizer sees what lies beyond.
  std::vector<std::uint16_t> outcomes(page_size);
  std::vector<std::string> replies(replies_count);
  const ledger::MutableSlots slots{outcomes, replies};
  for (const char kind : {'p', 'P', 'm'}) {
    const auto page = named(kind, body);
    if (ledger::read_page(page_name, page, slots)) {
      std::vector<muster::Byte> again;
      ledger::write_page(page_name, {outcomes, replies}, again);
      std::vector<std::uint16_t> outcomes_reread(page_size);
      std::vector<std::string> replies_reread(replies_count);
      demand(ledger::read_page(page_name, again, {outcomes_reread, replies_reread}) &&
                 outcomes_reread == outcomes && replies_reread == replies,
             "a page reads as it was written");
    }
    demand(!ledger::read_page({3, 8}, page, slots), "no page passes for another");
    demand(!ledger::apply_delta(page_name, page, slots), "a page is no delta");
  }
  for (const char kind : {'r', 'R', 'M', 's', 'S'}) {
    (void)ledger::apply_delta(page_name, named(kind, body), slots);
  }
  (void)ledger::apply_delta(page_name, muster::fuzz::sealed(body), slots);
  (void)ledger::apply_delta(page_name, body, slots);
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
  read_as(body, page_size, 0);          // a page of pushes
  read_as(body, page_size, page_size);  // of mails, with what servers replied

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
