#include "smtp/opening.h"

#include "base/assert.h"

namespace muster::smtp {

Opening::Opening(const SessionSettings& settings)
    : settings_(settings),
      tls_tried_(settings.tls == TlsMode::none || settings.tls == TlsMode::implicit),
      secure_(settings.tls == TlsMode::implicit) {}

Command Opening::awaited() const {
  switch (step_) {
    case Step::greeting:
      return Command::greeting;
    case Step::starttls:
      return Command::starttls;
    case Step::login:
      return Command::login;
    default:
      return Command::hello;
  }
}

void Opening::hear_line(std::string_view line) {
  ++lines_;
  if (step_ == Step::hello && extended_ && lines_ > 1) {
    offered_.learn(line);
  }
  if (step_ == Step::login) {
    challenge_ = line;
  }
}

void Opening::hear(const Reply& reply, std::string& say) {
  lines_ = 0;
  switch (step_) {
    case Step::greeting:
      hear_greeting(reply, say);
      break;
    case Step::hello:
      hear_hello(reply, say);
      break;
    case Step::starttls:
      hear_starttls(reply, say);
      break;
    case Step::login:
      hear_login(reply, say);
      break;
    case Step::handshake:
    case Step::done:
    case Step::refused:
      MUSTER_ASSERT(false);
  }
}

void Opening::secured(std::string& say) {
  MUSTER_ASSERT(step_ == Step::handshake);
  secure_ = true;
  lines_ = 0;
  say_hello("EHLO ", say);
}

void Opening::say_hello(std::string_view verb, std::string& say) {
  step_ = Step::hello;
  offered_ = Capabilities{};
  say += verb;
  say += settings_.own_name;
  say += "\r\n";
}

void Opening::hear_greeting(const Reply& reply, std::string& say) {
  if (reply.kind() == 2) {
    say_hello("EHLO ", say);
  } else {
    refuse(Phase::greeting, reply);
  }
}

void Opening::hear_hello(const Reply& reply, std::string& say) {
  if (extended_ && (reply.code == 500 || reply.code == 502)) {
    extended_ = false;
    say_hello("HELO ", say);
    return;
  }
  if (reply.kind() != 2) {
    refuse(Phase::hello, reply);
    return;
  }
  if (!tls_tried_ && offered_.starttls) {
    tls_tried_ = true;
    step_ = Step::starttls;
    say += "STARTTLS\r\n";
  } else if (settings_.tls == TlsMode::required && !secure_) {
    refuse(Reason::tls_refused);
  } else {
    begin_login(say);
  }
}

void Opening::hear_starttls(const Reply& reply, std::string& say) {
  if (reply.kind() == 2) {
    step_ = Step::handshake;
    offered_ = Capabilities{};
  } else if (settings_.tls == TlsMode::required || reply.kind() == 3) {
    refuse(Phase::starttls, reply);
  } else {
    begin_login(say);
  }
}

void Opening::begin_login(std::string& say) {
  if (settings_.login.user.empty()) {
    step_ = Step::done;
    return;
  }
  const auto mechanism = LoginDialog::choose(offered_);
  if (!secure_ || !settings_.verified || !mechanism) {
    refuse(Reason::login_impossible);
    return;
  }
  dialog_.emplace(settings_.login, *mechanism);
  step_ = Step::login;
  say += dialog_->begin();
  say += "\r\n";
}

void Opening::hear_login(const Reply& reply, std::string& say) {
  MUSTER_ASSERT(dialog_.has_value());
  if (reply.kind() == 2) {
    if (dialog_->complete()) {
      step_ = Step::done;
    } else {
      refuse(Reason::login_impossible);  // whoever that is, it does not know the password
    }
    dialog_.reset();
    return;
  }
  if (reply.kind() != 3) {
    refuse(Phase::login, reply);
    return;
  }
  const auto answer = dialog_->answer(challenge_);
  if (!answer) {
    refuse(Reason::login_impossible);
    return;
  }
  say += *answer;
  say += "\r\n";
}

void Opening::refuse(Phase phase, const Reply& reply) {
  refuse(reply.kind() == 4 || reply.kind() == 5 ? reason_of(phase, reply, settings_.relay)
                                                : Reason::protocol_error);
}

void Opening::refuse(Reason reason) {
  step_ = Step::refused;
  refusal_ = reason;
}

}  // namespace muster::smtp
