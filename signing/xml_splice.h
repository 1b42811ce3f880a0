// Where an element stands in the text of its document, so that something can be put into it
// without touching a byte of the rest.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "signing/xml_document.h"

namespace signing {

struct ElementText {
  std::size_t begin = 0;       // Its "<".
  std::size_t inside = 0;      // Behind its start tag.
  std::size_t inside_end = 0;  // Its end tag; both are `end` for an empty-element tag.
  std::size_t end = 0;         // Behind all of it.
  std::string name;            // As written, with its prefix.
  bool is_empty_tag() const { return inside == end; }
};

// `text` is what `document` was parsed from, in UTF-8. nullopt when it is not.
std::optional<ElementText> FindElementText(std::string_view text, const XmlDocument& document,
                                           const xmlNode* element);

// The text with `xml` as the last thing inside the element.
std::string InsertAtEnd(std::string_view text, const ElementText& element, std::string_view xml);

}  // namespace signing
