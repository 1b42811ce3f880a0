#include "signing/xml_splice.h"

namespace signing {
namespace {

// In document order, the root is 0.
std::optional<std::size_t> NumberOf(const XmlDocument& document, const xmlNode* element) {
  std::size_t number = 0;
  for (xmlNode* node = document.root(); node != nullptr;
       node = NextInOrder(node, document.root())) {
    if (node == element) return number;
    if (node->type == XML_ELEMENT_NODE) ++number;
  }
  return std::nullopt;
}

// Behind the mark that ends what begins at `at`.
std::size_t Behind(std::string_view text, std::size_t at, std::string_view mark) {
  const std::size_t found = text.find(mark, at);
  return found == std::string_view::npos ? found : found + mark.size();
}

// Behind a tag; ">" may stand in an attribute's value.
std::size_t BehindTag(std::string_view text, std::size_t at) {
  while (at < text.size() && text[at] != '>') {
    const char c = text[at];
    if (c == '"' || c == '\'') at = text.find(c, at + 1);
    if (at == std::string_view::npos) return at;
    ++at;
  }
  return at < text.size() ? at + 1 : std::string_view::npos;
}

struct Piece {
  enum class Kind { kStart, kEmpty, kEnd, kOther };
  Kind kind = Kind::kOther;
  std::size_t begin = 0;
  std::size_t end = 0;
};

// The next "<...>" from `at` on. The document is well-formed and has no DOCTYPE: the gate saw to
// it.
std::optional<Piece> NextPiece(std::string_view text, std::size_t at) {
  const std::size_t begin = text.find('<', at);
  if (begin == std::string_view::npos) return std::nullopt;
  const std::string_view rest = text.substr(begin);
  Piece piece{Piece::Kind::kOther, begin, 0};
  if (rest.starts_with("<!--")) {
    piece.end = Behind(text, begin + 4, "-->");
  } else if (rest.starts_with("<![CDATA[")) {
    piece.end = Behind(text, begin, "]]>");
  } else if (rest.starts_with("<?")) {
    piece.end = Behind(text, begin, "?>");
  } else {
    piece.end = BehindTag(text, begin);
    if (piece.end == std::string_view::npos) return std::nullopt;
    piece.kind = rest.starts_with("</")       ? Piece::Kind::kEnd
                 : text[piece.end - 2] == '/' ? Piece::Kind::kEmpty
                                              : Piece::Kind::kStart;
  }
  if (piece.end == std::string_view::npos) return std::nullopt;
  return piece;
}

}  // namespace

std::optional<ElementText> FindElementText(std::string_view text, const XmlDocument& document,
                                           const xmlNode* element) {
  const auto number = NumberOf(document, element);
  if (!number) return std::nullopt;
  ElementText found;
  std::size_t seen = 0;
  std::size_t depth = 0;  // Inside the element; 0: not yet.
  for (auto piece = NextPiece(text, 0); piece; piece = NextPiece(text, piece->end)) {
    using enum Piece::Kind;
    const bool starts = piece->kind == kStart || piece->kind == kEmpty;
    if (depth == 0 && starts && seen++ == *number) {
      found.begin = piece->begin;
      found.inside = piece->end;
      const std::size_t name = piece->begin + 1;
      found.name = std::string(text.substr(name, text.find_first_of(" \t\r\n/>", name) - name));
      if (piece->kind == kEmpty) {
        found.inside_end = found.end = piece->end;
        return found;
      }
      depth = 1;
    } else if (depth > 0 && piece->kind == kStart) {
      ++depth;
    } else if (depth > 0 && piece->kind == kEnd && --depth == 0) {
      found.inside_end = piece->begin;
      found.end = piece->end;
      return found;
    }
  }
  return std::nullopt;
}

std::string InsertAtEnd(std::string_view text, const ElementText& element, std::string_view xml) {
  std::string out;
  if (!element.is_empty_tag()) {
    out.append(text.substr(0, element.inside_end)).append(xml);
    return out.append(text.substr(element.inside_end));
  }
  // "<a/>" becomes "<a>...</a>".
  out.append(text.substr(0, element.end - 2)).append(">").append(xml);
  out.append("</" + element.name + ">");
  return out.append(text.substr(element.end));
}

}  // namespace signing
