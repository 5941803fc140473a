#include "cli/examine.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <string_view>

#include "base/result.h"
#include "cli/text.h"
#include "console/shapes.h"
#include "json/members.h"
#include "muster/error.h"
#include "service/mail_sender.h"
#include "settings/files.h"

namespace muster::cli {
namespace {

constexpr std::string_view mdm_topics = "com.apple.mgmt.";

const char* name_of(Grade grade) {
  switch (grade) {
    case Grade::good:
      return "ok";
    case Grade::warning:
      return "warning";
    case Grade::bad:
      return "error";
  }
  return "error";
}

// `secret`: others must not be able to read it.
Finding examine_file(const std::string& subject, const std::string& path, bool secret) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) {
    return {Grade::bad, subject, path + " cannot be read: " + words(error_of_errno(errno)),
            "correct the path, or let the account that runs muster read it"};
  }
  struct stat status{};
  std::array<char, 4096> head{};
  const bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  const ssize_t got = regular ? read(fd, head.data(), head.size()) : -1;
  close(fd);
  if (got < 0) {
    return {Grade::bad, subject, path + " is no ordinary file", "name the PEM file itself"};
  }
  const std::string_view text(head.data(), static_cast<std::size_t>(got));
  if (text.find("-----BEGIN ") == std::string_view::npos) {
    return {Grade::bad, subject, path + " does not look like PEM",
            "convert it: openssl pkcs12 -in FILE.p12 -out FILE.pem -nodes"};
  }
  if (secret && (status.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return {Grade::warning, subject, path + " can be read by others",
            "chmod 600 " + shell_word(path)};
  }
  return {Grade::good, subject, path + " can be read", {}};
}

Finding finding_of(const service::Remark& remark) {
  return {remark.good ? Grade::good : Grade::warning, remark.setting, remark.found, remark.mend};
}

Finding finding_of(const std::string& subject, const Complaint& complaint) {
  return {Grade::bad, subject, complaint.file + " " + complaint.found, complaint.mend};
}

void examine_relay(const MailRelaySettings& relay, std::vector<Finding>& findings) {
  if (!relay.user.empty()) {
    if (const auto password = settings::read_password(relay.password_file); !password) {
      findings.push_back(finding_of("mail.relay.password_file", password.error()));
    } else {
      findings.push_back(
          {Grade::good, "mail.relay.password_file", relay.password_file + " can be read", {}});
    }
  }
  if (!relay.trust_file.empty()) {
    findings.push_back(examine_file("mail.relay.trust_file", relay.trust_file, false));
  }
}

void examine_direct(const MailSettings& mail, std::vector<Finding>& findings) {
  const auto& direct = mail.direct;
  findings.push_back(
      {Grade::good,
       "mail.direct",
       "letters go to port " + std::to_string(direct.port) + " of the recipients' mail hosts " +
           (direct.tls == "none" ? "in clear" : "by STARTTLS where it is offered") + ", as \"" +
           service::own_name(mail) + "\"; DNS is asked at " +
           (direct.resolver.empty() ? "this machine's servers" : direct.resolver) +
           (direct.allow_loopback ? "; mail hosts on this machine are used: a rehearsal" : ""),
       {}});
  for (const auto& caution : service::cautions_about(mail)) {
    findings.push_back(finding_of(caution));
  }
}

}  // namespace

std::vector<Finding> examine_credentials(const Settings& settings) {
  std::vector<Finding> findings;
  const auto& credentials = settings.apns.credentials;
  if (credentials.empty()) {
    const bool mails = settings.mail.mode != "off";
    findings.push_back({mails ? Grade::warning : Grade::bad, "apns.credential",
                        mails ? "none: mail alone can be sent" : "none: no push can be sent",
                        "add an [[apns.credential]] with a topic and a certificate or a key"});
  }
  for (std::size_t at = 0; at < credentials.size(); ++at) {
    const auto& credential = credentials[at];
    const std::string subject =
        "apns.credential[" + std::to_string(at + 1) + "] " + credential.topic;
    if (!credential.certificate_file.empty()) {
      const bool holds_key = credential.key_file.empty();
      findings.push_back(examine_file(subject, credential.certificate_file, holds_key));
    }
    if (!credential.key_file.empty()) {
      findings.push_back(examine_file(subject, credential.key_file, true));
    }
  }
  if (!settings.apns.trust_file.empty()) {
    findings.push_back(examine_file("apns.trust_file", settings.apns.trust_file, false));
  }
  return findings;
}

std::vector<Finding> examine_sending(const Settings& settings) {
  std::vector<Finding> findings;
  const auto& credentials = settings.apns.credentials;
  const auto wakes = [](const ApnsCredential& credential) {
    return credential.topic.starts_with(mdm_topics);
  };
  if (settings.mdm.mode == "off" && std::any_of(credentials.begin(), credentials.end(), wakes)) {
    findings.push_back({Grade::warning, "mdm.mode",
                        "off: devices of com.apple.mgmt topics will be woken, but no command waits",
                        "have your MDM server queue the command before you send"});
  }
  const bool alerts = !std::all_of(credentials.begin(), credentials.end(), wakes);
  if (alerts && settings.invitations.empty()) {
    findings.push_back({Grade::bad, "invitation", "none: alerts have no text",
                        "add an [[invitation]] with language, title and body"});
  }
  return findings;
}

std::vector<Finding> examine_mail(const Settings& settings) {
  std::vector<Finding> findings;
  const auto& mail = settings.mail;
  if (mail.mode == "off") {
    return findings;
  }
  if (mail.mode == "direct") {
    examine_direct(mail, findings);
  } else {
    examine_relay(mail.relay, findings);
  }
  for (const auto& key : mail.dkim) {
    findings.push_back(examine_file("mail.dkim " + key.selector, key.key_file, true));
  }
  if (const auto templates = settings::load_templates(mail); !templates) {
    findings.push_back(finding_of("mail.template", templates.error()));
  } else if (templates->empty() && settings.invitations.empty()) {
    findings.push_back({Grade::bad, "mail.template", "none: letters have no text",
                        "add a [[mail.template]] or an [[invitation]]"});
  }
  return findings;
}

std::vector<Finding> examine_bounces(const Settings& settings) {
  if (settings.mail.mode != "direct") {
    return {};
  }
  return {finding_of(service::look_for_bounce_hosts(settings.mail))};
}

std::vector<Finding> examine_locations(const std::vector<Location>& locations,
                                       const std::string& flags) {
  constexpr std::int64_t days_to_warn = 30;
  std::vector<Finding> findings;
  for (const auto& each : locations) {
    if (each.condition == "codes") {
      continue;  // imported codes hold by themselves
    }
    const std::string install =
        "get a new one from Apple School or Business Manager, then: muster "
        "token install FILE --location " +
        shell_word(each.id) + flags;
    const std::string subject = "content token " + each.id;
    const std::string whose = "of " + each.organisation;
    const bool expired = each.days_left < 0;
    if (expired || each.condition == "refused") {
      findings.push_back({Grade::bad, subject,
                          whose + (expired ? ", expired on " + each.expires_at
                                           : ", refused by Apple: " + each.words),
                          install});
    } else if (each.condition == "foreign") {
      findings.push_back({Grade::bad, subject, whose + ": " + each.words,
                          "take it over with: muster token install FILE --take-over --location " +
                              shell_word(each.id) + flags});
    } else if (each.days_left < days_to_warn) {
      findings.push_back({Grade::warning, subject,
                          whose + ", expires in " +
                              counted(static_cast<std::uint64_t>(each.days_left), "day") + ", on " +
                              each.expires_at,
                          install});
    } else {
      findings.push_back({Grade::good,
                          subject,
                          whose + ", good until " + each.expires_at +
                              (each.words.empty() ? "" : "; " + each.words),
                          {}});
    }
  }
  return findings;
}

std::vector<Finding> examine_tasks(const std::vector<Task>& tasks, const std::string& flags) {
  std::vector<Finding> findings;
  for (const auto& task : tasks) {
    if (task.state == TaskState::interrupted || task.state == TaskState::paused) {
      findings.push_back({Grade::warning, "task " + task.id,
                          muster::name_of(task.state) +
                              (task.state_reason.empty() ? "" : ": " + task.state_reason),
                          "muster resume " + task.id + flags});
    }
  }
  return findings;
}

std::string findings_text(const std::vector<Finding>& findings) {
  Table table({Table::Align::left, Table::Align::left, Table::Align::left});
  for (const auto& each : findings) {
    table.row({name_of(each.grade), shown(each.subject),
               shown(each.found + (each.mend.empty() ? "" : "; " + each.mend))});
    for (const auto& example : each.examples) {
      table.row({"", "", "  " + shown(example)});
    }
  }
  return table.text();
}

std::string findings_json(const std::vector<Finding>& findings) {
  json::Writer writer;
  writer.begin_object().key("checks").begin_array();
  for (const auto& each : findings) {
    writer.begin_object();
    json::Members{writer}
        .member("grade", name_of(each.grade))
        .member("subject", each.subject)
        .member("found", each.found)
        .member("mend", each.mend);
    if (each.count) {
      json::Members{writer}.member("count", *each.count);
      console::add_texts(writer, "examples", each.examples);
    }
    writer.end();
  }
  return writer.end().end().result();
}

int exit_code_of(const std::vector<Finding>& findings) {
  const bool bad = std::any_of(findings.begin(), findings.end(),
                               [](const Finding& each) { return each.grade == Grade::bad; });
  return bad ? static_cast<int>(FailureKind::cannot_start) : 0;
}

}  // namespace muster::cli
