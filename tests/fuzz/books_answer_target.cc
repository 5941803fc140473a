// Any bytes as an answer of Apps and Books, and as a notification: no crash; what is read keeps its
// bounds.
//
// The first byte chooses the status, the second whether a Retry-After stands before the first line
// end.
#include <algorithm>
#include <array>

#include "model/limits.h"
#include "registrar/books_answer.h"
#include "registrar/invitation_url.h"
#include "tests/fuzz/target.h"

namespace {

using muster::fuzz::demand;
using namespace muster::registrar;

void check(const Refusal& refusal) {
  demand(!refusal.words().empty(), "a refusal has words");
  demand(refusal.retry_after >= muster::Duration::zero(), "nobody is told to come earlier");
  demand(refusal.retry_after <= std::chrono::hours(24 * 7), "nor in years");
  static_cast<void>(refusal.remedy());
}

void check(const std::vector<SeenUser>& users) {
  for (const auto& user : users) {
    demand(user.status != SeenUser::Status::registered || !user.code.empty(),
           "who is registered has a code");
    const auto url = invitation_url(invitation_template_default, user.code);
    demand(url.empty() || acceptable_url(url), "a code makes an address or none");
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::array<std::uint16_t, 8> statuses{200, 200, 201, 400, 401, 429, 503, 302};
  if (size < 2) {
    return 0;
  }
  muster::http::Response response;
  response.status = statuses[data[0] % statuses.size()];
  auto text = muster::as_text({data + 2, size - 2});
  if (data[1] % 2 == 1) {
    const auto end = std::min(text.find('\n'), text.size());
    response.fields.push_back({"Retry-After", std::string(text.substr(0, end))});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  response.body = text;
  const HttpAnswer answer = response;
  constexpr muster::WallTime now{1'700'000'000'000};
  if (const auto read = read_service_config(answer, now); read) {
    demand(read->users_max >= 1 && read->users_max <= muster::limits::books_batch_users_max,
           "a batch has a size");
    demand(!invitation_url(read->invitation_template, "c").empty(), "the template is of use");
  } else {
    check(read.error());
  }
  if (const auto read = read_users(answer, now); read) {
    demand(read->pages <= muster::limits::books_pages_max, "pages are bounded");
    check(read->users);
  }
  if (const auto read = read_client_config(answer, now); read && read->mdm) {
    demand(!read->mdm->id.empty(), "an owner has an id");
    demand(read->mdm->name.size() <= 100, "a name for people is not long");
  }
  static_cast<void>(read_created(answer, now));
  static_cast<void>(read_status(answer, now));
  if (const auto read = read_registered(answer, now); read) {
    check({*read});
  }
  if (const auto read = read_notification(text); read) {
    check(read->users);
  }
  if (const auto code = code_of(text); code) {
    demand(acceptable_url(text) && !code->empty(), "only an address has a code");
  }
  return 0;
}
