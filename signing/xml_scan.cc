#include "signing/xml_scan.h"

#include <algorithm>
#include <array>
#include <string_view>
#include <vector>

#include "base/utf8.h"
#include "signing/member_name.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;

Error Malformed(std::string what) {
  return {ErrorCode::kInvalidInput, "xml.malformed", std::move(what)};
}

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

std::string Lower(std::string_view text) {
  std::string lower(text);
  for (char& c : lower)
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c + 0x20);
  return lower;
}

// The value of a pseudo attribute of the XML declaration; empty when absent.
std::string_view PseudoAttribute(std::string_view declaration, std::string_view name) {
  const std::size_t at = declaration.find(name);
  if (at == std::string_view::npos) return {};
  std::string_view rest = declaration.substr(at + name.size());
  while (!rest.empty() && (IsSpace(rest.front()) || rest.front() == '=')) rest.remove_prefix(1);
  if (rest.empty() || (rest.front() != '"' && rest.front() != '\'')) return {};
  const std::size_t end = rest.find(rest.front(), 1);
  return end == std::string_view::npos ? std::string_view{} : rest.substr(1, end - 1);
}

std::string_view Declaration(std::string_view text) {
  if (!text.starts_with("<?xml") || text.size() < 6 || !IsSpace(text[5])) return {};
  return text.substr(0, text.find("?>"));
}

bool IsAscii(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

// Encodings whose first 128 characters are those of ASCII.
bool IsAsciiSuperset(std::string_view encoding) {
  return encoding == "us-ascii" || encoding.starts_with("iso-8859-") ||
         encoding.starts_with("windows-125");
}

std::string FromLatin1(std::string_view text) {
  std::string utf8;
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte >= 0x80) utf8.push_back(static_cast<char>(0xC0U | byte >> 6U));
    utf8.push_back(byte < 0x80 ? c : static_cast<char>(0x80U | (byte & 0x3FU)));
  }
  return utf8;
}

// Parsers load converters for whatever a declaration names, even when told otherwise.
std::string DeclaredAsUtf8(std::string text) {
  const std::string_view name = PseudoAttribute(Declaration(text), "encoding");
  if (!name.empty())
    text.replace(static_cast<std::size_t>(name.data() - text.data()), name.size(), "UTF-8");
  return text;
}

base::Result<std::string> ToUtf8(std::string_view text) {
  constexpr std::string_view kMark = "\xEF\xBB\xBF";
  const bool marked = text.starts_with(kMark);
  if (marked) text.remove_prefix(kMark.size());
  const std::string_view declaration = Declaration(text);
  const std::string_view version = PseudoAttribute(declaration, "version");
  if (!declaration.empty() && version != "1.0")
    return Malformed("XML version " + PrintableText(version));
  const std::string encoding = Lower(PseudoAttribute(declaration, "encoding"));
  if (encoding.empty() || encoding == "utf-8") {
    if (!base::IsUtf8(text)) return Error{ErrorCode::kInvalidInput, "xml.encoding", "not UTF-8"};
    return std::string(text);
  }
  if (!marked && IsAsciiSuperset(encoding) && IsAscii(text))
    return DeclaredAsUtf8(std::string(text));
  if (!marked && encoding == "iso-8859-1") return DeclaredAsUtf8(FromLatin1(text));
  return Error{ErrorCode::kInvalidInput, "xml.encoding", PrintableText(encoding)};
}

// Walks over markup counting what costs. What is not well-formed is left to the parsers;
// this scan only has to end and must not count less than they would.
class Scanner {
 public:
  Scanner(std::string_view text, const XmlLimits& limits) : rest_(text), limits_(limits) {}

  base::Status Run() {
    for (;;) {
      const std::size_t markup = rest_.find('<');
      const std::string_view text = rest_.substr(0, markup);
      RETURN_IF_ERROR(Text(text));
      if (markup == std::string_view::npos)
        return open_.empty() ? base::Ok() : base::Status(Malformed("an element without end"));
      rest_.remove_prefix(markup);
      RETURN_IF_ERROR(Markup());
    }
  }

 private:
  struct Open {
    std::size_t namespaces;  // That the element declares.
    std::string_view name;
  };

  std::string_view NameAt(std::size_t at) const {
    std::size_t end = at;
    while (end < rest_.size() && rest_[end] != '>' && rest_[end] != '/' && !IsSpace(rest_[end]))
      ++end;
    return rest_.substr(at, end - at);
  }

  // XML 1.0, 4.1: without a document type there are five entities. Outside of the root there is no
  // text.
  base::Status Text(std::string_view text) const {
    if (open_.empty() && !std::ranges::all_of(text, IsSpace)) return Malformed("text at the top");
    for (std::size_t at = text.find('&'); at != std::string_view::npos;
         at = text.find('&', at + 1)) {
      const std::string_view name = text.substr(at + 1, text.substr(at, 16).find(';') - 1);
      constexpr std::array<std::string_view, 5> kEntities{"amp", "lt", "gt", "apos", "quot"};
      if (!name.starts_with('#') && std::ranges::find(kEntities, name) == kEntities.end())
        return Malformed("an unknown entity");
    }
    return base::Ok();
  }

  base::Status Markup() {
    struct Section {
      std::string_view start;
      std::string_view end;
    };
    constexpr std::array<Section, 3> kSections{
        {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}}};
    for (const Section& section : kSections)
      if (rest_.starts_with(section.start)) return SkipPast(section.start.size(), section.end);
    if (rest_.starts_with("<!"))
      return Error{ErrorCode::kInvalidInput, "xml.doctype", "a markup declaration"};
    return rest_.starts_with("</") ? EndTag() : StartTag();
  }

  base::Status SkipPast(std::size_t from, std::string_view mark) {
    const std::size_t end = rest_.find(mark, from);
    if (end == std::string_view::npos) return Malformed("a section without end");
    rest_.remove_prefix(end + mark.size());
    return base::Ok();
  }

  base::Status EndTag() {
    if (open_.empty()) return Malformed("an end tag too many");
    const Open last = open_.back();
    namespaces_ -= last.namespaces;
    open_.pop_back();
    // XML 1.0, 3: "The Name in an element's end-tag MUST match the element type in the start-tag."
    const std::string_view behind = rest_.substr(std::min(rest_.size(), 2 + last.name.size()), 1);
    if (rest_.substr(2, last.name.size()) != last.name || behind.empty() ||
        (behind.front() != '>' && !IsSpace(behind.front())))
      return Malformed("an end tag of another element");
    return SkipPast(2, ">");
  }

  base::Status StartTag() {
    std::size_t declared = 0;
    std::size_t attributes = 0;
    std::size_t at = 1;
    bool after_space = false;
    for (; at < rest_.size() && rest_[at] != '>'; ++at) {
      const char c = rest_[at];
      if (c == '"' || c == '\'') {
        at = rest_.find(c, at + 1);
        if (at == std::string_view::npos) return Malformed("an attribute without end");
        ++attributes;
        if (attributes > limits_.attributes)
          return Error{ErrorCode::kInvalidInput, "xml.too-many-attributes", ""};
      } else if (after_space && rest_.substr(at).starts_with("xmlns")) {
        ++declared;
      }
      after_space = IsSpace(c);
    }
    if (at >= rest_.size()) return Malformed("a tag without end");
    if (namespaces_ + declared > limits_.namespaces)
      return Error{ErrorCode::kInvalidInput, "xml.too-many-namespaces", ""};
    if (open_.size() + 1 > limits_.depth)
      return Error{ErrorCode::kInvalidInput, "xml.too-deep", ""};
    if (rest_[at - 1] != '/') {
      namespaces_ += declared;
      open_.push_back({declared, NameAt(1)});
    }
    rest_.remove_prefix(at + 1);
    return base::Ok();
  }

  std::string_view rest_;
  const XmlLimits& limits_;
  std::vector<Open> open_;
  std::size_t namespaces_ = 0;
};

}  // namespace

base::Result<base::Bytes> ScanXml(base::ByteSpan bytes, const XmlLimits& limits) {
  if (bytes.size() > limits.size)
    return Error{ErrorCode::kInvalidInput, "xml.too-large", std::to_string(bytes.size())};
  ASSIGN_OR_RETURN(const std::string text, ToUtf8(base::AsText(bytes)));
  RETURN_IF_ERROR(Scanner(text, limits).Run());
  return base::ToBytes(text);
}

}  // namespace signing
