// HtmlPage: what every part of the HTML report is written with.
#pragma once

#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "base/json.h"
#include "signing/markup_writer.h"
#include "signing/report_html_words.h"

namespace signing {

extern const std::string_view kHtmlStyle;

// Borrows the writer for its life.
class HtmlPage {
 public:
  HtmlPage(MarkupWriter& out, base::Language language) : out_(out), language_(language) {}

  MarkupWriter& out() { return out_; }
  base::Language language() const { return language_; }
  std::string_view Say(HtmlWord word) const { return word.In(language_); }
  std::string_view WordOf(std::string_view id) const { return HtmlWordOf(id, language_); }

  // A heading of level 2 to 6.
  void Heading(int level, std::string_view text);
  // Text that a document or its makers chose: apart from the writing direction of its
  // surroundings, and cut where it goes on and on.
  void Foreign(std::string_view text);

  // <dl>: a row for each value that is there. Code is for digests and identifiers.
  void OpenFacts() { out_.Open("dl"); }
  void Fact(HtmlWord label, const std::optional<std::string>& value);
  void CodeFact(HtmlWord label, const std::optional<std::string>& value);
  void OpenFact(HtmlWord label);
  void CloseFact() { out_.Close().Close(); }
  void CloseFacts() { out_.Close(); }

  // <table> with caption and column heads; the caller writes the rows.
  void OpenTable(std::string_view caption, std::initializer_list<HtmlWord> heads);
  void CloseTable() { out_.Close().Close(); }
  void Cell(std::string_view text);
  void ForeignCell(const std::optional<std::string>& text);
  void CodeCell(const std::optional<std::string>& text);

  // <ul> of the "message" of each entry, with its code.
  void Messages(const base::Json::Array& list);

 private:
  MarkupWriter& out_;
  base::Language language_;
};

// "" "ok" "warn" or "bad": the look of an indication, a verdict, a status of a check.
std::string_view LookOf(std::string_view outcome);

// The array of that name; an empty one when there is none.
const base::Json::Array& ListIn(const base::Json& object, std::string_view name);
// The object of that name; null when there is none.
const base::Json& MemberOf(const base::Json& object, std::string_view name);
bool IsTrue(const base::Json& object, std::string_view name);

// Indication and sub-indication of a signature or an evidence record, and what they mean.
void WriteGloss(const base::Json& outcome, HtmlPage& page);
// By whom: the organisation with its identifier, else the name, else the subject.
std::string SignerName(const base::Json& signature, const HtmlPage& page);
// Signatures, each with its counter-signatures; the parts of report_html_signature.cc and
// report_html_checks.cc.
void WriteSignature(const base::Json& signature, const base::Json& report,
                    const std::string& number, int level, HtmlPage& page);
void WriteChecks(const base::Json& signature, int level, HtmlPage& page);
void WriteEvidenceRecords(const base::Json& report, HtmlPage& page);

}  // namespace signing
