// Evidence bundles: what is in them, and that they say the same again.
#include "signing/evidence_bundle.h"

#include <gtest/gtest.h>

#include "tests/fakes/evidence_case.h"
#include "tests/fakes/evidence_record_maker.h"

namespace signing {
namespace {

using base::Json;
using tests::BundleOf;
using tests::BundleParts;
using tests::Collected;
using tests::EvidenceCase;
using tests::ReplayOf;

class EvidenceBundleTest : public testing::Test {
 protected:
  static std::string VerdictOf(const VerifyRequest& request) {
    return Json::Parse(Collected(request).report).value().Text("verdict").value_or("none");
  }
  static std::size_t CountBelow(const BundleParts& parts, std::string_view folder) {
    return static_cast<std::size_t>(std::ranges::count_if(
        parts.members, [&](const auto& member) { return member.first.starts_with(folder); }));
  }

  EvidenceCase case_;
};

TEST_F(EvidenceBundleTest, TheReportIsTheVerifiers) {
  EXPECT_EQ(Collected(case_.Request()).report, Verify(case_.Request()).DumpIndented() + "\n");
}

TEST_F(EvidenceBundleTest, AValidDocumentIsReplayedIdentically) {
  ASSERT_EQ(VerdictOf(case_.Request()), "valid");
  const auto replay = ReadReplay(ReplayBundle(BundleOf(case_.Request())));
  ASSERT_TRUE(replay.ok()) << replay.error().reason << replay.error().message;
  EXPECT_EQ(replay.value().facts, Collected(case_.Request()).facts);
  EXPECT_EQ(replay.value().report, Collected(case_.Request()).report);
  EXPECT_TRUE(replay.value().remarks.empty());
}

TEST_F(EvidenceBundleTest, AnInvalidDocumentIsReplayedIdentically) {
  auto zip = case_.Container();
  zip.at(1).content += "!";
  case_.document = zip.Make();
  ASSERT_EQ(VerdictOf(case_.Request()), "invalid");
  EXPECT_EQ(ReplayOf(BundleOf(case_.Request())), "identical");
}

TEST_F(EvidenceBundleTest, ADocumentOfNobodyTrustedIsReplayedIdentically) {
  VerifyRequest request = case_.Request();
  request.trust.clear();
  ASSERT_EQ(VerdictOf(request), "indeterminate");
  EXPECT_EQ(ReplayOf(BundleOf(request)), "identical");
}

TEST_F(EvidenceBundleTest, ARefusedDocumentIsReplayedIdentically) {
  case_.document = base::ToBytes("%PDF-1.7");
  ASSERT_EQ(VerdictOf(case_.Request()), "refused");
  EXPECT_EQ(ReplayOf(BundleOf(case_.Request())), "identical");
}

TEST_F(EvidenceBundleTest, AnEmptyDocumentIsReplayedIdentically) {
  case_.document.clear();
  EXPECT_EQ(ReplayOf(BundleOf(case_.Request())), "identical");
}

TEST_F(EvidenceBundleTest, TheSameRunGivesTheSameBytes) {
  EXPECT_EQ(BundleOf(case_.Request()), BundleOf(case_.Request()));
}

TEST_F(EvidenceBundleTest, TheOrderOfTrustChangesNothing) {
  VerifyRequest turned = case_.Request();
  std::ranges::reverse(turned.trust);
  EXPECT_EQ(BundleOf(turned), BundleOf(case_.Request()));
}

TEST_F(EvidenceBundleTest, HoldsDocumentTrustAndEvidenceAsTheyWere) {
  const BundleParts parts(BundleOf(case_.Request()));
  EXPECT_EQ(parts.members.at("document"), base::ToString(case_.document));
  EXPECT_EQ(CountBelow(parts, "trust/"), 3U);
  EXPECT_EQ(CountBelow(parts, "ocsp/"), 1U);
  EXPECT_EQ(CountBelow(parts, "timestamps/"), 1U);
  // The signer's, those of OCSP and time-stamp, and the authority's, which only the trust holds.
  EXPECT_EQ(CountBelow(parts, "certificates/"), 4U);
}

TEST_F(EvidenceBundleTest, ThePolicysDigestIsThatOfItsMember) {
  const BundleParts parts(BundleOf(case_.Request()));
  const Json report = Json::Parse(parts.members.at("report.json")).value();
  EXPECT_EQ(report.Find("policy")->Text("sha256"),
            base::HexEncode(base::Sha256(base::AsBytes(parts.members.at("policy.json"))).span()));
}

TEST_F(EvidenceBundleTest, EveryShippedPolicyIsReplayed) {
  for (const std::string policy :
       {"eu-ades", "eu-qes", "lv-public-sector", "lv-national-legacy", "baltic-bdoc"}) {
    VerifyRequest request = case_.Request();
    request.policy = policy;
    EXPECT_EQ(ReplayOf(BundleOf(request)), "identical") << policy;
  }
}

TEST_F(EvidenceBundleTest, AnOwnPolicyIsReplayed) {
  VerifyRequest request = case_.Request();
  request.policy = "mana.json";
  request.policy_text =
      R"({"schema":"edocvault.policy/1","id":"mana","base":"eu-ades","timestampNeeded":true})";
  EXPECT_EQ(ReplayOf(BundleOf(request)), "identical");
}

TEST_F(EvidenceBundleTest, AnOwnPolicyUnderAShippedNameGetsNoBundle) {
  VerifyRequest request = case_.Request();
  const std::string shipped = request.policy;
  request.policy_text = R"({"schema":"edocvault.policy/1","id":"mana","base":"eu-ades"})";
  EXPECT_EQ(ReadCollected(CollectEvidence(request)).error().reason, "policy.malformed");
  request.policy = "mana.json";
  const auto collected = Collected(request);
  request.policy = shipped;
  const auto status = WriteBundle(request, collected, [](base::ByteSpan) {});
  EXPECT_EQ(status.error().reason, "bundle.bad-name");
}

TEST_F(EvidenceBundleTest, APolicyThatCannotBeReadGetsNoBundle) {
  VerifyRequest request = case_.Request();
  request.policy = "mana.json";
  request.policy_text = "{}";
  EXPECT_EQ(ReadCollected(CollectEvidence(request)).error().reason, "policy.malformed");
}

TEST_F(EvidenceBundleTest, LatvianIsReplayedInLatvian) {
  VerifyRequest request = case_.Request();
  request.language = base::Language::kLatvian;
  EXPECT_EQ(ReplayOf(BundleOf(request)), "identical");
  EXPECT_NE(BundleOf(request), BundleOf(case_.Request()));
}

TEST_F(EvidenceBundleTest, ANameThatIsNotUtf8GetsNoBundle) {
  VerifyRequest request = case_.Request();
  request.trust.front().name = "\xFF.der";
  const auto status = WriteBundle(request, Collected(request), [](base::ByteSpan) {});
  EXPECT_EQ(status.error().reason, "bundle.bad-name");
}

TEST_F(EvidenceBundleTest, ABundleInABundleIsADocumentLikeAnother) {
  case_.document = BundleOf(case_.Request());
  EXPECT_EQ(VerdictOf(case_.Request()), "refused");
  EXPECT_EQ(ReplayOf(BundleOf(case_.Request())), "identical");
}

// --- Detached data and evidence records.

class DetachedBundleTest : public EvidenceBundleTest {
 protected:
  DetachedBundleTest() { case_.document = base::ToBytes(case_.Maker().Xml()); }

  VerifyRequest Request() {
    VerifyRequest request = case_.Request();
    request.name = "lemums.xml";
    request.data = {{"lemums.txt", base::AsBytes(kData)}};
    return request;
  }

  static constexpr std::string_view kData = "Lemums par atlauju";
};

TEST_F(DetachedBundleTest, DetachedDataIsInTheBundle) {
  ASSERT_EQ(VerdictOf(Request()), "valid");
  const base::Bytes bundle = BundleOf(Request());
  EXPECT_EQ(CountBelow(BundleParts(bundle), "data/"), 1U);
  EXPECT_EQ(ReplayOf(bundle), "identical");
}

TEST_F(DetachedBundleTest, WithDigestsTheDataStaysWithItsOwner) {
  const VerifyRequest request = WithDigestsOnly(Request());
  ASSERT_EQ(VerdictOf(request), "valid");
  const base::Bytes bundle = BundleOf(request);
  EXPECT_EQ(base::AsText(bundle).find(kData), std::string_view::npos);
  EXPECT_EQ(ReplayOf(bundle), "identical");
}

TEST_F(DetachedBundleTest, TheSameBytesUnderTwoNamesAreOneMember) {
  VerifyRequest request = Request();
  request.data.push_back({"kopija.txt", base::AsBytes(kData)});
  const base::Bytes bundle = BundleOf(request);
  EXPECT_EQ(CountBelow(BundleParts(bundle), "data/"), 1U);
  EXPECT_EQ(ReplayOf(bundle), "identical");
}

TEST_F(DetachedBundleTest, EvidenceRecordsBesideAreMembersWithTheirTimeStamps) {
  tests::EvidenceRecordMaker maker(case_.tsa);
  const base::Bytes record =
      maker.Start(base::ToString(case_.document), *base::ParseTime("2026-12-01T00:00:00Z")).Make();
  VerifyRequest request = Request();
  request.evidence_records = {{"lemums.ers", record}};
  const base::Bytes bundle = BundleOf(request);
  const BundleParts parts(bundle);
  EXPECT_EQ(CountBelow(parts, "evidence-records/"), 1U);
  EXPECT_EQ(CountBelow(parts, "timestamps/"), 2U);
  EXPECT_EQ(ReplayOf(bundle), "identical");
}

}  // namespace
}  // namespace signing
