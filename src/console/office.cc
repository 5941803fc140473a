#include "console/office.h"

#include "base/log.h"
#include "json/writer.h"

namespace muster::console {

void Office::record(const Visitor& visitor, const std::string& action, const std::string& target,
                    const std::string& detail) {
  if (const auto kept = audit->append(visitor.actor(), {action, target, detail}); !kept) {
    log::error("console", "what was done is not in the audit log",
               {{"action", action}, {"by", visitor.name}, {"why", kept.error().detail}});
  }
}

ConsoleCounts Office::counts() {
  ConsoleCounts counts;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    counts.answers[i] = answers[i].load(std::memory_order_relaxed);
  }
  counts.listeners = events->listeners();
  counts.exports = exports_open->load(std::memory_order_relaxed);
  return counts;
}

std::string detail_of(std::string_view name, std::string_view value) {
  json::Writer writer;
  return writer.begin_object().key(name).text(value).end().result();
}

}  // namespace muster::console
