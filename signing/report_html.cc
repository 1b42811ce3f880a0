// The HTML report: verdict first, then the document, its signatures, and how it was verified.
#include <algorithm>
#include <array>

#include "signing/report_html_page.h"
#include "signing/report_pages.h"

namespace signing {
namespace {

using base::Json;
using base::Language;

constexpr std::string_view kLanguageTags[] = {"lv", "en"};

struct Sentences {
  std::string_view verdict;
  HtmlWord one;
  HtmlWord seal;  // One that is a seal.
  HtmlWord all;
};

constexpr auto kSentences = std::to_array<Sentences>({
    {"valid", "valid-one", "valid-seal", "valid-all"},
    {"invalid", "invalid-one", "invalid-seal", "invalid-all"},
    {"indeterminate", "indeterminate-one", "indeterminate-seal", "indeterminate-all"},
});

std::string_view SentenceOf(std::string_view verdict, const Json::Array& signatures,
                            const HtmlPage& page) {
  const auto row = std::ranges::find(kSentences, verdict, &Sentences::verdict);
  if (row == kSentences.end()) return page.Say("refused-one");
  if (signatures.size() != 1) return page.Say(row->all);
  return page.Say(IsSeal(signatures.front()) ? row->seal : row->one);
}

void WriteHead(const Json& report, HtmlPage& page) {
  MarkupWriter& out = page.out();
  out.Open("head").Empty("meta", {{"charset", "utf-8"}});
  out.Empty("meta", {{"http-equiv", "Content-Security-Policy"},
                     {"content", "default-src 'none'; style-src 'unsafe-inline'"}});
  out.Empty("meta", {{"name", "viewport"}, {"content", "width=device-width, initial-scale=1"}});
  out.Leaf("title", std::string(page.Say("title")) + ": " +
                        MemberOf(report, "document").Text("name").value_or("").substr(0, 200));
  out.Leaf("style", kHtmlStyle).Close();
}

void WriteVerdict(const Json& report, HtmlPage& page) {
  MarkupWriter& out = page.out();
  const std::string verdict = report.Text("verdict").value_or("refused");
  out.Open("header").Leaf("p", page.Say("title"), {{"class", "kind"}}).Open("h1");
  page.Foreign(MemberOf(report, "document").Text("name").value_or(""));
  out.Close().Open("div", {{"class", "verdict " + std::string(LookOf(verdict))}});
  out.Leaf("p", SentenceOf(verdict, ListIn(report, "signatures"), page));
  if (const auto message = MemberOf(report, "refusal").Text("message")) {
    out.Open("p");
    page.Foreign(*message);
    out.Leaf("code", MemberOf(report, "refusal").Text("code").value_or("")).Close();
  }
  if (!ListIn(report, "containerFindings").empty()) out.Leaf("p", page.Say("see-findings"));
  out.Close().Close();
}

// One row a signature, for who reads only one page.
void WriteSummary(const Json& report, HtmlPage& page) {
  const Json::Array& signatures = ListIn(report, "signatures");
  if (signatures.empty()) return;
  MarkupWriter& out = page.out();
  out.Open("section");
  page.OpenTable(page.Say("summary"), {"number", "who", "when", "qualification", "outcome"});
  std::size_t number = 0;
  for (const Json& signature : signatures) {
    const std::string indication = signature.Text("indication").value_or("");
    out.Open("tr").Leaf("td", std::to_string(++number));
    page.ForeignCell(SignerName(signature, page));
    page.Cell(signature.Text("bestSignatureTime").value_or(std::string(page.Say("not-proven"))));
    page.Cell(signature.Text("qualification").value_or(""));
    out.Open("td").Leaf("span", page.WordOf(indication),
                        {{"class", "word " + std::string(LookOf(indication))}});
    out.Text(" ");
    WriteGloss(signature, page);
    out.Close().Close();
  }
  page.CloseTable();
  out.Close();
}

void WriteDocument(const Json& report, HtmlPage& page) {
  const Json& document = MemberOf(report, "document");
  page.out().Open("section");
  page.Heading(2, page.Say("document"));
  page.OpenFacts();
  page.Fact("name", document.Text("name"));
  page.Fact("size", std::to_string(document.Integer("size").value_or(0)) + " " +
                        std::string(page.Say("bytes")));
  page.Fact("container", document.Text("container"));
  page.CodeFact("document-sha256", document.Text("sha256"));
  page.CloseFacts();
  page.out().Close();
}

void WriteFindings(const Json& report, HtmlPage& page) {
  const Json::Array& findings = ListIn(report, "containerFindings");
  if (findings.empty()) return;
  MarkupWriter& out = page.out();
  out.Open("section");
  page.Heading(2, page.Say("findings"));
  page.OpenTable(page.Say("findings"), {"severity", "message", "code"});
  for (const Json& finding : findings) {
    out.Open("tr");
    page.Cell(page.WordOf(finding.Text("severity").value_or("")));
    page.ForeignCell(finding.Text("message"));
    page.CodeCell(finding.Text("code"));
    out.Close();
  }
  page.CloseTable();
  out.Close();
}

// Each has a report of its own in the JSON; a page speaks of one document.
void WriteNested(const Json& report, HtmlPage& page) {
  const Json::Array& nested = ListIn(report, "nested");
  if (nested.empty()) return;
  MarkupWriter& out = page.out();
  out.Open("section");
  page.Heading(2, page.Say("nested"));
  page.OpenTable(page.Say("nested"), {"name", "verdict"});
  for (const Json& inner : nested) {
    out.Open("tr");
    page.Cell(MemberOf(inner, "document").Text("name").value_or(""));
    page.Cell(page.WordOf(inner.Text("verdict").value_or("")));
    out.Close();
  }
  page.CloseTable();
  out.Close();
}

// The identity of all that the verdict follows from.
void WriteMethod(const Json& report, HtmlPage& page) {
  MarkupWriter& out = page.out();
  const Json& policy = MemberOf(report, "policy");
  const Json& trust = MemberOf(report, "trust");
  out.Open("section");
  page.Heading(2, page.Say("how-verified"));
  page.OpenFacts();
  page.Fact("validation-time", report.Text("validationTime"));
  page.Fact("engine", "edocvault " + MemberOf(report, "engine").Text("version").value_or(""));
  page.Fact("policy", policy.Text("id"));
  page.CodeFact("policy-sha256", policy.Text("sha256"));
  if (const auto snapshot = trust.Text("snapshot")) {
    page.CodeFact("trust", snapshot);
    page.Fact("issued", trust.Text("issued"));
  } else {
    page.Fact("trust", std::string(page.Say("no-trust")));
  }
  page.CodeFact("evidence", MemberOf(report, "evidence").Text("sha256"));
  page.CodeFact("document-sha256", MemberOf(report, "document").Text("sha256"));
  page.CodeFact("schema", report.Text("schema"));
  page.CloseFacts();
  out.Close();
}

}  // namespace

std::string ReportHtml(const Json& report, Language language) {
  MarkupWriter out("<!DOCTYPE html>");
  HtmlPage page(out, language);
  out.Open("html", {{"lang", kLanguageTags[static_cast<std::size_t>(language)]}});
  WriteHead(report, page);
  out.Open("body");
  WriteVerdict(report, page);
  out.Open("main");
  WriteSummary(report, page);
  WriteDocument(report, page);
  std::size_t number = 0;
  for (const Json& signature : ListIn(report, "signatures"))
    WriteSignature(signature, report, std::to_string(++number), 2, page);
  WriteEvidenceRecords(report, page);
  WriteFindings(report, page);
  WriteNested(report, page);
  WriteMethod(report, page);
  out.Close().Open("footer").Leaf("p", page.Say("repeatable")).Close();
  out.Close().Close();
  return std::move(out).Take();
}

}  // namespace signing
