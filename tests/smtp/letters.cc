#include "tests/smtp/letters.h"

#include <array>
#include <cstdio>
#include <filesystem>
#include <fstream>

namespace muster::smtp {

ComposerSettings plain_settings() {
  ComposerSettings settings;
  settings.from = "Example School <it@school.example>";
  settings.templates.push_back({.language = "en",
                                .subject = "Set up your device",
                                .text = "Hello,\n\nplease sign in:\n\n{url}\n\nYour school\n",
                                .html = "",
                                .url = "https://school.example/enrol?a=1&b=2"});
  return settings;
}

ComposerSettings personal_settings() {
  auto settings = plain_settings();
  settings.templates[0].text =
      "Hello {full_name},\n\nplease sign in as {email}:\n\n{url}\n\nYour school\n";
  return settings;
}

Content content_of_task() {
  Content content;
  content.mail_prefix = {0xa0, 0xb1, 0x62, 0xe3, 0xa4, 0xd5, 0x86, 0xf7};
  return content;
}

Letter written(const ComposerSettings& settings, const Person& person, std::uint8_t language) {
  const auto composer = Composer::make(settings);
  if (!composer) {
    ADD_FAILURE() << composer.error().line_of_text();
    return {};
  }
  Letter letter;
  letter.address = person.address;
  letter.full_name = person.name;
  letter.url = person.url;
  Job job;
  job.invitation = 7;
  job.language = language;
  (*composer)->compose(job, content_of_task(), letter, sent_at);
  // The body belongs to the composer, which ends here.
  letter.head.insert(letter.head.end(), letter.body.begin(), letter.body.end());
  letter.body = {};
  return letter;
}

std::string message_of(const Letter& letter) {
  return std::string(as_text(letter.head)) + std::string(as_text(letter.body));
}

std::string field_of(const Letter& letter, const std::string& name) {
  const auto message = "\r\n" + message_of(letter);
  const auto begin = message.find("\r\n" + name + ": ");
  if (begin == std::string::npos) {
    return "(none)";
  }
  std::string value;
  for (std::size_t at = begin + name.size() + 4; at < message.size(); ++at) {
    if (message.compare(at, 2, "\r\n") == 0) {
      at += 2;
      if (message[at] != ' ' && message[at] != '\t') {
        break;
      }
    }
    value += message[at];
  }
  return value;
}

std::string complaint_of(const ComposerSettings& settings) {
  const auto composer = Composer::make(settings);
  return composer ? "" : composer.error().line_of_text();
}

std::string judged(const std::string& message, const std::string& arguments) {
  std::string folder = (std::filesystem::temp_directory_path() / "muster-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) {
    return "(no folder)";
  }
  std::ofstream(folder + "/message", std::ios::binary) << message;
  // Debian's own Python, for which its packages are.
  const auto command = "PYTHONIOENCODING=utf-8 /usr/bin/python3 " MUSTER_SOURCE_DIR
                       "/tests/smtp/judge.py " +
                       arguments + " <" + folder + "/message 2>&1";
  std::string output;
  // NOLINTNEXTLINE(cert-env33-c): the tests' own words alone
  if (std::FILE* pipe = popen(command.c_str(), "r"); pipe != nullptr) {
    std::array<char, 4096> room{};
    std::size_t size = 0;
    while ((size = std::fread(room.data(), 1, room.size(), pipe)) > 0) {
      output.append(room.data(), size);
    }
    pclose(pipe);
  }
  std::filesystem::remove_all(folder);
  return output;
}

}  // namespace muster::smtp
