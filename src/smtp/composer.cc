#include "smtp/composer.h"

#include <utility>

#include "smtp/address.h"
#include "smtp/characters.h"
#include "smtp/date.h"
#include "smtp/mime.h"
#include "smtp/plan.h"

namespace muster::smtp {
namespace {

// What writing one letter needs beside it. A composer is shared by threads; each keeps its own, so
// that nothing is allocated once the strings have grown.
struct Scratch {
  std::string name;     // harmless
  std::string subject;  // with its values
};

struct Recipient {
  std::string_view name;  // may be empty
  Values values;
};

Scratch& scratch_of_thread() {
  thread_local Scratch scratch;
  return scratch;
}

void write_id(const Job& job, const Content& content, std::string& id) {
  constexpr std::size_t letters = 36;
  id.resize(letters);
  write_uuid(apns_id(content.mail_prefix, job.invitation, job.generation), id.data());
}

void write_subject(const Pieces& pieces, const Values& values, Octets& to, Scratch& scratch) {
  constexpr std::string_view name = "Subject: ";
  scratch.subject.clear();
  write_pieces(pieces, values, [&scratch](std::string_view run) { scratch.subject += run; });
  add(to, name);
  add_unstructured(to, name.size(), scratch.subject);
  add(to, "\r\n");
}

}  // namespace

struct Composer::Implementation {
  Plan plan;

  void write_fields(const LanguagePlan& language, const Recipient& recipient, WallTime now,
                    Octets& to, Scratch& scratch) const;
};

void Composer::Implementation::write_fields(const LanguagePlan& language,
                                            const Recipient& recipient, WallTime now, Octets& to,
                                            Scratch& scratch) const {
  const auto& [name, values] = recipient;
  add(to, plan.first_fields);
  add_mailbox(to, 4, {name, values.email});
  add(to, "\r\n");
  if (language.personal_subject.empty()) {
    add(to, language.subject);
  } else {
    write_subject(language.personal_subject, values, to, scratch);
  }
  const auto date = date_text(now);
  add(to, "Date: ");
  add(to, std::string_view(date.data(), date.size()));
  add(to, "\r\n");
  write_pieces(plan.id_fields, values, [&to](std::string_view run) { add(to, run); });
  add(to, language.last_fields);
}

Composer::Composer(std::unique_ptr<Implementation> implementation)
    : implementation_(std::move(implementation)) {}
Composer::~Composer() = default;

Result<std::unique_ptr<Composer>, Complaint> Composer::make(const ComposerSettings& settings) {
  auto plan = plan_of(settings);
  if (!plan) {
    return tl::unexpected(plan.error());
  }
  auto implementation = std::make_unique<Implementation>();
  implementation->plan = std::move(*plan);
  return std::unique_ptr<Composer>(new Composer(std::move(implementation)));
}

void Composer::compose(const Job& job, const Content& content, Letter& letter, WallTime now) const {
  const Plan& plan = implementation_->plan;
  const auto& language = plan.languages[job.language < plan.languages.size() ? job.language : 0];
  Scratch& scratch = scratch_of_thread();
  write_id(job, content, letter.id);
  letter.utf8 = write_address(letter.address, letter.recipient) || plan.utf8;
  Recipient recipient{harmless(letter.full_name, scratch.name), {}};
  // Who has no name is addressed by his address.
  recipient.values = {
      .full_name = recipient.name.empty() ? std::string_view(letter.recipient) : recipient.name,
      .email = letter.recipient,
      .id = letter.id};
  letter.sender.clear();
  write_pieces(plan.sender, recipient.values,
               [&letter](std::string_view run) { letter.sender += run; });
  letter.head.clear();
  letter.body = {};
  implementation_->write_fields(language, recipient, now, letter.head, scratch);
  if (language.body.shared()) {
    letter.body = language.body.octets();
  } else {
    language.body.write(recipient.values, letter.head);
  }
}

bool Composer::slow() const {
  return false;
}

}  // namespace muster::smtp
