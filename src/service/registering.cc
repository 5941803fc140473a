#include "service/registering.h"

#include <algorithm>
#include <chrono>

#include "base/log.h"
#include "base/thread.h"

namespace muster::service {
namespace {

// Users that are read from the roster and handed to the registrar at once: some batches of Apple's.
constexpr std::size_t people_per_feed = 1024;
// Nobody is waited for longer: a clock that jumps, or a ring that is missed, costs so much.
constexpr Duration rest_most = std::chrono::seconds(1);

}  // namespace

Result<std::unique_ptr<Registering>, Complaint> Registering::open(const std::string& dir,
                                                                  const BooksSettings& settings,
                                                                  const Clock& clock) {
  std::unique_ptr<Registering> made(new Registering(dir, clock));
  auto client = http::Client::open({.trust_file = settings.trust_file});
  if (!client) {
    return tl::unexpected(client.error());
  }
  made->client_ = std::move(*client);
  registrar::RegistrarSettings wanted;
  wanted.url = settings.url;
  wanted.name = settings.name;
  wanted.notification_url = settings.notification_url;
  wanted.poll_every = settings.poll_every;
  auto registrar = registrar::Registrar::open(dir, wanted, *made->client_, clock);
  if (!registrar) {
    return tl::unexpected(registrar.error());
  }
  made->registrar_ = std::move(*registrar);
  auto urls = registrar::InvitationUrls::open(dir);
  if (!urls) {
    return tl::unexpected(urls.error());
  }
  made->urls_ = std::move(*urls);
  made->thread_ = start_thread("registrar", [self = made.get()] { self->run(); });
  return made;
}

Registering::~Registering() {
  {
    const std::lock_guard guard(mutex_);
    ending_ = true;
  }
  woken_.notify_all();
  client_->interrupt();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Registering::ask(const std::function<void()>& work) {
  std::mutex done_mutex;
  std::condition_variable done_changed;
  bool done = false;
  {
    const std::lock_guard guard(mutex_);
    asked_.emplace_back([&] {
      work();
      const std::lock_guard done_guard(done_mutex);
      done = true;
      done_changed.notify_all();
    });
  }
  woken_.notify_all();
  std::unique_lock waiting(done_mutex);
  done_changed.wait(waiting, [&] { return done; });
}

Result<void, Complaint> Registering::install(const std::string& location,
                                             const registrar::ContentToken& token) {
  Result<void, Complaint> done;
  ask([&] { done = registrar_->install(location, token); });
  return done;
}

Result<void, Complaint> Registering::take_over(const std::string& location) {
  Result<void, Complaint> done;
  ask([&] { done = registrar_->take_over(location); });
  return done;
}

Result<void> Registering::take_codes(const std::vector<registrar::ImportedCode>& codes) {
  Result<void> done;
  ask([&] { done = registrar_->take_codes(codes); });
  return done;
}

void Registering::want(NumberSet users) {
  users.for_each([this](UserNumber user) { registrar_->reconsider(user); });
  {
    const std::lock_guard guard(mutex_);
    wanted_.push_back(std::move(users));
    more_wanted_ = true;
  }
  woken_.notify_all();
}

void Registering::on_change(std::function<void()> changed) {
  const std::lock_guard guard(mutex_);
  changed_ = std::move(changed);
}

std::vector<UserNumber> Registering::take_associated() {
  const std::lock_guard guard(mutex_);
  return std::exchange(associated_, {});
}

std::uint16_t Registering::deliver(std::string_view authorization, std::string_view body) {
  const auto status = registrar_->deliver(authorization, body);
  woken_.notify_all();
  return status;
}

pipeline::Clearance Registering::of(UserNumber user) const {
  using Word = pipeline::Clearance::Word;
  const auto seen = registrar_->standings().at(user);
  switch (seen.standing) {
    case registrar::Standing::registered:
      return {Word::go, Reason::none};
    case registrar::Standing::associated:
      return {Word::enrolled, Reason::none};
    case registrar::Standing::refused:
    case registrar::Standing::stopped:
      return {Word::refused, seen.reason};
    case registrar::Standing::unknown:
    case registrar::Standing::waiting:
    case registrar::Standing::retired:
      break;
  }
  return {Word::wait, Reason::none};
}

Result<void> Registering::read_urls(std::span<const UserNumber> users,
                                    std::vector<std::string>& into) {
  return urls_->read(users, into);
}

void Registering::run() {
  for (;;) {
    std::deque<std::function<void()>> asked;
    {
      const std::lock_guard guard(mutex_);
      if (ending_ && asked_.empty()) {
        return;
      }
      asked.swap(asked_);
    }
    for (const auto& work : asked) {
      work();
    }
    const bool fed = feed();
    if (fed || registrar_->wanted() || registrar_->next() <= clock_.now()) {
      registrar_->turn();
    }
    tell();
    if (!fed) {
      rest();
    }
  }
}

// The next piece of whom tasks mean. True: there is more.
bool Registering::feed() {
  std::vector<UserNumber> users;
  {
    const std::lock_guard guard(mutex_);
    more_wanted_ = false;
    if (wanted_.empty()) {
      return false;
    }
    users = wanted_.front().slice(fed_, people_per_feed);
    if (users.empty()) {
      wanted_.pop_front();
      fed_ = 0;
      return !wanted_.empty();
    }
  }
  if (roster_ == nullptr) {
    if (auto opened = roster::RosterReader::open(dir_)) {
      roster_ = std::move(*opened);
    }
  }
  Result<std::vector<roster::Person>> read = trouble(ErrorCode::not_found);
  if (roster_ != nullptr) {
    read = roster_->people(users);
  }
  if (!read) {
    log::warning("service", "users to register could not be read",
                 {{"error", words(read.error())}});
    return false;  // the same again, after a rest
  }
  std::vector<registrar::Person> people;
  people.reserve(read->size());
  for (auto& person : *read) {
    if (person.location.empty()) {
      person.location = default_location;
    }
    people.push_back({person.user, std::move(person.location), std::move(person.email),
                      std::move(person.managed_apple_account)});
  }
  if (const auto taken = registrar_->want(people); !taken) {
    log::warning("service", "users to register could not be recorded",
                 {{"error", words(taken.error())}});
    return false;
  }
  fed_ += users.size();
  return true;
}

void Registering::tell() {
  auto associated = registrar_->take_associated();
  const auto changes = registrar_->standings().changes();
  // Under the lock: whoever took his on_change() back is not called any more.
  const std::lock_guard guard(mutex_);
  associated_.insert(associated_.end(), associated.begin(), associated.end());
  if (changes != changes_told_ && changed_) {
    changed_();
  }
  changes_told_ = changes;
}

void Registering::rest() {
  const auto until = std::min(registrar_->next(), clock_.now() + rest_most);
  const auto left = until - clock_.now();
  std::unique_lock guard(mutex_);
  if (left > Duration::zero()) {
    woken_.wait_for(guard, left, [this] {
      return ending_ || !asked_.empty() || more_wanted_ || registrar_->wanted();
    });
  }
}

}  // namespace muster::service
