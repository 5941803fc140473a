// What a send would do, and whom it would not reach.
#include <memory>

#include "console/body.h"
#include "console/csv.h"
#include "console/exports.h"
#include "console/office.h"
#include "console/problem.h"
#include "console/question.h"
#include "console/routes.h"
#include "console/selectors.h"
#include "console/shapes.h"
#include "json/members.h"

namespace muster::console {
namespace {

constexpr std::uint32_t export_rows = 4096;  // the most that unreached() gives

Result<Selector, Refusal> selector_of(const Call& call) {
  auto body = Body::read(call.request);
  if (!body) {
    return tl::unexpected(body.error());
  }
  auto selector = selector_in(*body);
  if (auto whole = body->whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  return selector;
}

Answered preview(Office& office, const Call& call) {
  const auto selector = selector_of(call);
  if (!selector) {
    return tl::unexpected(selector.error());
  }
  const auto found = office.dispatcher.preview(*selector);
  if (!found) {
    return refused(found.failure());
  }
  json::Writer writer;
  add(writer, *found);
  return json_reply(writer.result());
}

Answered unreached_csv(Office& office, const Selector& selector) {
  return export_csv(office, "unreached.csv", unreached_csv_header,
                    [&dispatcher = office.dispatcher, selector,
                     from = std::uint32_t{0}]() mutable -> Checked<CsvPart> {
                      const auto page = dispatcher.unreached(selector, from, export_rows);
                      if (!page) {
                        return page.failure();
                      }
                      CsvPart part;
                      for (const auto& row : page->rows) {
                        append_csv_row(part.rows, row);
                      }
                      part.more = page->rows.size() == export_rows;
                      from = page->next;
                      return part;
                    });
}

Answered unreached(Office& office, const Call& call) {
  const auto selector = selector_of(call);
  if (!selector) {
    return tl::unexpected(selector.error());
  }
  Question question(call.request.query);
  const auto wanted = part_of(question);
  if (auto whole = question.whole(); !whole) {
    return tl::unexpected(whole.error());
  }
  if (accepts(call.request, "text/csv")) {
    return unreached_csv(office, *selector);
  }
  const auto page = office.dispatcher.unreached(*selector, wanted.after, wanted.limit);
  if (!page) {
    return refused(page.failure());
  }
  json::Writer writer;
  writer.begin_object().key("rows").begin_array();
  for (const auto& row : page->rows) {
    add(writer, row);
  }
  writer.end();
  json::Members{writer}
      .member("next", page->next)
      .member("more", page->rows.size() == wanted.limit);
  return json_reply(writer.end().result());
}

}  // namespace

void add_previews(std::vector<Route>& routes) {
  routes.insert(routes.end(),
                {{"POST", "/api/v1/previews", Scope::read, Pace::quick, preview},
                 {"POST", "/api/v1/previews/unreached", Scope::read, Pace::slow, unreached}});
}

}  // namespace muster::console
