// Question: what does it cost to write one letter, and how much of that is DKIM? A composer thread
// does nothing else, so letters a second here are the most one thread can give to the relays.
//
// `shared`: nobody is named in the bodies, which are written once for all; `personal`: name and
// address stand in both bodies (text and HTML of about 2 KB together); with Ed25519 and RSA-2048.
// Names come in turn, a third of them beyond ASCII. Report ns/letter and the ratios of one run.
#include <benchmark/benchmark.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <string>

#include "base/assert.h"
#include "crypto/signature.h"
#include "smtp/composer.h"

namespace muster {
namespace {

using Kind = crypto::SigningKey::Kind;

smtp::ComposerSettings settings_for(bool personal) {
  smtp::ComposerSettings settings;
  settings.from = "Example School <it@school.example>";
  settings.envelope_from = "bounce+{id}@school.example";
  settings.unsubscribe_url = "https://school.example/no/{id}";
  const std::string greeting = personal ? "Hello {full_name}" : "Hello";
  settings.templates.push_back(
      {.language = "en",
       .subject = "Set up your device",
       .text = greeting +
               ",\n\nyour device has been registered with the school. To finish, please sign in"
               " with the account that you use at school" +
               (personal ? " ({email})" : "") +
               ".\n\n{url}\n\nIf you did not expect this letter, you need not do anything.\n\n"
               "Your school\n",
       .html = "",
       .url = "https://school.example/enrol?from=mail"});
  return settings;
}

std::unique_ptr<smtp::Composer> composer_for(bool personal, std::optional<Kind> kind) {
  auto settings = settings_for(personal);
  std::string folder = (std::filesystem::temp_directory_path() / "muster-XXXXXX").string();
  MUSTER_ASSERT(mkdtemp(folder.data()) != nullptr);
  if (kind) {
    const auto file = folder + "/key.pem";
    std::ofstream(file) << crypto::SigningKey::generate(*kind).private_pem();
    MUSTER_ASSERT(chmod(file.c_str(), 0600) == 0);
    settings.dkim.push_back({.domain = "school.example", .selector = "s", .key_file = file});
  }
  auto composer = smtp::Composer::make(settings);
  std::filesystem::remove_all(folder);
  MUSTER_ASSERT(composer.has_value());
  return std::move(*composer);
}

void letters(benchmark::State& state, bool personal, std::optional<Kind> kind) {
  const auto composer = composer_for(personal, kind);
  const std::array<std::string, 3> names{"Ann Example", "Example, Robert", "Zoë Müller"};
  Content content;
  content.mail_prefix = {0xa0, 0xb1, 0x62, 0xe3, 0xa4, 0xd5, 0x86, 0xf7};
  Letter letter;
  letter.address = "ann.example@students.school.example";
  Job job;
  for (auto _ : state) {
    letter.full_name = names[job.invitation % names.size()];
    composer->compose(job, content, letter, WallTime{1'795'413'906'000});
    benchmark::DoNotOptimize(letter.head.data());
    benchmark::ClobberMemory();
    ++job.invitation;
  }
  state.SetItemsProcessed(state.iterations());
  state.counters["bytes/letter"] = static_cast<double>(letter.octets());
}

BENCHMARK_CAPTURE(letters, shared, false, std::nullopt);
BENCHMARK_CAPTURE(letters, personal, true, std::nullopt);
BENCHMARK_CAPTURE(letters, shared_ed25519, false, Kind::ed25519);
BENCHMARK_CAPTURE(letters, personal_ed25519, true, Kind::ed25519);
BENCHMARK_CAPTURE(letters, shared_rsa2048, false, Kind::rsa);

}  // namespace
}  // namespace muster

BENCHMARK_MAIN();
