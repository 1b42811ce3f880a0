// Records that we write, judged by the checker, which builds its trees by itself.
#include "signing/evidence_record_writer.h"

#include <gtest/gtest.h>

#include <string>

#include "signing/evidence_record_check.h"
#include "tests/fakes/evidence_record_maker.h"

namespace signing {
namespace {

std::string Text(std::size_t i) {
  return "decision " + std::to_string(i);
}

EvidenceTree TreeOf(std::size_t count) {
  std::vector<base::Sha256Digest> leaves;
  for (std::size_t i = 0; i < count; ++i) leaves.push_back(base::Sha256(base::AsBytes(Text(i))));
  return EvidenceTree(std::move(leaves));
}

EvidenceRecordFacts Check(const base::Bytes& record, const std::string& text) {
  auto budget = std::make_shared<WorkBudget>(record.size());
  std::vector<EvidenceObject> objects;
  objects.push_back(EvidenceObjectOf("object", base::AsBytes(text), budget));
  auto facts = CheckEvidenceRecord(record, objects, *budget);
  EXPECT_TRUE(facts.ok());
  return std::move(facts).value();
}

base::Bytes TokenOver(const EvidenceTree& tree) {
  static const tests::Identity tsa = tests::MakeTsa();
  const base::ByteSpan root = tree.root().span();
  return tests::MakeTokenOver(tsa, "SHA256", {root.begin(), root.end()}, tests::Day(2024, 1, 1));
}

TEST(EvidenceRecordWriterTest, EachDocumentOfTreesOfEverySizeIsProven) {
  for (const std::size_t count : {1U, 2U, 3U, 4U, 5U, 7U, 8U, 9U, 31U, 100U}) {
    const EvidenceTree tree = TreeOf(count);
    const base::Bytes token = TokenOver(tree);
    for (std::size_t i = 0; i < count; ++i) {
      const EvidenceRecordFacts facts = Check(tree.RecordFor(i, token), Text(i));
      EXPECT_EQ(facts.outcome, EvidenceOutcome::kIntact) << i << " of " << count;
      EXPECT_TRUE(facts.Covers("object"));
    }
  }
}

TEST(EvidenceRecordWriterTest, ARecordProvesNoOtherDocument) {
  const EvidenceTree tree = TreeOf(9);
  const base::Bytes token = TokenOver(tree);
  for (const std::size_t other : {2U, 8U})
    EXPECT_FALSE(Check(tree.RecordFor(5, token), Text(other)).Covers("object"));
  EXPECT_FALSE(Check(tree.RecordFor(5, token), "something else").Covers("object"));
}

TEST(EvidenceRecordWriterTest, ATokenOverAnotherRootProvesNothing) {
  const EvidenceTree tree = TreeOf(9);
  const base::Bytes record = tree.RecordFor(5, TokenOver(TreeOf(8)));
  EXPECT_EQ(Check(record, Text(5)).outcome, EvidenceOutcome::kBroken);
}

TEST(EvidenceRecordWriterTest, ARecordIsSmallHoweverManyThereAre) {
  const EvidenceTree tree = TreeOf(EvidenceTree::kMostLeaves);
  const base::Bytes record = tree.RecordFor(4711, base::Bytes{});
  EXPECT_LT(record.size(), 700U);
}

TEST(EvidenceRecordWriterTest, TheSameDocumentTwiceIsProvenTwice) {
  const base::Sha256Digest digest = base::Sha256(base::AsBytes(Text(0)));
  const EvidenceTree tree({digest, digest, digest});
  const base::Bytes token = TokenOver(tree);
  for (std::size_t i = 0; i < 3; ++i)
    EXPECT_EQ(Check(tree.RecordFor(i, token), Text(0)).outcome, EvidenceOutcome::kIntact);
}

}  // namespace
}  // namespace signing
