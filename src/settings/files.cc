#include "settings/files.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <string_view>
#include <system_error>

#include "base/utf8.h"
#include "model/limits.h"
#include "settings/complain.h"
#include "settings/text_form.h"

namespace muster::settings {
namespace {

tl::unexpected<Complaint> unreadable(const std::string& file, int reason) {
  auto complaint = complain_at(
      {file}, {std::string("cannot be read: ") + std::generic_category().message(reason),
               "a readable file", "check the path and who may read it"});
  complaint.value().cause = error_of_errno(reason);
  return complaint;
}

// systemd hands credentials over with an access list whose mask shows as group-readable.
bool is_systemd_credential(const std::string& file) {
  // NOLINTNEXTLINE(concurrency-mt-unsafe): nothing in Muster ever sets a variable
  const char* directory = std::getenv("CREDENTIALS_DIRECTORY");
  return directory != nullptr && *directory != '\0' &&
         file.starts_with(std::string(directory) + "/");
}

struct Content {
  std::string text;  // one byte more than was asked for, where there is more
  bool others_may_read = false;
};

Result<Content, Complaint> read_file(const std::string& file, std::size_t bytes_max) {
  // O_NONBLOCK: a pipe that nobody writes to would hold the start for ever.
  const int opened = open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (opened < 0) {
    return unreadable(file, errno);
  }
  struct stat facts{};
  const bool known = fstat(opened, &facts) == 0;
  Content content{std::string(bytes_max + 1, '\0'), true};
  std::size_t filled = 0;
  ssize_t got = 1;
  while (got > 0 && filled < content.text.size()) {
    got = read(opened, content.text.data() + filled, content.text.size() - filled);
    filled += got > 0 ? static_cast<std::size_t>(got) : 0;
  }
  const int reason = errno;
  close(opened);
  if (got < 0) {
    return unreadable(file, reason);
  }
  content.text.resize(filled);
  content.others_may_read = !known || (facts.st_mode & (S_IRWXG | S_IRWXO)) != 0;
  return content;
}

// CR LF becomes LF, and what editors put before the first letter goes.
std::string with_plain_line_breaks(std::string_view text) {
  constexpr std::string_view byte_order_mark = "\xef\xbb\xbf";
  if (text.starts_with(byte_order_mark)) {
    text.remove_prefix(byte_order_mark.size());
  }
  std::string plain;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool before_feed = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
    if (!before_feed) {
      plain += text[i];
    }
  }
  return plain;
}

Result<std::string, Complaint> read_template(const std::string& file) {
  const auto content = read_file(file, limits::template_bytes_max);
  if (!content) {
    return tl::unexpected(content.error());
  }
  if (content->text.size() > limits::template_bytes_max) {
    return complain_at(
        {file}, {"is larger than " + std::to_string(limits::template_bytes_max / 1024) + " KiB",
                 "the text of a letter", "leave out pictures: link to them"});
  }
  auto text = with_plain_line_breaks(content->text);
  if (text.empty()) {
    return complain_at({file}, {"is empty", "the text of a letter"});
  }
  if (const auto at = first_not_text(text); at < text.size()) {
    return complain_at({file}, {"holds " + words_of_byte(text, at), "UTF-8", "save it as UTF-8"});
  }
  if (auto expected = expected_instead(text, TextForm::lines); !expected.empty()) {
    return complain_at({file},
                       {"holds a control character", std::move(expected), "save it as plain text"});
  }
  return text;
}

Result<void, Complaint> take_file(std::string& file, std::string& text) {
  if (file.empty()) {
    return {};
  }
  auto read = read_template(file);
  if (!read) {
    return tl::unexpected(read.error());
  }
  text = std::move(*read);
  file.clear();
  return {};
}

}  // namespace

Result<std::string, Complaint> read_password(const std::string& file) {
  const auto content = read_file(file, limits::password_bytes_max);
  if (!content) {
    return tl::unexpected(content.error());
  }
  if (content->others_may_read && !is_systemd_credential(file)) {
    auto complaint =
        complain_at({file}, {"this password can be read by others than its owner",
                             "a file that only its owner may read", "run: chmod 600 " + file});
    complaint.value().cause = Error{ErrorCode::not_permitted, 0};
    return complaint;
  }
  auto line = content->text.substr(0, content->text.find('\n'));
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  const bool fits =
      line.size() <= limits::password_bytes_max && first_not_text(line) == line.size();
  if (!fits || !expected_instead(line, TextForm::not_empty).empty()) {
    return complain_at({file, 1}, {"holds no password",
                                   "the password on the first line, at most " +
                                       std::to_string(limits::password_bytes_max) + " bytes",
                                   "write it there with an editor"});
  }
  return line;
}

Result<std::vector<MailTemplate>, Complaint> load_templates(const MailSettings& mail) {
  auto letters = mail.templates;
  for (auto& letter : letters) {
    if (auto taken = take_file(letter.text_file, letter.text); !taken) {
      return tl::unexpected(taken.error());
    }
    if (auto taken = take_file(letter.html_file, letter.html); !taken) {
      return tl::unexpected(taken.error());
    }
  }
  return letters;
}

}  // namespace muster::settings
