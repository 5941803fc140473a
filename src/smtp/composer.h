// Writes letters: from templates, a user's name and address, and an invitation's id to the bytes
// that go over the wire.
//
// multipart/alternative of plain text and HTML with a "Sign In" button; header fields by RFC 5322,
// names by RFC 2047, bodies in quoted-printable or base64 (7-bit always, no line begins with a
// dot), one To, a Message-ID that is the same over attempts, Auto-Submitted, List-Unsubscribe with
// one click where a URL is set (RFC 8058), DKIM signatures last (RFC 6376, 8463).
//
// The idea that makes it cheap: a template whose body names nobody is encoded once for all its
// letters and hashed once for DKIM; a letter then only adds header fields and a signature.
//
// Made once, immutable afterwards: compose() may be called by any number of threads.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "base/time.h"
#include "model/job.h"
#include "model/letter.h"

namespace muster::smtp {

// One language. Placeholders, in any text: {full_name} {email} {url} {unsubscribe_url}; a brace is
// written {{ or }}. In HTML their values are escaped. Any other placeholder is refused.
struct Template {
  std::string language;  // "en"; for the Content-Language field
  std::string subject;
  std::string text;
  std::string html;  // empty: made from `text`, with the button
  // Of the button; placeholders allowed. A letter that has a URL of its own (model/letter.h) has
  // that instead, in its texts, not in its subject.
  std::string url;
};

struct DkimKey {
  std::string domain;
  std::string selector;
  std::string key_file;  // RSA (≥ 1,024 bits) or Ed25519, PEM, not readable by others
};

struct ComposerSettings {
  std::string from;  // "Example School <it@school.example>"
  // The envelope's sender; empty: From's address. "{id}" in it becomes the letter's id (VERP).
  std::string envelope_from;
  std::string reply_to;             // empty: none
  std::string unsubscribe_url;      // may hold {id}; empty: no List-Unsubscribe
  std::vector<Template> templates;  // by Job::language; at least one
  std::vector<DkimKey> dkim;
};

class Composer {
 public:
  // Checks everything that can be wrong before the first letter: addresses, placeholders, keys,
  // sizes (a letter to the longest name ≤ limits::letter_bytes_max).
  [[nodiscard]] static Result<std::unique_ptr<Composer>, Complaint> make(
      const ComposerSettings& settings);
  ~Composer();

  // Writes everything of `letter` that is the composer's. job.letter need not be set. `now` becomes
  // Date and DKIM's t=.
  void compose(const Job& job, const Content& content, Letter& letter, WallTime now) const;
  // What a letter costs at least: true where an RSA signature is made for each.
  [[nodiscard]] bool slow() const;

 private:
  struct Implementation;
  explicit Composer(std::unique_ptr<Implementation> implementation);
  std::unique_ptr<Implementation> implementation_;
};

// Of an address as the roster has it, checked: what would not come out right. Empty: all is well.
[[nodiscard]] std::string hindrance_of_address(std::string_view address);

}  // namespace muster::smtp
