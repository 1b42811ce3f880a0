#include "signing/evidence_record.h"

#include <gtest/gtest.h>

#include "signing/evidence_record_check.h"
#include "tests/fakes/evidence_record_maker.h"

namespace signing {
namespace {

using tests::Day;
using tests::EvidenceRecordMaker;
using tests::HashBy;

constexpr const char* kText = "Lemums par atlauju";

const tests::Identity& Tsa() {
  static const tests::Identity tsa = tests::MakeTsa();
  return tsa;
}

EvidenceRecordMaker Maker() {
  return EvidenceRecordMaker(Tsa());
}

EvidenceRecordFacts Check(const base::Bytes& record, const std::vector<std::string>& contents) {
  auto budget = std::make_shared<WorkBudget>(record.size());
  std::vector<EvidenceObject> objects;
  for (const std::string& content : contents)
    objects.push_back(EvidenceObjectOf(content, base::AsBytes(content), budget));
  auto facts = CheckEvidenceRecord(record, objects, *budget);
  EXPECT_TRUE(facts.ok());
  return facts.ok() ? std::move(facts).value() : EvidenceRecordFacts{};
}

EvidenceOutcome OutcomeOf(const EvidenceRecordMaker& maker, const std::string& content = kText) {
  return Check(maker.Make(), {content}).outcome;
}

EvidenceRecordMaker::Tree GroupWithNeighbours() {
  return {{HashBy("SHA256", kText), HashBy("SHA256", "pielikums")},
          {HashBy("SHA256", "cits")},
          {HashBy("SHA256", "cits 2"), HashBy("SHA256", "cits 3")}};
}

// --- What is right.

TEST(EvidenceRecordTest, AnArchiveTimestampWithoutTreeProvesItsOneObject) {
  const EvidenceRecordFacts facts = Check(Maker().Start(kText, Day(2020, 1, 1)).Make(), {kText});
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kIntact);
  EXPECT_EQ(facts.format, EvidenceFormat::kRfc4998);
  ASSERT_EQ(facts.timestamps.size(), 1U);
  EXPECT_EQ(facts.timestamps[0].token->time, Day(2020, 1, 1));
  EXPECT_TRUE(facts.timestamps[0].ok());
  EXPECT_TRUE(facts.Covers(kText));
  EXPECT_EQ(facts.others, 0U);
}

TEST(EvidenceRecordTest, AGroupInATreeIsProvenMemberByMember) {
  const base::Bytes record =
      Maker().AddChain("SHA256", GroupWithNeighbours(), Day(2020, 1, 1)).Make();
  const EvidenceRecordFacts facts = Check(record, {kText, "pielikums"});
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kIntact);
  EXPECT_TRUE(facts.Covers(kText));
  EXPECT_TRUE(facts.Covers("pielikums"));
  EXPECT_EQ(facts.others, 0U);
}

TEST(EvidenceRecordTest, AMemberThatIsNotAtHandIsCounted) {
  const base::Bytes record =
      Maker().AddChain("SHA256", GroupWithNeighbours(), Day(2020, 1, 1)).Make();
  const EvidenceRecordFacts facts = Check(record, {"pielikums"});
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kIntact);
  EXPECT_EQ(facts.others, 1U);
}

TEST(EvidenceRecordTest, TheOrderInWhichHashesStandDoesNotMatter) {
  EvidenceRecordMaker::Tree tree = GroupWithNeighbours();
  for (auto& list : tree) std::ranges::reverse(list);
  EXPECT_EQ(OutcomeOf(Maker().AddChain("SHA256", tree, Day(2020, 1, 1))), EvidenceOutcome::kIntact);
}

TEST(EvidenceRecordTest, WithoutDigestAlgorithmThatOfTheTokenCounts) {
  EvidenceRecordMaker maker = Maker();
  maker.state_algorithm = false;
  maker.AddChain("SHA384", {{HashBy("SHA384", kText), HashBy("SHA384", "x")}}, Day(2020, 1, 1));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kIntact);
}

TEST(EvidenceRecordTest, ATimestampRenewalCoversTheTokenBefore) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1)).RenewTimestamp(Day(2022, 1, 1));
  maker.Add("SHA256", {{maker.PreviousToken("SHA256"), HashBy("SHA256", "cits")}}, Day(2024, 1, 1));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kIntact);
}

TEST(EvidenceRecordTest, AHashTreeRenewalCoversObjectAndEarlierChains) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1)).RenewTimestamp(Day(2021, 1, 1));
  maker.RenewHashTree("SHA512", kText, Day(2022, 1, 1)).RenewTimestamp(Day(2023, 1, 1));
  maker.AddChain("SHA384", {{maker.Renewed("SHA384", kText), HashBy("SHA384", "cits")}},
                 Day(2024, 1, 1));
  const EvidenceRecordFacts facts = Check(maker.Make(), {kText});
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kIntact);
  EXPECT_EQ(facts.timestamps.size(), 5U);
  EXPECT_EQ(facts.timestamps[4].algorithm, "SHA384");
}

TEST(EvidenceRecordTest, ARenewalInTheSameSecondIsInOrder) {
  EXPECT_EQ(OutcomeOf(Maker().Start(kText, Day(2020, 1, 1)).RenewTimestamp(Day(2020, 1, 1))),
            EvidenceOutcome::kIntact);
}

// --- What is missing.

TEST(EvidenceRecordTest, AnotherDocumentIsNotCovered) {
  const EvidenceRecordFacts facts = Check(Maker().Start("cits", Day(2020, 1, 1)).Make(), {kText});
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kNotCovered);
  EXPECT_FALSE(facts.Covers(kText));
}

TEST(EvidenceRecordTest, WithoutAnObjectNothingIsSaid) {
  const base::Bytes record = Maker().Start(kText, Day(2020, 1, 1)).Make();
  EXPECT_EQ(Check(record, {}).outcome, EvidenceOutcome::kIndeterminate);
}

TEST(EvidenceRecordTest, AnObjectKnownByAnotherDigestOnlyIsLeftOpen) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1)).RenewHashTree("SHA512", kText, Day(2022, 1, 1));
  std::vector<EvidenceObject> objects;
  objects.emplace_back("x", [](const DigestAlgorithm& algorithm) -> EvidenceObject::Digest {
    if (algorithm.name != "SHA256") return std::optional<base::Bytes>{};
    return std::optional<base::Bytes>(HashBy("SHA256", kText));
  });
  WorkBudget budget(0);
  EXPECT_EQ(CheckEvidenceRecord(maker.Make(), objects, budget).value().outcome,
            EvidenceOutcome::kIndeterminate);
}

TEST(EvidenceRecordTest, ADigestAlgorithmThatIsNotOnOurListIsLeftOpen) {
  EvidenceRecordMaker maker = Maker();
  maker.AddChain("MD5", {}, Day(2020, 1, 1), HashBy("MD5", kText));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kIndeterminate);
}

TEST(EvidenceRecordTest, ARecordInXmlIsRecognisedAndNotEvaluated) {
  const EvidenceRecordFacts facts =
      Check(base::ToBytes("<EvidenceRecord xmlns=\"urn:ietf:params:xml:ns:ers\"/>"), {kText});
  EXPECT_EQ(facts.format, EvidenceFormat::kRfc6283);
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kNotEvaluated);
}

TEST(EvidenceRecordTest, ABudgetThatIsSpentStopsTheCheck) {
  WorkBudget budget(0);
  ASSERT_TRUE(budget.Spend(Limits().work_milliseconds * kUnitsInMillisecond).ok());
  std::vector<EvidenceObject> objects;
  const auto facts =
      CheckEvidenceRecord(Maker().Start(kText, Day(2020, 1, 1)).Make(), objects, budget);
  ASSERT_FALSE(facts.ok());
  EXPECT_EQ(facts.error().reason, "xml.too-costly");
}

}  // namespace
}  // namespace signing
