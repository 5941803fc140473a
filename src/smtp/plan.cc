#include "smtp/plan.h"

#include <algorithm>
#include <array>
#include <utility>

#include "model/limits.h"
#include "smtp/address.h"
#include "smtp/characters.h"
#include "smtp/html.h"
#include "smtp/mime.h"

namespace muster::smtp {
namespace {

// A field's line may have 998; what stands around the address is far below the rest.
constexpr std::size_t url_bytes_max = 900;

tl::unexpected<Complaint> complain(std::string found, std::string expected, std::string mend = {}) {
  Complaint complaint;
  complaint.found = std::move(found);
  complaint.expected = std::move(expected);
  complaint.mend = std::move(mend);
  return tl::unexpected(std::move(complaint));
}

Placeholder personal_placeholder(std::string_view name, Value value) {
  return {name, {Piece{{}, value, Escape::none}}};
}

// Lines end in CR LF, as they do on the wire; none behind the last.
std::string wire_lines(std::string_view text) {
  std::string lines;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const bool ends = text[at] == '\n' || text[at] == '\r';
    if (ends) {
      lines += "\r\n";
      at += text.substr(at).starts_with("\r\n") ? 1 : 0;
    } else {
      lines += text[at];
    }
  }
  lines.erase(lines.find_last_not_of(" \t\r\n") + 1);
  return lines;
}

// Reads an address of the web with placeholders, and says what is wrong with it.
Result<Pieces, Complaint> read_url(std::string_view text, std::span<const Placeholder> known,
                                   const std::string& where, bool https) {
  auto pieces = read_template(text, known, Escape::percent, where);
  if (!pieces) {
    return pieces;
  }
  const std::string expected = std::string("an address that begins with https://") +
                               (https ? ", as one-click unsubscribing demands" : "");
  const std::string_view begin = pieces->empty() ? std::string_view() : pieces->front().literal;
  const std::string_view rest = begin.starts_with("https://")            ? begin.substr(8)
                                : !https && begin.starts_with("http://") ? begin.substr(7)
                                                                         : std::string_view();
  if (rest.empty()) {
    return complain(where + " is '" + std::string(text) + "'", expected);
  }
  std::size_t size = 0;
  for (const Piece& piece : *pieces) {
    size += piece.literal.size();
    const auto odd = std::find_if(piece.literal.begin(), piece.literal.end(), [](char letter) {
      return letter <= ' ' || letter >= 0x7F ||
             std::string_view("\"<>\\^`{|}").find(letter) != std::string_view::npos;
    });
    if (odd != piece.literal.end()) {
      return complain(where + " holds a character that no address may hold", expected,
                      "write it percent-encoded, and the domain in its xn-- form");
    }
  }
  if (size > url_bytes_max) {
    return complain(where + " has " + std::to_string(size) + " bytes",
                    "at most " + std::to_string(url_bytes_max));
  }
  return pieces;
}

Result<void, Complaint> plan_sender(const ComposerSettings& settings, const NamedAddress& from,
                                    Plan& plan) {
  if (settings.envelope_from.empty()) {
    plan.sender = {Piece{from.address, Value::none, Escape::none}};
    return {};
  }
  constexpr std::string_view where = "envelope_from";
  const std::array<Placeholder, 1> known{personal_placeholder("id", Value::id)};
  // Placeholders of the local part alone: a domain of its own for each letter has no MX.
  const auto [local, domain] = parts_of(settings.envelope_from);
  auto pieces = read_template(local, known, Escape::none, where);
  if (!pieces) {
    return tl::unexpected(pieces.error());
  }
  const std::string id(36, '0');
  std::string sample;
  write_pieces(*pieces, {.full_name = {}, .email = {}, .id = id, .url = {}},
               [&sample](std::string_view run) { sample += run; });
  if (settings.envelope_from.find('@') != std::string::npos) {
    sample += '@' + std::string(domain);
  }
  if (const auto hindrance = hindrance_of_address(sample); !hindrance.empty()) {
    return complain("envelope_from '" + settings.envelope_from + "' " + hindrance +
                        (sample.find(id) == std::string::npos ? "" : ", with an id of 36 letters"),
                    "an address such as bounce+{id}@school.example");
  }
  std::string end = "@";
  if (!append_ascii_domain(domain, end)) {
    end += domain;
  }
  append(*pieces, {Piece{end, Value::none, Escape::none}}, Escape::none);
  plan.utf8 = plan.utf8 || !is_ascii(local);
  plan.sender = std::move(*pieces);
  return {};
}

void add_field(Plan& plan, Octets& to, std::string_view name) {
  plan.field_names.push_back(name);
  add(to, name);
  add(to, ": ");
}

Result<NamedAddress, Complaint> plan_first_fields(const ComposerSettings& settings, Plan& plan) {
  auto from = read_named_address(settings.from, "from");
  if (!from) {
    return from;
  }
  plan.utf8 = from->utf8;
  add_field(plan, plan.first_fields, "From");
  add_mailbox(plan.first_fields, 6, {from->name, from->address});
  add(plan.first_fields, "\r\n");
  if (!settings.reply_to.empty()) {
    const auto reply_to = read_named_address(settings.reply_to, "reply_to");
    if (!reply_to) {
      return reply_to;
    }
    plan.utf8 = plan.utf8 || reply_to->utf8;
    add_field(plan, plan.first_fields, "Reply-To");
    add_mailbox(plan.first_fields, 10, {reply_to->name, reply_to->address});
    add(plan.first_fields, "\r\n");
  }
  add_field(plan, plan.first_fields, "To");
  return from;
}

void plan_id_fields(Plan& plan, const NamedAddress& from, const Pieces& unsubscribe) {
  const auto literal = [&plan](std::string text) {
    append(plan.id_fields, {Piece{std::move(text), Value::none, Escape::none}}, Escape::none);
  };
  plan.field_names.emplace_back("Message-ID");
  literal("Message-ID: <");
  append(plan.id_fields, {Piece{{}, Value::id, Escape::none}}, Escape::none);
  literal("@" + std::string(parts_of(from.address).domain) + ">\r\n");
  if (!unsubscribe.empty()) {
    plan.field_names.emplace_back("List-Unsubscribe");
    plan.field_names.emplace_back("List-Unsubscribe-Post");
    literal("List-Unsubscribe: <");
    append(plan.id_fields, unsubscribe, Escape::none);
    literal(">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n");
  }
}

// The fields behind Message-ID's, with the name of each.
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> last_fields{{
    {"MIME-Version", "1.0"},
    {"Auto-Submitted", "auto-generated"},
    {"Content-Language", ""},
    {"Content-Type", "multipart/alternative; boundary=\"=_muster\""},
    {"Content-Transfer-Encoding", "7bit"},
}};
static_assert(boundary == "=_muster");

Octets last_fields_of(std::string_view language) {
  Octets fields;
  for (const auto& [name, value] : last_fields) {
    add(fields, name);
    add(fields, ": ");
    add(fields, value.empty() ? language : value);
    add(fields, "\r\n");
  }
  add(fields, "\r\n");
  return fields;
}

bool is_language(std::string_view text) {
  constexpr std::size_t letters_max = 35;  // RFC 5646 §4.4.1
  return !text.empty() && text.size() <= letters_max &&
         std::all_of(text.begin(), text.end(), [](char letter) {
           return (letter >= '0' && letter <= '9') || (letter >= 'A' && letter <= 'Z') ||
                  (letter >= 'a' && letter <= 'z') || letter == '-';
         });
}

// A template's texts, read.
struct Texts {
  Pieces subject;
  Pieces text;
  Pieces html;
};

// Where `own_url`, {url} stands for the letter's own; not in the subject, for such a URL is a
// secret and subjects are logged by whoever forwards them.
Result<Texts, Complaint> read_texts(const Template& source, const Pieces& unsubscribe,
                                    bool own_url) {
  const std::string of = " of the mail template '" + source.language + "'";
  std::vector<Placeholder> known{personal_placeholder("full_name", Value::full_name),
                                 personal_placeholder("email", Value::email)};
  const auto url = read_url(source.url, known, "the url" + of, false);
  if (!url) {
    return tl::unexpected(url.error());
  }
  if (!unsubscribe.empty()) {
    known.push_back({"unsubscribe_url", unsubscribe});
  }
  auto known_in_bodies = known;
  known.push_back({"url", *url});
  known_in_bodies.push_back(own_url ? personal_placeholder("url", Value::url) : known.back());
  Template complete = source;
  complete.text = wire_lines(source.text);
  if (complete.text.find("{url}") == std::string::npos) {
    complete.text += "\r\n\r\n{url}";
  }
  complete.html = wire_lines(source.html.empty() ? html_template(complete) : source.html);

  struct Source {
    std::string_view name;
    std::string_view text;
    Escape escape;
    Lines lines;
    Pieces Texts::* into;
  };
  const std::array<Source, 3> sources{{
      {"the subject", complete.subject, Escape::none, Lines::one, &Texts::subject},
      {"the text", complete.text, Escape::none, Lines::several, &Texts::text},
      {"the html", complete.html, Escape::html, Lines::several, &Texts::html},
  }};
  Texts texts;
  for (const auto& [name, text, escape, lines, into] : sources) {
    std::string where(name);
    where += of;
    if (const auto unfit = words_of_unfit(text, lines); !unfit.empty()) {
      return complain(where.append(" holds ").append(unfit), "text in UTF-8");
    }
    auto pieces = read_template(text, lines == Lines::one ? known : known_in_bodies, escape, where);
    if (!pieces) {
      if (unsubscribe.empty() &&
          pieces.error().found.find("{unsubscribe_url}") != std::string::npos) {
        pieces.error().mend = "set unsubscribe_url";
      }
      return tl::unexpected(pieces.error());
    }
    texts.*into = std::move(*pieces);
  }
  return texts;
}

Result<LanguagePlan, Complaint> plan_language(const Template& source, const Pieces& unsubscribe) {
  if (!is_language(source.language)) {
    return complain("a mail template has the language '" + source.language + "'",
                    "a language tag such as en or pt-BR");
  }
  const std::string of = " of the mail template '" + source.language + "'";
  std::string room;
  if (harmless(source.subject, room).empty()) {
    return complain("the subject" + of + " is empty", "a subject");
  }
  if (wire_lines(source.text).empty()) {
    return complain("the text" + of + " is empty", "a text");
  }
  auto texts = read_texts(source, unsubscribe, false);
  const auto own = texts ? read_texts(source, unsubscribe, true) : texts;
  if (!own) {
    return tl::unexpected(own.error());
  }
  LanguagePlan plan{{},
                    {},
                    last_fields_of(source.language),
                    Body(texts->text, texts->html),
                    Body(own->text, own->html)};
  if (personal(texts->subject)) {
    plan.personal_subject = std::move(texts->subject);
  } else {
    add(plan.subject, "Subject: ");
    add_unstructured(plan.subject, plan.subject.size(),
                     harmless(texts->subject.front().literal, room));
    add(plan.subject, "\r\n");
  }
  return plan;
}

}  // namespace

Result<Plan, Complaint> plan_of(const ComposerSettings& settings) {
  Plan plan;
  const auto from = plan_first_fields(settings, plan);
  if (!from) {
    return tl::unexpected(from.error());
  }
  if (auto sender = plan_sender(settings, *from, plan); !sender) {
    return tl::unexpected(sender.error());
  }
  Pieces unsubscribe;
  if (!settings.unsubscribe_url.empty()) {
    const std::array<Placeholder, 1> known{personal_placeholder("id", Value::id)};
    auto read = read_url(settings.unsubscribe_url, known, "unsubscribe_url", true);
    if (!read) {
      return tl::unexpected(read.error());
    }
    unsubscribe = std::move(*read);
  }
  plan.field_names.insert(plan.field_names.end(), {"Subject", "Date"});
  plan_id_fields(plan, *from, unsubscribe);
  for (const auto& field : last_fields) {
    plan.field_names.push_back(field.first);
  }
  if (settings.templates.empty() || settings.templates.size() > limits::mail_templates_max) {
    return complain("there are " + std::to_string(settings.templates.size()) + " mail templates",
                    "1 to " + std::to_string(limits::mail_templates_max));
  }
  for (const Template& source : settings.templates) {
    auto language = plan_language(source, unsubscribe);
    if (!language) {
      return tl::unexpected(language.error());
    }
    plan.languages.push_back(std::move(*language));
  }
  return plan;
}

}  // namespace muster::smtp
