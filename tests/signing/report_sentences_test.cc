#include "signing/report_sentences.h"

#include <gtest/gtest.h>

#include "signing/engine_result.h"
#include "signing/qualification.h"

namespace signing {
namespace {

using base::Json;
using base::Language;

// What is missing or the same in both languages; each sentence ends as one.
template <typename TextOf>
std::string MissingIn(const std::vector<std::string>& ids, TextOf text_of) {
  std::string missing;
  for (const std::string& id : ids) {
    const std::string lv(text_of(id, Language::kLatvian));
    const std::string en(text_of(id, Language::kEnglish));
    if (!lv.ends_with('.') || !en.ends_with('.') || lv == en) missing += id + " ";
  }
  return missing;
}

template <typename Enum, typename NameOf>
std::vector<std::string> NamesUpTo(Enum last, NameOf name_of) {
  std::vector<std::string> names;
  for (int i = 0; i <= static_cast<int>(last); ++i)
    names.emplace_back(name_of(static_cast<Enum>(i)));
  return names;
}

std::vector<std::string> AllRules() {
  std::vector<std::string> ids;
  for (const std::string& name : NamesUpTo(Rule::kTimestampAfterContent, NameOfRule))
    ids.push_back("XCV/" + name);
  return ids;
}

std::vector<std::string> AllStructureChecks() {
  std::vector<std::string> ids;
  const Json checks = VerifyReport().ToJson();
  for (const Json& check : *checks.AsArray()) ids.push_back(check.Text("id").value());
  return ids;
}

TEST(ReportSentencesTest, EveryRuleSaysWhatItDemandsAndWhatItsFailureMeans) {
  EXPECT_EQ(MissingIn(AllRules(), DemandOfCheck), "");
  EXPECT_EQ(MissingIn(AllRules(), FailureOfCheck), "");
  EXPECT_EQ(RuleTexts().size(), AllRules().size());
}

TEST(ReportSentencesTest, EveryCheckOfTheStructureDoesToo) {
  EXPECT_EQ(MissingIn(AllStructureChecks(), DemandOfCheck), "");
  EXPECT_EQ(MissingIn(AllStructureChecks(), FailureOfCheck), "");
  EXPECT_EQ(StructureTexts().size(), AllStructureChecks().size());
}

TEST(ReportSentencesTest, EverySubIndicationHasItsMeaningAndAdvice) {
  std::vector<std::string> subs =
      NamesUpTo(SubIndication::kSignedDataNotFound, NameOfSubIndication);
  subs.erase(subs.begin());  // kNone.
  EXPECT_EQ(MissingIn(subs, MeaningOfSubIndication), "");
  EXPECT_EQ(MissingIn(subs, AdviceOnSubIndication), "");
}

TEST(ReportSentencesTest, EveryIndicationHasItsMeaning) {
  std::vector<std::string> names{"PASSED", "FAILED"};  // Of evidence records.
  for (const Indication one :
       {Indication::kPassed, Indication::kIndeterminate, Indication::kFailed})
    names.emplace_back(IndicationName(one));
  EXPECT_EQ(MissingIn(names, MeaningOfIndication), "");
  EXPECT_EQ(MeaningOfIndication("none", Language::kEnglish), "");
}

TEST(ReportSentencesTest, EveryQualificationHasItsMeaning) {
  const auto signature = [](SignatureQualification value) { return QualificationName(value); };
  const auto stamp = [](TimestampQualification value) { return QualificationName(value); };
  EXPECT_EQ(MissingIn(NamesUpTo(SignatureQualification::kNotApplicable, signature),
                      MeaningOfQualification),
            "");
  EXPECT_EQ(MissingIn(NamesUpTo(TimestampQualification::kQtsa, stamp), MeaningOfQualification), "");
}

TEST(ReportSentencesTest, EveryStatusOfACheckHasItsWord) {
  for (const std::string& name : NamesUpTo(CheckStatus::kNotMade, NameOfStatus)) {
    EXPECT_NE(NameOfCheckStatus(name, Language::kLatvian), "") << name;
    EXPECT_NE(NameOfCheckStatus(name, Language::kEnglish), "") << name;
  }
}

TEST(ReportSentencesTest, AnUnknownCodeSaysNothingInsteadOfSomethingWrong) {
  EXPECT_EQ(DemandOfCheck("XCV/none", Language::kEnglish), "");
  EXPECT_EQ(DemandOfCheck("not-expired", Language::kEnglish), "");
  EXPECT_EQ(MeaningOfQualification("Indeterminate-None", Language::kEnglish), "");
  EXPECT_EQ(MessageOfNote("none", {}, Language::kEnglish), "");
}

Json RevocationValues() {
  Json values;
  values.Set("certificateSerialNumber", "1234");
  values.Set("thisUpdateFrom", "2024-05-01T10:44:46Z");
  return values;
}

TEST(ReportSentencesTest, WhatWouldChangeItNamesSerialNumberAndTime) {
  EXPECT_EQ(MessageOfRemedy("newer-revocation-data", RevocationValues(), Language::kEnglish),
            "A newer OCSP response or certificate revocation list (CRL) for serial number 1234 "
            "with thisUpdate at or after 2024-05-01T10:44:46Z.");
  EXPECT_EQ(MessageOfRemedy("newer-revocation-data", RevocationValues(), Language::kLatvian),
            "Jaunāka OCSP atbilde vai atsaukto sertifikātu saraksts (CRL) par sertifikātu ar "
            "numuru 1234, ar thisUpdate ne agrāk kā 2024-05-01T10:44:46Z.");
}

TEST(ReportSentencesTest, ANumberIsSaidToo) {
  Json values;
  values.Set("seconds", 5);
  EXPECT_EQ(MessageOfNote("revocation-predates-timestamp", values, Language::kEnglish),
            "The newest revocation data about the signer's certificate was made 5 s before the "
            "proven time of the signature.");
}

TEST(ReportSentencesTest, WhatIsNotKnownIsNotSaid) {
  EXPECT_EQ(MessageOfRemedy("revocation-data", {}, Language::kEnglish),
            "An OCSP response or certificate revocation list (CRL).");
}

TEST(ReportSentencesTest, AValueCannotBringAPlaceholder) {
  Json values;
  values.Set("atOrBefore", "{certificateIssuer}[x]");
  EXPECT_EQ(MessageOfRemedy("proof-of-existence", values, Language::kEnglish),
            "A proof (time-stamp or evidence record) that the signature existed at or before "
            "{certificateIssuer}[x].");
}

TEST(ReportSentencesTest, ANoteSaysWhichCheckFailsAtTheTimeOfValidation) {
  Json values;
  values.Set("rule", "not-expired");
  values.Set("atOrBefore", "2021-01-01T00:00:00Z");
  EXPECT_EQ(MessageOfNote("stands-by-proof-of-existence", values, Language::kEnglish),
            "One check fails at the time of validation: The certificate is outside its validity at "
            "the time in "
            "question. The signature stands because it is proven to have existed at or before "
            "2021-01-01T00:00:00Z.");
}

TEST(ReportSentencesTest, NotesAndRemediesAreWholeSentencesWithoutValues) {
  for (const auto& [table, message] :
       {std::pair(NoteTexts(), &MessageOfNote), std::pair(RemedyTexts(), &MessageOfRemedy)})
    for (const ReportWord& row : table)
      for (const Language language : {Language::kLatvian, Language::kEnglish}) {
        const std::string text = message(row.id, {}, language);
        EXPECT_TRUE(text.ends_with('.')) << text;
        EXPECT_EQ(text.find_first_of("{}[]"), std::string::npos) << text;
      }
}

}  // namespace
}  // namespace signing
