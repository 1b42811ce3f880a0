// The sentences that a report says to people, in Latvian and English: what a check demands and
// what it means that it failed, what a sub-indication or a qualification means and what can be
// done, what a note says, what would change the verdict.
//
// The sentences of refusals and findings are those of base/error_text.h. Pure functions; a code
// that is not known gives an empty text (tests/signing/report_sentences_test.cc walks over all).
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "base/error_text.h"
#include "base/json.h"

namespace signing {

// One thing in both languages.
struct ReportWord {
  std::string_view id;
  std::string_view lv;
  std::string_view en;

  std::string_view In(base::Language language) const {
    return language == base::Language::kLatvian ? lv : en;
  }
};

// Of tables that have something to say twice: the demand and its failure, the meaning and what
// can be done.
struct ReportPair {
  std::string_view id;
  ReportWord first;
  ReportWord second;
};

// `check` is the "id" of a check in the report: "format", "XCV/not-expired".
std::string_view DemandOfCheck(std::string_view check, base::Language language);
std::string_view FailureOfCheck(std::string_view check, base::Language language);
// "XCV": "Certificate"; "" is the structure, whose checks have no block.
std::string_view NameOfBlock(std::string_view block, base::Language language);
// "OK", "NOT_OK", ...: a word for a table, and why a check that was not made was not.
std::string_view NameOfCheckStatus(std::string_view status, base::Language language);
std::string_view ReasonOfCheckStatus(std::string_view status, base::Language language);

// "TOTAL-PASSED"; "PASSED" and "FAILED" are those of evidence records.
std::string_view MeaningOfIndication(std::string_view indication, base::Language language);
std::string_view MeaningOfSubIndication(std::string_view sub, base::Language language);
std::string_view AdviceOnSubIndication(std::string_view sub, base::Language language);

// Of signatures and of time-stamps: "QESig", "Indeterminate-AdESig", "QTSA", "N/A".
std::string MeaningOfQualification(std::string_view qualification, base::Language language);

// Codes of the engine, with the values that stand beside them in the report.
std::string MessageOfNote(std::string_view code, const base::Json& values, base::Language language);
std::string MessageOfRemedy(std::string_view code, const base::Json& values,
                            base::Language language);
// Every code that the two above have a sentence for.
std::span<const ReportWord> NoteTexts();
std::span<const ReportWord> RemedyTexts();

// What the verifier calls a problem, as it stands in the values of a check, in the language; a
// problem that names something from the document stays as it is.
std::string_view ProblemText(std::string_view problem, base::Language language);

// The tables behind: report_sentences_checks.cc.
std::span<const ReportPair> RuleTexts();
std::span<const ReportPair> StructureTexts();

}  // namespace signing
