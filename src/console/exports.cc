#include "console/exports.h"

#include <memory>
#include <utility>

#include "base/log.h"
#include "console/problem.h"

namespace muster::console {
namespace {

// One of the places that exports have; given back when the last step is gone.
class Place {
 public:
  explicit Place(std::shared_ptr<std::atomic<std::uint32_t>> open) : open_(std::move(open)) {}
  ~Place() { open_->fetch_sub(1, std::memory_order_relaxed); }  // a count alone: pairs with nothing
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  const std::shared_ptr<std::atomic<std::uint32_t>> open_;
};

struct Export {
  std::unique_ptr<Place> place;
  NextCsv next;
  http::Outflow flow;
  std::shared_ptr<Lane> lane;
};

// Sends a part; when it has left, the next is made on the lane.
void send_on(const std::shared_ptr<Export>& work, CsvPart part) {
  if (!part.more) {
    work->flow.send(std::move(part.rows));
    work->flow.finish();
    return;
  }
  work->flow.send(std::move(part.rows), [work](bool written) {
    if (!written) {
      return;
    }
    (void)work->lane->again([work] {
      auto next = work->next();
      if (!next) {
        log::warning("console", "an export was cut short", {{"why", next.failure().line}});
        work->next = {};
        return;
      }
      send_on(work, std::move(*next));
    });
  });
}

}  // namespace

Answered export_csv(Office& office, std::string_view name, std::string_view header, NextCsv next) {
  const auto open = office.exports_open;
  if (open->fetch_add(1, std::memory_order_relaxed) >= office.exports_max) {
    open->fetch_sub(1, std::memory_order_relaxed);
    return refuse(503, "too many exports are under way; try again when one has ended", 10);
  }
  auto place = std::make_shared<std::unique_ptr<Place>>(std::make_unique<Place>(open));
  auto first = next();
  if (!first) {
    return refused(first.failure());
  }
  http::Reply head;
  head.fields = {{"Content-Type", "text/csv; charset=utf-8"},
                 {"Content-Disposition", "attachment; filename=\"" + std::string(name) + "\""}};
  head.body = header;
  return Response(std::move(head), [place, next = std::move(next), part = std::move(*first),
                                    lane = office.slow](http::Outflow flow) mutable {
    send_on(std::make_shared<Export>(
                Export{std::move(*place), std::move(next), std::move(flow), std::move(lane)}),
            std::move(part));
  });
}

}  // namespace muster::console
