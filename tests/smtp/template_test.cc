#include "smtp/template.h"

#include <gtest/gtest.h>

namespace muster::smtp {
namespace {

const std::vector<Placeholder> known{
    {"name", {{"", Value::full_name, Escape::none}}},
    {"fixed", {{"<&>", Value::none, Escape::none}}},
    {"link", {{"x?a&b=", Value::email, Escape::percent}, {"&c", Value::none, Escape::none}}}};

std::string filled(std::string_view text, Escape escape, std::string_view name = "A<b>") {
  const auto pieces = read_template(text, known, escape, "it");
  if (!pieces) {
    return pieces.error().line_of_text();
  }
  std::string result;
  write_pieces(*pieces, {.full_name = name, .email = "a@b", .id = "7", .url = {}},
               [&result](std::string_view run) { result += run; });
  return result;
}

TEST(TemplateText, IsFilled) {
  EXPECT_EQ(filled("", Escape::none), "");
  EXPECT_EQ(filled("plain", Escape::none), "plain");
  EXPECT_EQ(filled("{name}{name} {fixed}", Escape::none), "A<b>A<b> <&>");
  EXPECT_EQ(filled("<p>{name} {fixed}</p>", Escape::html), "<p>A&lt;b&gt; &lt;&amp;&gt;</p>");
  EXPECT_EQ(filled("{link}", Escape::html), "x?a&amp;b=a%40b&amp;c");
  EXPECT_EQ(filled("{{name}} }}{{", Escape::none), "{name} }{");
  EXPECT_EQ(filled("{name}", Escape::none, "{name}"), "{name}");
}

TEST(TemplateText, IsPersonalOnlyWhereAValueStands) {
  EXPECT_FALSE(personal(*read_template("a {fixed} {{b}}", known, Escape::none, "it")));
  EXPECT_EQ(read_template("a {fixed} {{b}}", known, Escape::none, "it")->size(), 1U);
  EXPECT_TRUE(personal(*read_template("{link}", known, Escape::none, "it")));
}

TEST(TemplateText, EscapesForItsPlace) {
  EXPECT_EQ(text_of("a<>&\"'b", Escape::html), "a&lt;&gt;&amp;&quot;&#39;b");
  EXPECT_EQ(text_of("aZ09-._~ /é", Escape::percent), "aZ09-._~%20%2F%C3%A9");
  EXPECT_EQ(text_of("<%>", Escape::none), "<%>");
}

TEST(TemplateText, ComplainsOfWhatItCannotFill) {
  const std::string rest =
      "; expected {name}, {fixed} or {link}; correct it, or write {{ and }} for braces";
  EXPECT_EQ(filled("a {nam} b", Escape::none), "it has the unknown placeholder {nam}" + rest);
  EXPECT_EQ(filled("{}", Escape::none), "it has the unknown placeholder {}" + rest);
  EXPECT_EQ(filled("a {name", Escape::none),
            "it has a placeholder that is not closed: {name" + rest);
  EXPECT_EQ(filled("{na{me}\nx", Escape::none),
            "it has a placeholder that is not closed: {na{me}" + rest);
  EXPECT_EQ(filled("{ääääääääääääääääää", Escape::none),
            "it has a placeholder that is not closed: {äääääääää…" + rest);
  EXPECT_EQ(filled("a}b", Escape::none), "it has a '}' that closes no placeholder: }b" + rest);
}

}  // namespace
}  // namespace muster::smtp
