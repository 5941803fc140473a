// The HTML of a letter whose template has none: made from its text, with a button.
//
// Plain HTML that every reader shows: no tables, no images, nothing fetched, style inline, the
// language and its direction said. A paragraph of the text that is {url} alone becomes the button,
// with the address spelled out below it; where there is none, both stand at the end.
#pragma once

#include <string>

#include "smtp/composer.h"

namespace muster::smtp {

// "Sign In" in the template's language; in English where we do not know it.
[[nodiscard]] std::string_view button_label(std::string_view language);
// A text with placeholders, for read_template() with Escape::html.
[[nodiscard]] std::string html_template(const Template& source);

}  // namespace muster::smtp
