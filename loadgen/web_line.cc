#include "loadgen/web_line.h"

#include <algorithm>
#include <utility>

#include "base/assert.h"

namespace muster::loadgen {

std::string web_request(std::string_view method, const WebAddress& to, std::string_view fields,
                        std::string_view body) {
  std::string text(method);
  text += " " + to.target + " HTTP/1.1\r\nHost: " + to.authority() + "\r\n";
  text += fields;
  if (!body.empty()) {
    text += "Content-Length: " + std::to_string(body.size()) + "\r\n";
  }
  text += "\r\n";
  text += body;
  return text;
}

void WebLine::submit(WebRequest request, Instant now) {
  MUSTER_ASSERT(idle());
  request_ = std::move(request);
  reader_.restart();
  sent_ = 0;
  due_ = now + patience_;
}

std::optional<WebOutcome> WebLine::take_outcome() {
  return std::exchange(outcome_, std::nullopt);
}

void WebLine::conclude(bool came) {
  MUSTER_ASSERT(request_.has_value());
  auto& outcome = outcome_.emplace();
  outcome.ticket = request_->ticket;
  outcome.came = came;
  if (came) {
    outcome.status = reader_.status();
    outcome.body = reader_.body();
  }
  request_.reset();
  due_ = Instant::never();
}

void WebLine::connected(Instant /*now*/) {
  up_ = true;
}

void WebLine::receive(Bytes bytes, Instant /*now*/) {
  if (closing_) {
    return;
  }
  if (!request_) {
    closing_ = true;  // bytes that nobody asked for
    return;
  }
  reader_.receive(as_text(bytes));
  if (request_->loses_answer) {
    closing_ = true;
    conclude(false);
  } else if (reader_.state() != WebAnswerReader::State::reading) {
    const bool whole = reader_.state() == WebAnswerReader::State::whole;
    // An answer before the whole request was sent leaves the connection in no known state.
    closing_ = !whole || !reader_.keeps() || sent_ < request_->bytes.size();
    conclude(whole);
  }
}

std::size_t WebLine::transmit(MutableBytes room, Instant /*now*/) {
  if (!up_ || !request_ || closing_) {
    return 0;
  }
  const auto size = std::min(room.size(), request_->bytes.size() - sent_);
  std::copy_n(request_->bytes.data() + sent_, size, room.data());
  sent_ += size;
  return size;
}

void WebLine::expire(Instant now) {
  if (now < due_) {
    return;
  }
  closing_ = true;
  if (request_) {
    conclude(false);
  }
  due_ = Instant::never();
}

void WebLine::lost(Error /*error*/, Instant /*now*/) {
  lost_ = true;
  if (!request_) {
    return;
  }
  reader_.end();
  conclude(reader_.state() == WebAnswerReader::State::whole && !request_->loses_answer);
}

}  // namespace muster::loadgen
