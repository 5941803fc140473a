#include "console/console.h"

#include <algorithm>
#include <atomic>
#include <cstddef>
#include <utility>

#include "console/body.h"
#include "console/bounds.h"
#include "console/office.h"
#include "console/page.h"
#include "console/problem.h"
#include "console/routes.h"
#include "http/server.h"
#include "store/database.h"

namespace muster::console {
namespace {

void give(Office& office, http::Answer& answer, http::Reply reply) {
  const auto hundreds = std::min<std::size_t>(reply.status / 100, office.answers.size() - 1);
  office.answers[hundreds].fetch_add(1, std::memory_order_relaxed);  // a count alone
  answer.send(sealed(std::move(reply)));
}

void refuse_request(Office& office, http::Answer& answer, const Refusal& refusal) {
  give(office, answer, problem(refusal));
}

// Everything that a route needs before its function is called.
Answered answered(Office& office, const Route& route, Call& call) {
  if (route.scope) {
    auto visitor = office.reception->visitor(call.request);
    if (!visitor) {
      return tl::unexpected(visitor.error());
    }
    if (auto may = require(*visitor, *route.scope); !may) {
      return tl::unexpected(may.error());
    }
    call.visitor = std::move(*visitor);
  } else if (auto welcome = office.reception->stranger(call.request); !welcome) {
    return tl::unexpected(welcome.error());
  }
  return route.answer(office, call);
}

// On a thread of a lane.
void answer_call(Office& office, const Route& route, Call& call, http::Answer& answer) {
  auto response = answered(office, route, call);
  if (!response) {
    refuse_request(office, answer, response.error());
    return;
  }
  if (response->stream) {
    response->stream(answer.stream(sealed(std::move(response->reply))));
  } else {
    give(office, answer, std::move(response->reply));
  }
}

// One request as long as it is not answered; also where a lane drops it.
class Open {
 public:
  explicit Open(std::atomic<std::uint64_t>& count) : count_(count) {
    count_.fetch_add(1, std::memory_order_relaxed);
  }
  // Release: whoever sees that it is over (requests()) sees what it has done.
  ~Open() { count_.fetch_sub(1, std::memory_order_release); }
  Open(const Open&) = delete;
  Open& operator=(const Open&) = delete;

 private:
  std::atomic<std::uint64_t>& count_;
};

}  // namespace

struct Console::Implementation {
  Implementation(Dispatcher& dispatcher, const Settings& settings, const Clock& clock, bool serves)
      : office{.dispatcher = dispatcher, .settings = settings, .clock = clock, .serves = serves} {}
  ~Implementation() {
    office.ready = false;
    if (office.events != nullptr) {
      office.events->end();
    }
    office.dispatcher.unlisten();  // outside its own requests reach us no more
    server.reset();
    workers.reset();
  }
  Implementation(const Implementation&) = delete;
  Implementation& operator=(const Implementation&) = delete;

  // On a server's thread.
  void take(http::ServerRequest request, http::Answer answer);
  void give_page(const http::ServerRequest& request, http::Answer answer);

  Office office;
  std::atomic<std::uint64_t> taken{0};  // relaxed: a count alone
  std::atomic<std::uint64_t> open{0};   // Open pairs it with requests()
  std::unique_ptr<Workers> workers;
  std::unique_ptr<http::Server> server;  // of the socket
};

void Console::Implementation::take(http::ServerRequest request, http::Answer answer) {
  auto found = find_route(request.method, request.segments);
  if (found.route == nullptr && !found.allowed.empty()) {
    auto reply = problem({405, request.method + " is not for this; use " + found.allowed, 0});
    reply.fields.push_back({"Allow", found.allowed});
    give(office, answer, std::move(reply));
    return;
  }
  if (found.route == nullptr) {
    give_page(request, std::move(answer));
    return;
  }
  const Route& route = *found.route;
  struct Waiting {
    Waiting(std::atomic<std::uint64_t>& count, Call asked, http::Answer owed)
        : counted(count), call(std::move(asked)), answer(std::move(owed)) {}
    Open counted;
    Call call;
    http::Answer answer;
  };
  taken.fetch_add(1, std::memory_order_relaxed);
  auto waiting = std::make_shared<Waiting>(
      open, Call{std::move(request), std::move(found.parameters), {}}, std::move(answer));
  const auto& lane = route.pace == Pace::quick ? workers->quick() : workers->slow();
  const bool put = lane->put(
      [this, &route, waiting] { answer_call(office, route, waiting->call, waiting->answer); });
  if (!put) {
    refuse_request(office, waiting->answer, {503, "too many requests are waiting; try again", 1});
  }
}

void Console::Implementation::give_page(const http::ServerRequest& request, http::Answer answer) {
  if (request.path.starts_with("/api/")) {
    refuse_request(office, answer, {404, "the API has no such path; see /api/v1/openapi.json", 0});
    return;
  }
  if (auto welcome = office.reception->stranger(request); !welcome) {
    refuse_request(office, answer, welcome.error());
    return;
  }
  auto reply = page(request);
  give(office, answer, reply ? std::move(*reply) : problem(reply.error()));
}

Console::Console(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Console::~Console() = default;

Result<std::unique_ptr<Console>, Complaint> Console::open(Dispatcher& dispatcher,
                                                          const Settings& settings,
                                                          const Clock& clock,
                                                          const ConsoleRoom& room) {
  auto made = std::make_unique<Implementation>(dispatcher, settings, clock, room.serves);
  Office& office = made->office;
  auto accounts = Accounts::open(settings.data_dir, clock);
  if (!accounts) {
    return tl::unexpected(accounts.error());
  }
  office.accounts = std::move(*accounts);
  auto audit = Audit::open(settings.data_dir, clock);
  if (!audit) {
    return tl::unexpected(audit.error());
  }
  office.audit = std::move(*audit);
  office.reception =
      std::make_unique<Reception>(*office.accounts, settings.server.listen, settings.server.name);
  auto uploads = Uploads::open(settings.data_dir, clock, room.uploads);
  if (!uploads) {
    return tl::unexpected(uploads.error());
  }
  office.uploads = std::move(*uploads);
  made->workers = std::make_unique<Workers>(room.workers);
  office.slow = made->workers->slow();
  office.events = std::make_unique<Events>(dispatcher, clock, room.listeners);
  office.exports_max = room.exports;
  http::ServerSettings wanted;
  wanted.listen = "unix:" + socket_of(settings.data_dir);
  auto server = http::Server::open(
      wanted, [self = made.get()](http::ServerRequest request, http::Answer answer) {
        self->take(std::move(request), std::move(answer));
      });
  if (!server) {
    return tl::unexpected(server.error());
  }
  made->server = std::move(*server);
  return std::unique_ptr<Console>(new Console(std::move(made)));
}

WebHandler Console::handler() {
  return [self = implementation_.get()](http::ServerRequest request, http::Answer answer) {
    self->take(std::move(request), std::move(answer));
  };
}

void Console::set_ready(bool ready) {
  implementation_->office.ready = ready;
}

Console::Requests Console::requests() const {
  const auto open = implementation_->open.load(std::memory_order_acquire);  // pairs with Open
  return {implementation_->taken.load(std::memory_order_relaxed), open};
}

std::string socket_of(const std::string& data_dir) {
  return data_dir + "/muster.sock";
}

bool is_held(const std::string& data_dir) {
  return store::DirectoryLock::held(data_dir);
}

}  // namespace muster::console
