#include "tests/smtp/model_server.h"

#include <algorithm>
#include <cstdlib>

namespace muster::smtp::testing {
namespace {

// "… user17@…" and "Subject: letter 17": the number behind a word.
std::uint32_t number_behind(std::string_view text, std::string_view word) {
  const auto at = text.find(word);
  return at == std::string_view::npos
             ? UINT32_MAX
             : static_cast<std::uint32_t>(
                   std::strtoul(std::string(text.substr(at + word.size())).c_str(), nullptr, 10));
}

}  // namespace

ModelServer::ModelServer(const ServerMood& mood, Random& random) : mood_(mood), random_(random) {
  say("220 mx.example ESMTP");
  must_wait();
}

void ModelServer::hear(std::string_view text, std::size_t heard) {
  if (text.empty()) {
    return;
  }
  if (heard < wait_until_) {
    complain("something was said before the reply that it had to wait for");
  }
  input_ += text;
  while (!gone_ && !input_.empty()) {
    if (chunk_left_ != 0) {
      const auto size = std::min(chunk_left_, input_.size());
      message_ += input_.substr(0, size);
      input_.erase(0, size);
      chunk_left_ -= size;
      if (chunk_left_ == 0) {
        finish_message();
      }
      continue;
    }
    const auto end = input_.find("\r\n");
    if (end == std::string::npos) {
      return;
    }
    const auto line = input_.substr(0, end);
    input_.erase(0, end + 2);
    if (!in_message_) {
      hear_command(line);
    } else if (line == ".") {
      in_message_ = false;
      finish_message();
    } else {
      message_ += line + "\r\n";
    }
  }
}

void ModelServer::hear_command(std::string_view line) {
  if (line.starts_with("EHLO ")) {
    say(std::string("250-mx.example\r\n") + (mood_.pipelining ? "250-PIPELINING\r\n" : "") +
        (mood_.chunking ? "250-CHUNKING\r\n" : "") + "250 SIZE 1000000");
    must_wait();
  } else if (line.starts_with("MAIL FROM:<")) {
    hear_mail(line);
  } else if (line.starts_with("RCPT TO:<")) {
    hear_rcpt(line);
  } else if (line == "DATA") {
    hear_data();
  } else if (line.starts_with("BDAT ")) {
    hear_bdat(line);
  } else if (line == "RSET") {
    forget_transaction();
    say("250 2.0.0 reset");
  } else if (line == "QUIT") {
    say("221 2.0.0 bye");
    gone_ = true;
  } else {
    complain("no command: " + std::string(line));
  }
  if (!mood_.pipelining) {
    must_wait();
  }
}

void ModelServer::hear_mail(std::string_view /*line*/) {
  if (has_sender_) {
    complain("MAIL within a transaction");
  }
  switch (mood()) {
    case Kind::good:
      has_sender_ = true;
      say("250 2.1.0 Ok");
      break;
    case Kind::temporary:
      say("451 4.3.0 later");
      break;
    case Kind::permanent:
      say("550 5.7.1 no");
      break;
    case Kind::ends:
      end();
  }
}

void ModelServer::hear_rcpt(std::string_view line) {
  if (!has_sender_) {
    say("503 5.5.1 need MAIL");
    return;
  }
  switch (mood()) {
    case Kind::good:
      has_recipient_ = true;
      recipient_ = number_behind(line, "user");
      say("250 2.1.5 Ok");
      break;
    case Kind::temporary:
      say("450-4.2.0 Greylisted\r\n450 4.2.0 come back");
      break;
    case Kind::permanent:
      say("550 5.1.1 unknown");
      break;
    case Kind::ends:
      end();
  }
}

void ModelServer::hear_data() {
  if (!has_recipient_ && random_.chance(0.5)) {
    say(has_sender_ ? "554 5.5.1 no valid recipients" : "503 5.5.1 need RCPT");
  } else {
    switch (has_recipient_ ? mood() : Kind::good) {
      case Kind::good:
        in_message_ = true;
        message_.clear();
        say("354 go on");
        break;
      case Kind::temporary:
        say("451 4.3.0 later");
        break;
      case Kind::permanent:
        say("554 5.7.0 no");
        break;
      case Kind::ends:
        end();
    }
  }
  must_wait();
}

void ModelServer::hear_bdat(std::string_view line) {
  if (!has_recipient_ && !mood_.streamed_to) {
    complain("a chunk for nobody");
  }
  message_.clear();
  chunk_left_ = number_behind(line, "BDAT ");
}

void ModelServer::finish_message() {
  const bool wanted = has_recipient_;
  const auto letter = recipient_;
  if (wanted || !mood_.streamed_to) {
    forget_transaction();
  }
  if (!wanted) {
    if (!message_.empty() && !mood_.streamed_to) {
      complain("a message for nobody");
    }
    say("554 5.5.1 no valid recipients");
    return;
  }
  if (number_behind(message_, "letter ") != letter || !message_.ends_with("Hello.\r\n")) {
    complain("the message is not its recipient's");
  }
  auto& seen = seen_[letter];
  if (seen.taken) {
    complain("a message twice");
  }
  seen.dot = true;
  switch (mood()) {
    case Kind::good:
      seen.taken = true;
      say("250 2.0.0 Ok: queued");
      seen.told_taken = words_.size();
      break;
    case Kind::temporary:
      say("452 4.3.1 storage");
      seen.told_refused = words_.size();
      break;
    case Kind::permanent:
      say("554 5.6.0 no");
      seen.told_refused = words_.size();
      break;
    case Kind::ends:
      seen.taken = random_.chance(0.5);
      if (seen.taken) {
        gone_ = true;  // between the dot and its reply
      } else {
        end();
      }
  }
}

ModelServer::Kind ModelServer::mood() {
  if (random_.chance(mood_.dies)) {
    return Kind::ends;
  }
  if (random_.chance(mood_.refuses)) {
    return random_.chance(0.5) ? Kind::temporary : Kind::permanent;
  }
  return Kind::good;
}

void ModelServer::say(std::string_view reply) {
  words_ += reply;
  words_ += "\r\n";
}

void ModelServer::end() {
  constexpr std::string_view last_words[] = {"421 4.3.2 closing\r\n", "", "2", "nonsense\r\n",
                                             "250-it goes\r\n"};
  words_ += last_words[random_.below(std::size(last_words))];
  gone_ = true;
}

void ModelServer::complain(std::string_view what) {
  if (complaint_.empty()) {
    complaint_ = what;
  }
}

void ModelServer::must_wait() {
  wait_until_ = words_.size();
}

void ModelServer::forget_transaction() {
  has_sender_ = false;
  has_recipient_ = false;
}

}  // namespace muster::smtp::testing
