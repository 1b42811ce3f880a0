// The checks of a signature in the HTML report, by block.
#include <vector>

#include "signing/report_html_page.h"

namespace signing {
namespace {

using base::Json;

std::string BlockOf(const Json& check) {
  const std::string id = check.Text("id").value_or("");
  const std::size_t slash = id.find('/');
  return slash == std::string::npos ? std::string() : id.substr(0, slash);
}

// Ids of the engine hold a whole digest ("C-0123..."): its first digits tell them apart.
std::string ShortObject(const std::string& object) {
  constexpr std::size_t kLong = 64;
  constexpr std::size_t kShort = 16;
  std::string out;
  std::size_t run = 0;
  for (const char c : object) {
    run = std::isxdigit(static_cast<unsigned char>(c)) != 0 ? run + 1 : 0;
    if (run <= kShort || object.size() < kLong) out += c;
    if (run == kShort + 1 && object.size() >= kLong) out += "…";
  }
  return out;
}

std::string TextOfValue(const Json& value) {
  if (const std::string* text = value.AsString()) return *text;
  return value.is_null() ? std::string() : value.Dump();
}

bool IsObject(std::string_view name) {
  return name == "object" || name == "certificate" || name == "revocation";
}

// What the signature is about anyway needs no name; its certificate has a better one.
std::string NameOfObject(const std::string& object, const Json& signature, const HtmlPage& page) {
  if (object == "S-" + signature.Text("id").value_or("")) return {};
  const auto own = MemberOf(signature, "signer").Text("certificateSha256");
  if (own && object == "C-" + *own) return std::string(page.Say("own-certificate"));
  return ShortObject(object);
}

void WriteValue(const std::string& name, const Json& value, const Json& signature, HtmlPage& page) {
  std::string text = TextOfValue(value);
  if (IsObject(name)) text = NameOfObject(text, signature, page);
  if (text.empty()) return;
  if (name == "problem") text = ProblemText(text, page.language());
  std::string_view label = page.WordOf(name);
  if (name == "refused") {  // The value is the rule that refused it.
    label = page.Say("refused-check");
    if (const auto failure = FailureOfCheck("/" + text, page.language()); !failure.empty())
      text = failure;
  }
  page.out().Open("div").Text(label).Text(": ");
  page.Foreign(text);
  page.out().Close();
}

// What was asked when it holds; what is wrong when not; why there is neither.
std::string_view ReasonOf(const Json& check, const HtmlPage& page) {
  const std::string id = check.Text("id").value_or("");
  const std::string status = check.Text("status").value_or("");
  const bool holds = status == "OK" || status == "NOT_MADE" || status == "IGNORED";
  return holds ? DemandOfCheck(id, page.language()) : FailureOfCheck(id, page.language());
}

void WriteCheck(const Json& check, const Json& signature, HtmlPage& page) {
  MarkupWriter& out = page.out();
  const std::string status = check.Text("status").value_or("");
  out.Open("tr").Open("td").Leaf("span", NameOfCheckStatus(status, page.language()),
                                 {{"class", "word " + std::string(LookOf(status))}});
  out.Close().Open("td").Leaf("div", ReasonOf(check, page));
  const std::string_view why = ReasonOfCheckStatus(status, page.language());
  if (!why.empty()) out.Leaf("div", why);
  if (const auto sub = check.Text("subIndication")) {
    out.Leaf("code", *sub);
    const std::string_view meaning = MeaningOfSubIndication(*sub, page.language());
    if (!meaning.empty()) out.Leaf("div", meaning, {{"class", "gloss"}});
  }
  out.Close();
  const std::string clause = check.Text("clause").value_or("");
  page.Cell(clause.empty() ? page.Say("by-policy") : clause);
  out.Open("td", {{"class", "values"}});
  if (const Json::Object* values = MemberOf(check, "values").AsObject())
    for (const auto& [name, value] : *values) WriteValue(name, value, signature, page);
  out.Close().Close();
}

}  // namespace

void WriteChecks(const Json& signature, int level, HtmlPage& page) {
  std::vector<std::string> blocks;
  for (const Json& check : ListIn(signature, "checks"))
    if (std::ranges::find(blocks, BlockOf(check)) == blocks.end()) blocks.push_back(BlockOf(check));
  if (blocks.empty()) return;
  MarkupWriter& out = page.out();
  page.Heading(level, page.Say("checks"));
  for (const std::string& block : blocks) {
    std::string_view caption = NameOfBlock(block, page.language());
    if (caption.empty()) caption = block;
    out.Open("div", {{"class", "by-block"}});
    page.OpenTable(caption, {"outcome", "check", "clause", "values"});
    for (const Json& check : ListIn(signature, "checks"))
      if (BlockOf(check) == block) WriteCheck(check, signature, page);
    page.CloseTable();
    out.Close();
  }
}

}  // namespace signing
