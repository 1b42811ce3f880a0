// What somebody who wants a record to prove more than it does would try.
#include <gtest/gtest.h>

#include "signing/evidence_record_check.h"
#include "tests/fakes/evidence_record_maker.h"

namespace signing {
namespace {

using tests::Day;
using tests::Der;
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

EvidenceRecordFacts Check(const base::Bytes& record) {
  auto budget = std::make_shared<WorkBudget>(record.size());
  std::vector<EvidenceObject> objects;
  objects.push_back(EvidenceObjectOf(kText, base::AsBytes(kText), budget));
  auto facts = CheckEvidenceRecord(record, objects, *budget);
  EXPECT_TRUE(facts.ok());
  return facts.ok() ? std::move(facts).value() : EvidenceRecordFacts{};
}

EvidenceOutcome OutcomeOf(const EvidenceRecordMaker& maker) {
  return Check(maker.Make()).outcome;
}

std::string RefusalOf(const base::Bytes& record) {
  const EvidenceRecordFacts facts = Check(record);
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kRefused);
  return facts.error ? facts.error->reason : "accepted";
}

// --- The proof.

TEST(EvidenceRecordAttackTest, OneBitAnywhereChangesNothingThatIsProven) {
  EvidenceRecordMaker maker = Maker();
  maker.AddChain("SHA256", {{HashBy("SHA256", kText), HashBy("SHA256", "x")}}, Day(2020, 1, 1));
  maker.RenewHashTree("SHA512", kText, Day(2022, 1, 1));
  const base::Bytes record = maker.Make();
  const EvidenceRecordFacts whole = Check(record);
  std::size_t harmless = 0;
  for (std::size_t i = 0; i < record.size(); ++i) {
    base::Bytes changed = record;
    changed[i] ^= static_cast<std::uint8_t>(1U << (i % 8));
    const EvidenceRecordFacts facts = Check(changed);
    if (facts.outcome != EvidenceOutcome::kIntact) continue;
    ++harmless;
    for (std::size_t t = 0; t < whole.timestamps.size(); ++t) {
      const TimestampToken& token = *facts.timestamps.at(t).token;
      EXPECT_EQ(token.time, whole.timestamps[t].token->time) << i;
      EXPECT_EQ(token.imprint, whole.timestamps[t].token->imprint) << i;
      EXPECT_EQ(token.signer->Sha256(), Public(Tsa()).Sha256()) << i;
    }
  }
  // The list of algorithms in front, and what CMS leaves unsigned in the last token.
  EXPECT_LT(harmless, 60U);
}

TEST(EvidenceRecordAttackTest, AHashAddedToTheGroupBreaksTheTree) {
  EvidenceRecordMaker honest = Maker();
  honest.AddChain("SHA256", {{HashBy("SHA256", "a"), HashBy("SHA256", "b")}}, Day(2020, 1, 1));
  EvidenceRecordMaker forged = Maker();
  base::Bytes root = HashBy("SHA256", "a");
  base::Bytes other = HashBy("SHA256", "b");
  if (other < root) std::swap(root, other);
  base::Append(other, root);
  forged.imprint_instead = HashBy("SHA256", root);
  forged.AddChain("SHA256",
                  {{HashBy("SHA256", "a"), HashBy("SHA256", "b"), HashBy("SHA256", kText)}},
                  Day(2020, 1, 1));
  EXPECT_EQ(OutcomeOf(honest), EvidenceOutcome::kNotCovered);
  EXPECT_EQ(OutcomeOf(forged), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, AHashHigherInTheTreeIsNoObject) {
  EvidenceRecordMaker maker = Maker();
  maker.AddChain("SHA256", {{HashBy("SHA256", "x")}, {HashBy("SHA256", kText)}}, Day(2020, 1, 1));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kNotCovered);
}

TEST(EvidenceRecordAttackTest, HashesOfAnotherLengthAreNoHashes) {
  // Two halves of a neighbour hash to the same root, and could be halves of anything.
  const base::Bytes other = HashBy("SHA256", "x");
  EvidenceRecordMaker maker = Maker();
  maker.AddChain("SHA256",
                 {{HashBy("SHA256", kText), base::Bytes(other.begin(), other.begin() + 16),
                   base::Bytes(other.begin() + 16, other.end())}},
                 Day(2020, 1, 1));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, AnImprintByAnotherAlgorithmThanTheTreeIsWrong) {
  EvidenceRecordMaker maker = Maker();
  maker.AddChain("SHA256", {}, Day(2020, 1, 1), HashBy("SHA256", kText));
  base::Bytes record = maker.Make();
  // digestAlgorithm [0] says SHA3-256 (2.16.840.1.101.3.4.2.8), of the same length.
  const base::Bytes sha256{0xA0, 0x0D, 0x06, 0x09, 0x60, 0x86, 0x48,
                           0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
  const auto found = std::ranges::search(record, sha256);
  ASSERT_FALSE(found.empty());
  *(found.end() - 1) = 0x08;
  EXPECT_EQ(Check(record).outcome, EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, ATokenWithABrokenSignatureProvesNothing) {
  base::Bytes record = Maker().Start(kText, Day(2020, 1, 1)).Make();
  record.back() ^= 1U;
  EXPECT_EQ(Check(record).outcome, EvidenceOutcome::kBroken);
}

// --- The renewals.

TEST(EvidenceRecordAttackTest, ChainsInTheWrongOrderAreBroken) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1)).RenewHashTree("SHA512", kText, Day(2022, 1, 1));
  maker.SwapChains(0, 1);
  EXPECT_NE(OutcomeOf(maker), EvidenceOutcome::kIntact);
  EvidenceRecordMaker three = Maker();
  three.Start(kText, Day(2020, 1, 1)).RenewHashTree("SHA512", kText, Day(2022, 1, 1));
  three.RenewHashTree("SHA384", kText, Day(2024, 1, 1)).SwapChains(1, 2);
  EXPECT_EQ(OutcomeOf(three), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, AChainThatIsLeftOutIsMissed) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1)).RenewHashTree("SHA512", kText, Day(2022, 1, 1));
  maker.RenewHashTree("SHA384", kText, Day(2024, 1, 1));
  maker.DropChain(1);
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, ATimestampThatIsLeftOutIsMissed) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1)).RenewTimestamp(Day(2021, 1, 1));
  maker.RenewTimestamp(Day(2022, 1, 1)).DropTimestamp(0, 1);
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, ARenewalThatIsOlderThanWhatItRenewsIsBroken) {
  EXPECT_EQ(OutcomeOf(Maker().Start(kText, Day(2022, 1, 1)).RenewTimestamp(Day(2020, 1, 1))),
            EvidenceOutcome::kBroken);
  EXPECT_EQ(
      OutcomeOf(
          Maker().Start(kText, Day(2022, 1, 1)).RenewHashTree("SHA512", kText, Day(2020, 1, 1))),
      EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, ATimestampRenewalOfSomethingElseIsBroken) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1));
  maker.Add("SHA256", {}, Day(2022, 1, 1), HashBy("SHA256", "x"));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, AHashTreeRenewalOfAnotherObjectIsBroken) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1)).RenewHashTree("SHA512", "cits", Day(2022, 1, 1));
  const EvidenceRecordFacts facts = Check(maker.Make());
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kBroken);
  EXPECT_EQ(facts.objects.at(0).coverage, EvidenceCoverage::kNotRenewed);
}

TEST(EvidenceRecordAttackTest, AHashTreeRenewalOfOneObjectOfTwoIsBroken) {
  EvidenceRecordMaker maker = Maker();
  maker.AddChain("SHA256", {{HashBy("SHA256", kText), HashBy("SHA256", "cits")}}, Day(2020, 1, 1));
  maker.RenewHashTree("SHA512", kText, Day(2022, 1, 1));
  auto budget = std::make_shared<WorkBudget>(0);
  std::vector<EvidenceObject> objects;
  for (const char* content : {kText, "cits"})
    objects.push_back(EvidenceObjectOf(content, base::AsBytes(content), budget));
  const EvidenceRecordFacts facts = CheckEvidenceRecord(maker.Make(), objects, *budget).value();
  EXPECT_TRUE(facts.Covers(kText));
  EXPECT_FALSE(facts.Covers("cits"));
  EXPECT_EQ(facts.outcome, EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, AHashTreeRenewalWithoutTheEarlierChainsIsBroken) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1));
  maker.AddChain("SHA512", {}, Day(2022, 1, 1), HashBy("SHA512", kText));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, AnotherAlgorithmInsideAChainIsBroken) {
  EvidenceRecordMaker maker = Maker();
  maker.Start(kText, Day(2020, 1, 1));
  maker.Add("SHA512", {}, Day(2022, 1, 1), maker.PreviousToken("SHA512"));
  EXPECT_EQ(OutcomeOf(maker), EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordAttackTest, ARenewalAfterTheSignersEndIsSeen) {
  const tests::Identity brief = tests::MakeTsa(Day(2018, 1, 1), Day(2021, 1, 1));
  EvidenceRecordMaker late(brief);
  late.Start(kText, Day(2020, 1, 1));
  late.Use(Tsa());
  EvidenceRecordMaker timely = late;
  late.RenewTimestamp(Day(2021, 6, 1));
  timely.RenewTimestamp(Day(2020, 6, 1));
  EXPECT_EQ(Check(late.Make()).timestamps[0].renewed_in_time, false);
  EXPECT_EQ(Check(timely.Make()).timestamps[0].renewed_in_time, true);
  EXPECT_EQ(Check(timely.Make()).timestamps[1].renewed_in_time, std::nullopt);
}

// --- The structure.

TEST(EvidenceRecordAttackTest, WhatIsNoRecordIsRefused) {
  const base::Bytes record = Maker().Start(kText, Day(2020, 1, 1)).Make();
  base::Bytes as_set = record;
  as_set[0] = 0x31;
  base::Bytes longer = record;
  longer.push_back(0);
  EvidenceRecordMaker second = Maker();
  second.version = 2;
  second.Start(kText, Day(2020, 1, 1));
  EXPECT_EQ(RefusalOf(as_set), "evidence-record.malformed");
  EXPECT_EQ(RefusalOf(longer), "evidence-record.malformed");
  EXPECT_EQ(RefusalOf(second.Make()), "evidence-record.malformed");
  EXPECT_EQ(RefusalOf({}), "evidence-record.malformed");
  EXPECT_EQ(RefusalOf(base::ToBytes("x")), "evidence-record.malformed");
  EXPECT_EQ(RefusalOf(Maker().Make()), "evidence-record.malformed");
}

TEST(EvidenceRecordAttackTest, EveryTruncationIsRefused) {
  const base::Bytes record = Maker().Start(kText, Day(2020, 1, 1)).Make();
  for (std::size_t size = 0; size < record.size(); ++size)
    EXPECT_EQ(RefusalOf(base::Bytes(record.begin(), record.begin() + static_cast<long>(size))),
              "evidence-record.malformed")
        << size;
}

TEST(EvidenceRecordAttackTest, LengthsThatAreHugeEndlessOrLongWindedAreRefused) {
  EXPECT_EQ(RefusalOf({0x30, 0x84, 0xFF, 0xFF, 0xFF, 0xFF, 0x02}), "evidence-record.malformed");
  EXPECT_EQ(RefusalOf({0x30, 0x88, 0x7F, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF}),
            "evidence-record.malformed");
  EXPECT_EQ(RefusalOf({0x30, 0x80, 0x02, 0x01, 0x01, 0x00, 0x00}), "evidence-record.malformed");
  const base::Bytes record = Maker().Start(kText, Day(2020, 1, 1)).Make();
  base::Bytes padded{0x30, 0x83, 0x00};
  base::Append(base::ByteSpan(record).subspan(2), padded);
  EXPECT_EQ(RefusalOf(padded), "evidence-record.malformed");
}

// A record of these archive time-stamps, each the content of its SEQUENCE, all in one chain.
base::Bytes RecordOf(const base::Bytes& chains) {
  base::Bytes content{0x02, 0x01, 0x01, 0x30, 0x0D, 0x30, 0x0B, 0x06, 0x09,
                      0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 0x01};
  base::Append(Der(0x30, chains), content);
  return Der(0x30, content);
}

base::Bytes Repeat(const base::Bytes& what, std::size_t count) {
  base::Bytes all;
  for (std::size_t i = 0; i < count; ++i) base::Append(what, all);
  return all;
}

// An archive time-stamp with these lists and an empty token.
base::Bytes TimestampOf(const base::Bytes& lists) {
  base::Bytes content = lists.empty() ? base::Bytes{} : Der(0xA2, lists);
  base::Append(base::Bytes{0x30, 0x00}, content);
  return Der(0x30, content);
}

TEST(EvidenceRecordAttackTest, TooManyOfAnythingIsRefusedByName) {
  const base::Bytes list = Der(0x30, Der(0x04, HashBy("SHA256", kText)));
  const base::Bytes chain = Der(0x30, TimestampOf({}));
  EXPECT_EQ(RefusalOf(RecordOf(Repeat(chain, kMaxEvidenceChains + 1))),
            "evidence-record.too-large");
  EXPECT_EQ(RefusalOf(RecordOf(Der(0x30, Repeat(TimestampOf({}), kMaxArchiveTimestamps + 1)))),
            "evidence-record.too-large");
  EXPECT_EQ(RefusalOf(RecordOf(Der(0x30, TimestampOf(Repeat(list, kMaxEvidenceTreeDepth + 1))))),
            "evidence-record.too-large");
  const base::Bytes hashes = Der(0x30, Repeat({0x04, 0x01, 0x00}, kMaxEvidenceHashes + 1));
  EXPECT_EQ(RefusalOf(RecordOf(Der(0x30, TimestampOf(hashes)))), "evidence-record.too-large");
  base::Bytes large(kMaxEvidenceRecord + 1);
  large[0] = 0x30;
  EXPECT_EQ(RefusalOf(large), "evidence-record.too-large");
}

TEST(EvidenceRecordAttackTest, EmptyListsAreRefused) {
  EXPECT_EQ(RefusalOf(RecordOf(Der(0x30, TimestampOf(Der(0x30, base::Bytes{}))))),
            "evidence-record.malformed");
  EXPECT_EQ(RefusalOf(RecordOf(Der(0x30, base::Bytes{}))), "evidence-record.malformed");
}

TEST(EvidenceRecordAttackTest, AsMuchAsIsAllowedFitsTheBudget) {
  const base::Bytes hashes =
      Der(0x30, Repeat(Der(0x04, HashBy("SHA256", kText)), kMaxEvidenceHashes));
  EXPECT_EQ(Check(RecordOf(Der(0x30, TimestampOf(hashes)))).outcome, EvidenceOutcome::kBroken);
  const base::Bytes chain = Der(0x30, Repeat(TimestampOf({}), 4));
  EXPECT_EQ(Check(RecordOf(Repeat(chain, kMaxEvidenceChains))).outcome, EvidenceOutcome::kBroken);
}

}  // namespace
}  // namespace signing
