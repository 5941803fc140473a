#include "smtp/composer.h"

#include <algorithm>
#include <array>
#include <utility>

#include "smtp/address.h"
#include "smtp/canonical.h"
#include "smtp/characters.h"
#include "smtp/date.h"
#include "smtp/dkim.h"
#include "smtp/mime.h"
#include "smtp/plan.h"

namespace muster::smtp {
namespace {

// What writing one letter needs beside it. A composer is shared by threads; each keeps its own, so
// that nothing is allocated once the strings have grown.
struct Scratch {
  std::string name;     // harmless
  std::string subject;  // with its values
  Octets canonical;     // what DKIM hashes
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

// Letters to whom it takes most to write to: every letter of the name is escaped, whether for HTML
// or for a URL, and so is each of the longest URL of their own, where they have one.
Result<void, Complaint> check_sizes(const Composer& composer, const ComposerSettings& settings) {
  constexpr std::array<std::pair<std::string_view, std::size_t>, 4> sizes{
      {{"\"", 0},
       {"\u00E4", 0},
       {"\"", limits::invitation_url_bytes_max},
       {"\u00E4", limits::invitation_url_bytes_max}}};
  for (std::size_t i = 0; i < settings.templates.size(); ++i) {
    for (const auto& [letters, url_bytes] : sizes) {
      Letter letter;
      letter.url.assign(url_bytes, '&');
      while (letter.full_name.size() < limits::name_bytes_max) {
        letter.full_name += letters;
      }
      letter.address = std::string(64, '&') + "@" + std::string(63, 'a') + "." +
                       std::string(63, 'b') + "." + std::string(61, 'c');
      Job job;
      job.language = static_cast<std::uint8_t>(i);
      composer.compose(job, {}, letter, {});
      if (letter.octets() > limits::letter_bytes_max) {
        Complaint complaint;
        complaint.found = "a letter of the mail template '" + settings.templates[i].language +
                          "' has up to " + std::to_string(letter.octets()) + " bytes";
        complaint.expected = "at most " + std::to_string(limits::letter_bytes_max);
        complaint.mend = "shorten its text or its html";
        return tl::unexpected(std::move(complaint));
      }
    }
  }
  return {};
}

}  // namespace

struct Composer::Implementation {
  Plan plan;
  std::vector<DkimSigner> signers;
  // By language; of those whose body is shared.
  std::vector<BodyHash> body_hashes;

  void write(const Job& job, const Recipient& recipient, Letter& letter, WallTime now,
             Scratch& scratch) const;
  void write_fields(const LanguagePlan& language, const Recipient& recipient, WallTime now,
                    Octets& to, Scratch& scratch) const;
};

// DKIM's fields stand above all they sign, so their places are kept until it is written.
void Composer::Implementation::write(const Job& job, const Recipient& recipient, Letter& letter,
                                     WallTime now, Scratch& scratch) const {
  const std::size_t index = job.language < plan.languages.size() ? job.language : 0;
  const LanguagePlan& language = plan.languages[index];
  Octets& head = letter.head;
  head.clear();
  std::array<DkimSigner::Place, dkim_keys_max> places;
  for (std::size_t i = 0; i < signers.size(); ++i) {
    places[i] = signers[i].write_field(head, now);
  }
  const auto fields = head.size();
  write_fields(language, recipient, now, head, scratch);
  const auto body = head.size();
  const Body& content = letter.url.empty() ? language.body : language.own_url_body;
  letter.body = content.octets();
  if (!content.shared()) {
    content.write(recipient.values, head);
  }
  if (signers.empty()) {
    return;
  }
  const auto hash = content.shared()
                        ? body_hashes[index]
                        : body_hash(as_text(Bytes(head).subspan(body)), scratch.canonical);
  scratch.canonical.clear();
  const std::size_t empty_line = 2;
  add_canonical_fields(scratch.canonical,
                       as_text(Bytes(head).subspan(fields, body - fields - empty_line)));
  for (std::size_t i = 0; i < signers.size(); ++i) {
    signers[i].finish(head, places[i], hash, scratch.canonical);
  }
}

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
  if (settings.dkim.size() > dkim_keys_max) {
    Complaint complaint;
    complaint.found = "there are " + std::to_string(settings.dkim.size()) + " DKIM keys";
    complaint.expected = "at most " + std::to_string(dkim_keys_max);
    return tl::unexpected(std::move(complaint));
  }
  for (const DkimKey& key : settings.dkim) {
    auto signer = DkimSigner::make(key, implementation->plan.field_names);
    if (!signer) {
      return tl::unexpected(signer.error());
    }
    implementation->signers.push_back(std::move(*signer));
  }
  Octets room;
  for (const LanguagePlan& language : implementation->plan.languages) {
    implementation->body_hashes.push_back(body_hash(as_text(language.body.octets()), room));
  }
  std::unique_ptr<Composer> composer(new Composer(std::move(implementation)));
  if (auto fits = check_sizes(*composer, settings); !fits) {
    return tl::unexpected(fits.error());
  }
  return composer;
}

void Composer::compose(const Job& job, const Content& content, Letter& letter, WallTime now) const {
  const Plan& plan = implementation_->plan;
  Scratch& scratch = scratch_of_thread();
  write_id(job, content, letter.id);
  letter.utf8 = write_address(letter.address, letter.recipient) || plan.utf8;
  Recipient recipient{harmless(letter.full_name, scratch.name), {}};
  // Who has no name is addressed by his address.
  recipient.values = {
      .full_name = recipient.name.empty() ? std::string_view(letter.recipient) : recipient.name,
      .email = letter.recipient,
      .id = letter.id,
      .url = letter.url};
  letter.sender.clear();
  write_pieces(plan.sender, recipient.values,
               [&letter](std::string_view run) { letter.sender += run; });
  implementation_->write(job, recipient, letter, now, scratch);
}

bool Composer::slow() const {
  return std::any_of(implementation_->signers.begin(), implementation_->signers.end(),
                     [](const DkimSigner& signer) { return signer.slow(); });
}

}  // namespace muster::smtp
