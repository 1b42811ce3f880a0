#include "signing/report_html_page.h"

#include "base/utf8.h"

namespace signing {
namespace {

constexpr std::size_t kMaxCharacters = 400;

// The first characters, and how many bytes follow.
std::string Cut(std::string_view text) {
  std::string_view rest = text;
  for (std::size_t i = 0; i < kMaxCharacters && !rest.empty(); ++i) base::TakeCodePoint(rest);
  std::string cut(text.substr(0, text.size() - rest.size()));
  if (!rest.empty()) cut += "… [+" + std::to_string(rest.size()) + "]";
  return cut;
}

}  // namespace

void HtmlPage::Heading(int level, std::string_view text) {
  out_.Leaf("h" + std::to_string(std::min(level, 6)), text);
}

void HtmlPage::Foreign(std::string_view text) {
  out_.Leaf("bdi", Cut(text));
}

void HtmlPage::OpenFact(HtmlWord label) {
  out_.Open("div").Leaf("dt", Say(label)).Open("dd");
}

void HtmlPage::Fact(HtmlWord label, const std::optional<std::string>& value) {
  if (!value || value->empty()) return;
  OpenFact(label);
  Foreign(*value);
  CloseFact();
}

void HtmlPage::CodeFact(HtmlWord label, const std::optional<std::string>& value) {
  if (!value || value->empty()) return;
  OpenFact(label);
  out_.Leaf("code", Cut(*value));
  CloseFact();
}

void HtmlPage::OpenTable(std::string_view caption, std::initializer_list<HtmlWord> heads) {
  out_.Open("table").Leaf("caption", caption).Open("thead").Open("tr");
  for (const HtmlWord& head : heads) out_.Leaf("th", Say(head), {{"scope", "col"}});
  out_.Close().Close().Open("tbody");
}

void HtmlPage::Cell(std::string_view text) {
  out_.Leaf("td", text);
}

void HtmlPage::ForeignCell(const std::optional<std::string>& text) {
  out_.Open("td");
  if (text) Foreign(*text);
  out_.Close();
}

void HtmlPage::CodeCell(const std::optional<std::string>& text) {
  out_.Open("td");
  if (text) out_.Leaf("code", Cut(*text));
  out_.Close();
}

void HtmlPage::Messages(const base::Json::Array& list) {
  out_.Open("ul");
  for (const base::Json& entry : list) {
    out_.Open("li");
    Foreign(entry.Text("message").value_or(""));
    out_.Leaf("code", entry.Text("code").value_or("")).Close();
  }
  out_.Close();
}

std::string_view LookOf(std::string_view outcome) {
  const auto is = [&](auto... words) { return ((outcome == words) || ...); };
  if (is("valid", "TOTAL-PASSED", "PASSED", "OK")) return "ok";
  if (is("invalid", "TOTAL-FAILED", "FAILED", "NOT_OK", "refused")) return "bad";
  if (is("indeterminate", "INDETERMINATE", "WARN", "NOT_MADE")) return "warn";
  return "plain";
}

const base::Json::Array& ListIn(const base::Json& object, std::string_view name) {
  static const base::Json::Array kNone;
  const base::Json* list = object.Find(name);
  return list == nullptr || list->AsArray() == nullptr ? kNone : *list->AsArray();
}

const base::Json& MemberOf(const base::Json& object, std::string_view name) {
  static const base::Json kNull;
  const base::Json* member = object.Find(name);
  return member == nullptr ? kNull : *member;
}

bool IsTrue(const base::Json& object, std::string_view name) {
  const bool* value = MemberOf(object, name).AsBool();
  return value != nullptr && *value;
}

}  // namespace signing
