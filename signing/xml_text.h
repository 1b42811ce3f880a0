// Text that goes into XML: checked and escaped as canonical XML writes it.
#pragma once

#include <string>
#include <string_view>

namespace signing {

// Valid UTF-8 of characters that XML 1.0 allows (2.2), with no control characters but
// tab and line feed.
bool IsXmlText(std::string_view text);

// W3C xml-c14n, 2.3: text nodes escape & < > and carriage return; attribute values escape
// & < " tab, line feed and carriage return. REQUIRES: IsXmlText().
std::string EscapeText(std::string_view text);
std::string EscapeAttribute(std::string_view text);

}  // namespace signing
