#include "smtp/html.h"

#include <algorithm>
#include <array>
#include <utility>

#include "smtp/template.h"

namespace muster::smtp {
namespace {

constexpr std::array<std::pair<std::string_view, std::string_view>, 20> labels{{
    {"ar", "تسجيل الدخول"},    {"cs", "Přihlásit se"}, {"da", "Log ind"},
    {"de", "Anmelden"},        {"en", "Sign In"},      {"es", "Iniciar sesión"},
    {"fi", "Kirjaudu sisään"}, {"fr", "Se connecter"}, {"he", "התחברות"},
    {"it", "Accedi"},          {"ja", "サインイン"},   {"ko", "로그인"},
    {"nb", "Logg på"},         {"nl", "Log in"},       {"pl", "Zaloguj się"},
    {"pt", "Iniciar sessão"},  {"ru", "Войти"},        {"sv", "Logga in"},
    {"tr", "Giriş Yap"},       {"zh", "登录"},
}};

std::string_view primary(std::string_view language) {
  return language.substr(0, language.find('-'));
}

bool right_to_left(std::string_view language) {
  constexpr std::array<std::string_view, 6> languages{"ar", "dv", "fa", "he", "ur", "yi"};
  return std::find(languages.begin(), languages.end(), primary(language)) != languages.end();
}

constexpr std::string_view paragraph_begin = "<p style=\"margin:0 0 16px\">";
constexpr std::string_view paragraph_end = "</p>\n";

std::string link(std::string_view placeholder) {
  return "<a href=\"" + std::string(placeholder) +
         "\" style=\"color:#0050b3;overflow-wrap:anywhere\">" + std::string(placeholder) + "</a>";
}

// The contrast of white on this blue is above 7:1, which WCAG calls AAA.
std::string button(std::string_view language) {
  return "<p style=\"margin:24px 0\"><a href=\"{url}\" style=\"display:inline-block;"
         "padding:12px 28px;border-radius:8px;background:#0050b3;color:#ffffff;"
         "font-weight:600;text-decoration:none\">" +
         std::string(button_label(language)) + "</a></p>\n<p style=\"margin:0 0 16px;" +
         "font-size:14px\">" + link("{url}") + "</p>\n";
}

std::string without_carriage_returns(std::string text) {
  std::erase(text, '\r');
  return text;
}

// Escaped, addresses as links, lines as lines. "{{url}}" is no placeholder.
std::string paragraph(std::string_view text) {
  std::string html(paragraph_begin);
  while (!text.empty()) {
    const auto take = [&text](std::size_t size) {
      const auto taken = text.substr(0, size);
      text.remove_prefix(size);
      return taken;
    };
    constexpr std::array<std::string_view, 2> addresses{"{url}", "{unsubscribe_url}"};
    const auto* address = std::find_if(addresses.begin(), addresses.end(),
                                       [text](auto name) { return text.starts_with(name); });
    if (text.starts_with("{{") || text.starts_with("}}")) {
      html += take(2);
    } else if (address != addresses.end()) {
      html += link(take(address->size()));
    } else if (text.starts_with('\n')) {
      html += "<br>\n";
      take(1);
    } else {
      html += text_of(take(1), Escape::html);
    }
  }
  html += paragraph_end;
  return html;
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\n");
  return first == std::string_view::npos
             ? std::string_view()
             : text.substr(first, text.find_last_not_of(" \t\n") - first + 1);
}

std::string paragraphs(const Template& source) {
  const auto text = without_carriage_returns(source.text);
  std::string html;
  bool has_button = false;
  for (std::string_view rest = text; !rest.empty();) {
    const auto end = rest.find("\n\n");
    const auto one = trimmed(rest.substr(0, end));
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 2);
    if (one == "{url}" && !has_button) {
      html += button(source.language);
      has_button = true;
    } else if (!one.empty()) {
      html += paragraph(one);
    }
  }
  return has_button ? html : html + button(source.language);
}

// A title is the same for all, or what is shared would be personal for its sake alone.
std::string title(const Template& source) {
  return source.subject.find('{') == std::string::npos ? text_of(source.subject, Escape::html)
                                                       : std::string(button_label(source.language));
}

}  // namespace

std::string_view button_label(std::string_view language) {
  const auto* found = std::find_if(labels.begin(), labels.end(), [language](const auto& label) {
    return label.first == primary(language);
  });
  return found == labels.end() ? "Sign In" : found->second;
}

std::string html_template(const Template& source) {
  const std::string direction = right_to_left(source.language) ? "rtl" : "ltr";
  return "<!DOCTYPE html>\n<html lang=\"" + source.language + "\" dir=\"" + direction +
         "\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" "
         "content=\"width=device-width, initial-scale=1\">\n<title>" +
         title(source) +
         "</title>\n</head>\n<body style=\"margin:0;padding:24px;background:#ffffff;"
         "color:#1d1d1f;font:16px/1.5 -apple-system,'Segoe UI',Roboto,Arial,sans-serif\">\n"
         "<div style=\"max-width:560px;margin:0 auto\">\n" +
         paragraphs(source) + "</div>\n</body>\n</html>\n";
}

}  // namespace muster::smtp
