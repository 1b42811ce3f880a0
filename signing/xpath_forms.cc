#include "signing/xpath_forms.h"

#include <string_view>

#include "signing/xml_names.h"

namespace signing {
namespace {

constexpr std::string_view kXPath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
constexpr std::string_view kXPathFilter2 = "http://www.w3.org/2002/06/xmldsig-filter2";

std::string WithoutSpaces(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (c != ' ' && c != '\t' && c != '\r' && c != '\n') out.push_back(c);
  return out;
}

// What a prefix means at `node`; empty when it is not declared.
std::string_view Meaning(const xmlNode* node, std::string_view prefix) {
  for (; node != nullptr && node->type == XML_ELEMENT_NODE; node = node->parent)
    for (const xmlNs* space = node->nsDef; space != nullptr; space = space->next)
      if (ToView(space->prefix) == prefix) return ToView(space->href);
  return {};
}

bool IsPlainName(std::string_view text) {
  return !text.empty() && text.find_first_of("()[]/:@*|'\"=<>") == std::string_view::npos;
}

// Takes `literal` off the front; false when it is not there.
bool Skip(std::string_view& text, std::string_view literal) {
  if (!text.starts_with(literal)) return false;
  text.remove_prefix(literal.size());
  return true;
}

// Takes a plain name up to `end` and `end` itself.
std::optional<std::string_view> TakeName(std::string_view& text, std::string_view end) {
  const std::size_t at = text.find(end);
  if (at == std::string_view::npos || !IsPlainName(text.substr(0, at))) return std::nullopt;
  const std::string_view name = text.substr(0, at);
  text.remove_prefix(at + end.size());
  return name;
}

// `start` prefix `end` and nothing more, the prefix meaning XMLDSIG.
bool IsSignatureTest(const xmlNode* xpath, std::string_view text, std::string_view start,
                     std::string_view end) {
  if (!Skip(text, start)) return false;
  const auto prefix = TakeName(text, end);
  return prefix && text.empty() && Meaning(xpath, *prefix) == kDsig;
}

// ancestor-or-self::P:SignatureValue[@Id='ID']
std::optional<XPathForm> SignatureValueForm(const xmlNode* xpath, std::string_view text) {
  if (!Skip(text, "ancestor-or-self::")) return std::nullopt;
  const auto prefix = TakeName(text, ":SignatureValue[@Id='");
  const auto id = prefix ? TakeName(text, "']") : std::nullopt;
  if (!id || !text.empty() || Meaning(xpath, *prefix) != kDsig) return std::nullopt;
  return XPathForm{XPathForm::Kind::kSignatureValue, std::string(*id)};
}

// id('ID')/node() or id('ID')/P:QualifyingProperties/P:SignedProperties
std::optional<XPathForm> IntersectForm(const xmlNode* xpath, std::string_view text) {
  if (!Skip(text, "id('")) return std::nullopt;
  const auto id = TakeName(text, "')/");
  if (!id) return std::nullopt;
  if (text == "node()") return XPathForm{XPathForm::Kind::kChildrenOf, std::string(*id)};
  const auto prefix = TakeName(text, ":QualifyingProperties/");
  if (!prefix || !IsXades(Meaning(xpath, *prefix))) return std::nullopt;
  if (text != std::string(*prefix) + ":SignedProperties") return std::nullopt;
  return XPathForm{XPathForm::Kind::kSignedPropertiesOf, std::string(*id)};
}

std::optional<XPathForm> RecognizeXPath1(const xmlNode* transform) {
  const xmlNode* xpath = FindChild(transform, kDsig, "XPath");
  if (xpath == nullptr) return std::nullopt;
  const std::string text = WithoutSpaces(TextOfElement(xpath));
  if (IsSignatureTest(xpath, text, "not(ancestor-or-self::", ":Signature)"))
    return XPathForm{XPathForm::Kind::kWithoutSignatures, {}};
  return SignatureValueForm(xpath, text);
}

std::optional<XPathForm> RecognizeFilter2(const xmlNode* transform) {
  const auto filters = FindChildren(transform, kXPathFilter2, "XPath");
  if (filters.size() != 1) return std::nullopt;
  const std::string filter = AttributeOf(filters[0], "Filter").value_or("");
  const std::string text = WithoutSpaces(TextOfElement(filters[0]));
  if (filter == "intersect") return IntersectForm(filters[0], text);
  if (filter == "subtract" && IsSignatureTest(filters[0], text, "/*/", ":Signature"))
    return XPathForm{XPathForm::Kind::kWithoutRootSignatures, {}};
  const bool subtracts =
      IsSignatureTest(filters[0], text, "/descendant::", ":Signature") ||
      IsSignatureTest(filters[0], text, "//", ":Signature") ||
      IsSignatureTest(filters[0], text, "/descendant::*[name()='", ":Signature']");
  if (filter != "subtract" || !subtracts) return std::nullopt;
  return XPathForm{XPathForm::Kind::kWithoutSignatures, {}};
}

}  // namespace

std::optional<XPathForm> RecognizeXPath(const xmlNode* transform) {
  const std::string algorithm = AttributeOf(transform, "Algorithm").value_or("");
  if (algorithm == kXPath) return RecognizeXPath1(transform);
  if (algorithm == kXPathFilter2) return RecognizeFilter2(transform);
  return std::nullopt;
}

}  // namespace signing
