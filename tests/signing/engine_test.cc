// The verdict engine on facts made here, each rule with its attacker.
#include "signing/engine.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "signing/verifier.h"

namespace signing {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::seconds;

const base::Time kSigned = *base::ParseTime("2024-03-01T10:00:00Z");
const base::Time kNow = *base::ParseTime("2024-03-02T10:00:00Z");

facts::Seal GoodSeal() {
  return {{"ECDSA", 256, "SHA256"}, true};
}

facts::Certificate MakeCertificate(const facts::Id& id,
                                   std::set<facts::AnchorUse> anchor_for = {}) {
  facts::Certificate certificate;
  certificate.id = id;
  certificate.not_before = kSigned - days{300};
  certificate.not_after = kSigned + days{300};
  certificate.seal = GoodSeal();
  certificate.anchor_for = std::move(anchor_for);
  return certificate;
}

// A signature of level LT: signer under a trusted authority, timestamp of a trusted service,
// OCSP one second later.
class EngineTest : public testing::Test {
 protected:
  EngineTest() {
    document_.certificates["signer"] = MakeCertificate("signer");
    document_.certificates["signer"].key_usages = {"nonRepudiation"};
    document_.certificates["signer"].revocations = {{"ocsp", facts::Status::kGood, "", {}}};
    document_.certificates["ca"] = MakeCertificate("ca", {facts::AnchorUse::kAuthority});
    document_.certificates["tsa"] = MakeCertificate("tsa", {facts::AnchorUse::kTimestamp});
    document_.certificates["responder"] =
        MakeCertificate("responder", {facts::AnchorUse::kRevocation});

    facts::Signature signature;
    signature.id = "signature";
    signature.digests = {{facts::DigestKind::kData, "file", "SHA256", true, true, false},
                         {facts::DigestKind::kSignedProperties, "#p", "SHA256", true, true, false}};
    signature.seal = GoodSeal();
    signature.chain = {"signer", "ca"};
    signature.signer_reference = {true, true, true, true, "SHA256"};
    signature.claimed_time = kSigned;
    signature.timestamps = {"timestamp"};
    document_.signatures.push_back(signature);

    facts::Timestamp timestamp;
    timestamp.id = "timestamp";
    timestamp.time = kSigned;
    timestamp.digests = {{facts::DigestKind::kImprint, "", "SHA256", true, true, false}};
    timestamp.seal = GoodSeal();
    timestamp.chain = {"tsa"};
    timestamp.signer_reference = {true, true, true, {}, "SHA256"};
    timestamp.covered = {"signature", "signer"};
    document_.timestamps["timestamp"] = timestamp;

    facts::Revocation ocsp;
    ocsp.id = "ocsp";
    ocsp.this_update = kSigned + seconds{1};
    ocsp.produced_at = kSigned + seconds{1};
    ocsp.seal = GoodSeal();
    ocsp.chain = {"responder"};
    document_.revocations["ocsp"] = ocsp;
  }

  facts::Signature& signature() { return document_.signatures.front(); }
  facts::Certificate& signer() { return document_.certificates["signer"]; }
  facts::Revocation& ocsp() { return document_.revocations["ocsp"]; }

  SignatureVerdict Judge(const char* policy = "eu-ades", base::Time at = kNow) const {
    return JudgeDocument(document_, *ShippedPolicy(policy), at).signatures.front();
  }
  std::string Sub(const char* policy = "eu-ades", base::Time at = kNow) const {
    return std::string(NameOfSubIndication(Judge(policy, at).archival.sub));
  }
  bool Passes(const char* policy = "eu-ades", base::Time at = kNow) const {
    return Judge(policy, at).archival.passed();
  }

  facts::Document document_;
};

TEST_F(EngineTest, PassesAGoodSignature) {
  EXPECT_TRUE(Passes());
  EXPECT_EQ(Judge().best_signature_time, kSigned);
}

TEST_F(EngineTest, ASignatureWithoutFactsIsNotAPass) {
  signature() = facts::Signature();
  EXPECT_FALSE(Passes());
}

TEST_F(EngineTest, AValueThatWasNotCheckedIsIndeterminate) {
  signature().seal.intact.reset();
  EXPECT_EQ(Judge().archival.indication, Indication::kIndeterminate);
}

TEST_F(EngineTest, ABrokenValueFailsWhateverElseIsMissing) {
  signature().seal.intact = false;
  document_.certificates["ca"].anchor_for.clear();
  EXPECT_EQ(Sub(), "SIG_CRYPTO_FAILURE");
}

TEST_F(EngineTest, AChangedFileFails) {
  signature().digests.front().intact = false;
  EXPECT_EQ(Sub(), "HASH_FAILURE");
}

TEST_F(EngineTest, AMissingFileIsIndeterminate) {
  signature().digests.front().found = false;
  EXPECT_EQ(Sub(), "SIGNED_DATA_NOT_FOUND");
}

TEST_F(EngineTest, WithoutAnAnchorThereIsNoChain) {
  document_.certificates["ca"].anchor_for.clear();
  EXPECT_EQ(Sub(), "NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(EngineTest, T17_AResponseOfAnUnknownResponderDoesNotCount) {
  ocsp().chain.clear();
  EXPECT_EQ(Sub(), "CERTIFICATE_CHAIN_GENERAL_FAILURE");
}

TEST_F(EngineTest, T17_AResponseThatNobodyAuthorisedDoesNotCount) {
  ocsp().signer_authorised = false;
  EXPECT_EQ(Sub(), "CERTIFICATE_CHAIN_GENERAL_FAILURE");
}

TEST_F(EngineTest, T17_AForgedResponseDoesNotCount) {
  ocsp().seal.intact = false;
  EXPECT_EQ(Sub(), "CERTIFICATE_CHAIN_GENERAL_FAILURE");
}

TEST_F(EngineTest, T17_AResponseFromBeforeTheCertificateDoesNotCount) {
  ocsp().this_update = signer().not_before - days{1};
  EXPECT_EQ(Sub(), "CERTIFICATE_CHAIN_GENERAL_FAILURE");
}

TEST_F(EngineTest, T17_ResponsesThatVouchForEachOtherDoNotCount) {
  document_.certificates["responder"].anchor_for.clear();
  document_.certificates["responder"].revocations = {{"ocsp", facts::Status::kGood, "", {}}};
  ocsp().chain = {"responder", "ca"};
  EXPECT_EQ(Sub(), "CERTIFICATE_CHAIN_GENERAL_FAILURE");
}

TEST_F(EngineTest, T18_TheTimestampDecidesAfterTheCertificateHasExpired) {
  EXPECT_TRUE(Passes("eu-ades", signer().not_after + hours{1}));
}

TEST_F(EngineTest, T18_TheClaimedTimeProvesNothing) {
  signature().timestamps.clear();
  document_.timestamps.clear();
  EXPECT_FALSE(Passes("eu-ades", signer().not_after + hours{1}));
}

TEST_F(EngineTest, T20_AnAnchorForOneThingIsNoneForAnother) {
  using enum facts::AnchorUse;
  const auto trust = [&](const char* id, facts::AnchorUse use) {
    document_.certificates[id].anchor_for = {use};
  };
  for (const facts::AnchorUse other : {kSigner, kTimestamp, kRevocation}) {
    trust("ca", other);
    EXPECT_EQ(Sub(), "NO_CERTIFICATE_CHAIN_FOUND");
  }
  trust("ca", kAuthority);
  for (const facts::AnchorUse other : {kAuthority, kSigner, kRevocation}) {
    trust("tsa", other);
    EXPECT_FALSE(Judge().time_proven);
  }
  trust("tsa", kTimestamp);
  for (const facts::AnchorUse other : {kSigner, kTimestamp}) {
    trust("responder", other);
    EXPECT_FALSE(Passes());
  }
}

TEST_F(EngineTest, T18_AnUntrustedTimestampProvesNothing) {
  document_.certificates["tsa"].anchor_for.clear();
  EXPECT_FALSE(Passes("eu-ades", signer().not_after + hours{1}));
}

TEST_F(EngineTest, T18_ATimestampFromTheFutureProvesNothing) {
  document_.timestamps["timestamp"].time = kNow + days{1};
  EXPECT_FALSE(Judge().time_proven);
}

TEST_F(EngineTest, T18_RevokedAfterTheTimestampStillPasses) {
  signer().revocations.front() = {"ocsp", facts::Status::kRevoked, "", kSigned + seconds{1}};
  EXPECT_EQ(Judge().basic.sub, SubIndication::kRevokedNoPoe);
  EXPECT_TRUE(Passes());
}

TEST_F(EngineTest, T18_RevokedBeforeTheTimestampDoesNotPass) {
  signer().revocations.front() = {"ocsp", facts::Status::kRevoked, "", kSigned - seconds{1}};
  EXPECT_EQ(Sub(), "REVOKED_NO_POE");
}

TEST_F(EngineTest, T18_SignedBeforeTheCertificateBeganFails) {
  signer().not_before = kSigned + seconds{1};
  ocsp().this_update = kSigned + seconds{2};
  EXPECT_EQ(Sub(), "NOT_YET_VALID");
}

TEST_F(EngineTest, T19_AForeignImprintIsNoProof) {
  document_.timestamps["timestamp"].digests.front().intact = false;
  EXPECT_FALSE(Judge().time_proven);
}

TEST_F(EngineTest, T19_ATimestampWithoutTimeStampingPurposeIsNoProof) {
  document_.certificates["tsa"].anchor_for.clear();
  document_.timestamps["timestamp"].chain = {"tsa", "ca"};
  EXPECT_FALSE(Judge().time_proven);
}

TEST_F(EngineTest, T19_AKeyForTimestampsHasNoOtherPurpose) {
  facts::Certificate& tsa = document_.certificates["tsa"];
  tsa.anchor_for.clear();
  tsa.extensions.insert("2.5.29.56");  // No revocation data is to be had (RFC 9608).
  tsa.extended_key_usages = {"1.3.6.1.5.5.7.3.8"};
  document_.timestamps["timestamp"].chain = {"tsa", "ca"};
  EXPECT_TRUE(Judge().time_proven);
  document_.certificates["tsa"].extended_key_usages.insert("1.3.6.1.5.5.7.3.1");
  EXPECT_FALSE(Judge().time_proven);
}

TEST_F(EngineTest, T20_AUserCertificateCertifiesNobody) {
  document_.certificates["middle"] = MakeCertificate("middle");
  signature().chain = {"signer", "middle", "ca"};
  EXPECT_EQ(Sub(), "CHAIN_CONSTRAINTS_FAILURE");
}

TEST_F(EngineTest, T21_OnHoldBeforeTheTimestampAsksToTryLater) {
  signer().revocations.front() = {"ocsp", facts::Status::kOnHold, "", kSigned - seconds{1}};
  EXPECT_EQ(Sub(), "TRY_LATER");
}

TEST_F(EngineTest, T21_OnHoldAfterTheTimestampPasses) {
  signer().revocations.front() = {"ocsp", facts::Status::kOnHold, "", kSigned + seconds{1}};
  EXPECT_TRUE(Passes());
}

TEST_F(EngineTest, T22_Sha1IsNotReliedUponAfterItsDate) {
  signature().seal.algorithm = {"RSA", 2048, "SHA1"};
  EXPECT_EQ(Sub(), "CRYPTO_CONSTRAINTS_FAILURE_NO_POE");
}

TEST_F(EngineTest, T22_AnUnknownAlgorithmIsNeverReliedUpon) {
  signature().seal.algorithm.digest = "MD5";
  EXPECT_EQ(Sub(), "CRYPTO_CONSTRAINTS_FAILURE_NO_POE");
}

TEST_F(EngineTest, L12_AnEarlyResponseInsideTheGracePassesWithANote) {
  ocsp().this_update = kSigned - seconds{57};
  const Policy policy = *ShippedPolicy("lv-national-legacy");
  const SignatureVerdict verdict = JudgeDocument(document_, policy, kNow).signatures.front();
  EXPECT_TRUE(verdict.archival.passed());
  ASSERT_FALSE(verdict.notes.empty());
  EXPECT_EQ(verdict.notes.front().code, "revocation-predates-timestamp");
  EXPECT_EQ(verdict.notes.front().values.Integer("seconds"), 57);
}

TEST_F(EngineTest, L12_AnEarlyResponseIsTooOldForTheStrictPolicy) {
  ocsp().this_update = kSigned - seconds{57};
  EXPECT_EQ(Sub("baltic-bdoc"), "TRY_LATER");
}

TEST_F(EngineTest, L12_BeyondTheGraceTheLegacyPolicyAsksToTryLater) {
  ocsp().this_update = kSigned - seconds{901};
  const SignatureVerdict verdict = Judge("lv-national-legacy");
  EXPECT_EQ(verdict.archival.sub, SubIndication::kTryLater);
  ASSERT_FALSE(verdict.what_would_change_it.empty());
  EXPECT_EQ(verdict.what_would_change_it.front().code, "newer-revocation-data");
}

TEST_F(EngineTest, L15_AModulusOf2047BitsIsReliedUpon) {
  signature().seal.algorithm = {"RSA", 2047, "SHA256"};
  EXPECT_TRUE(Passes());
}

TEST_F(EngineTest, L15_AModulusOf1024BitsIsNot) {
  signature().seal.algorithm = {"RSA", 1024, "SHA256"};
  EXPECT_FALSE(Passes());
}

TEST_F(EngineTest, L25_AnAnchorThatEndedStandsByAnEarlierTimestamp) {
  document_.certificates["ca"].anchor_until = kSigned + seconds{5};
  EXPECT_TRUE(Passes());
}

TEST_F(EngineTest, L25_AnAnchorThatEndedBeforeTheTimestampIsNone) {
  document_.certificates["ca"].anchor_until = kSigned - seconds{5};
  EXPECT_EQ(Sub(), "NO_CERTIFICATE_CHAIN_FOUND_NO_POE");
}

TEST_F(EngineTest, L26_Sha1OfItsEraPassesOnlyUnderTheLegacySuite) {
  const auto shift = kSigned - *base::ParseTime("2017-03-01T10:00:00Z");
  for (auto& [id, certificate] : document_.certificates) {
    certificate.not_before -= shift;
    certificate.not_after -= shift;
  }
  document_.timestamps["timestamp"].time -= shift;
  *ocsp().this_update -= shift;
  *ocsp().produced_at -= shift;
  *signature().claimed_time -= shift;
  signature().seal.algorithm = {"RSA", 2048, "SHA1"};
  EXPECT_TRUE(Passes("lv-national-legacy", kNow - shift));
  EXPECT_FALSE(Passes("eu-ades", kNow - shift));
}

TEST(PolicyTest, EveryShippedPolicyHasItsOwnDigest) {
  EXPECT_NE(PolicyDigest(*ShippedPolicy("eu-ades")), PolicyDigest(*ShippedPolicy("eu-qes")));
  EXPECT_FALSE(ShippedPolicy("eu-nothing").has_value());
}

TEST(PolicyTest, AFileChangesOneRuleOfItsBase) {
  const auto json = base::Json::Parse(
      R"({"schema":"edocvault.policy/1","id":"mine","base":"eu-ades","rules":[{"scope":"signature",)"
      R"("part":"signer","rule":"not-revoked","level":"WARN"}]})");
  const auto policy = PolicyFromJson(json.value());
  ASSERT_TRUE(policy.ok());
  EXPECT_EQ(policy.value().Of(Scope::kSignature, Part::kSigner, Rule::kNotRevoked).level,
            Level::kWarn);
  EXPECT_EQ(policy.value().Of(Scope::kSignature, Part::kSigner, Rule::kNotExpired).level,
            Level::kFail);
}

TEST(PolicyTest, AMisspeltRuleIsRefused) {
  const auto json = base::Json::Parse(
      R"({"schema":"edocvault.policy/1","id":"mine","base":"eu-ades","rules":[{"scope":"signature",)"
      R"("part":"signer","rule":"not-revokt","level":"FAIL"}]})");
  EXPECT_EQ(PolicyFromJson(json.value()).error().reason, "policy.malformed");
}

// What is written in another form must not read as "no limit".
TEST(PolicyTest, AlgorithmsInAnotherFormAreRefused) {
  constexpr std::string_view kBegin =
      R"({"schema":"edocvault.policy/1","id":"mine","base":"eu-ades",)";
  for (const std::string_view rest :
       {R"("algorithms":{"keys":[{"name":"RSA","minBits":"3000"}],"digests":[]}})",
        R"("algorithms":{"keys":[{"name":"RSA","minBits":3000.5}],"digests":[]}})",
        R"("algorithms":{"keys":[],"digests":[],"issued":2024}})",
        R"("ownAlgorithms":{"scope":"signature","part":"signer"}})",
        R"("ownAlgorithms":[{"scope":"signature","part":"signer","from":"2024",)"
        R"("algorithms":{"keys":[],"digests":[]}}]})"}) {
    const auto json = base::Json::Parse(std::string(kBegin) + std::string(rest));
    if (!json.ok()) continue;  // Fractions are no JSON of ours.
    const auto policy = PolicyFromJson(json.value());
    ASSERT_FALSE(policy.ok()) << rest;
    EXPECT_EQ(policy.error().reason, "policy.malformed") << rest;
  }
}

TEST(PolicyTest, AFileWithTheNameOfAShippedPolicyIsRefused) {
  VerifyRequest request;
  request.policy = "eu-qes";
  request.policy_text = R"({"schema":"edocvault.policy/1","id":"mine","base":"eu-ades"})";
  const base::Json report = Verify(request);
  ASSERT_NE(report.Find("refusal"), nullptr);
  EXPECT_EQ(report.Find("refusal")->Text("code"), "policy.malformed");
}

TEST(PolicyTest, AFindingThatNobodyMakesIsRefused) {
  const auto policy = [](const std::string& code) {
    return PolicyFromJson(base::Json::Parse(R"({"schema":"edocvault.policy/1","id":"mine",)"
                                            R"("base":"eu-ades","fatalFindings":[")" +
                                            code + "\"]}")
                              .value());
  };
  EXPECT_TRUE(policy("container.unsigned-file").ok());
  EXPECT_EQ(policy("container.unsigned-files").error().reason, "policy.malformed");
}

TEST(PolicyTest, AGraceOfMoreThanACenturyIsRefused) {
  const auto policy = [](const std::string& grace) {
    return PolicyFromJson(
        base::Json::Parse(R"({"schema":"edocvault.policy/1","id":"mine","base":"eu-ades",)"
                          R"("rules":[{"scope":"signature","part":"signer",)"
                          R"("rule":"revocation-fresh","level":"FAIL","seconds":)" +
                          grace + "}]}")
            .value());
  };
  EXPECT_TRUE(policy("900").ok());
  EXPECT_EQ(policy("9223372036854775807").error().reason, "policy.malformed");
}

TEST(ClauseTest, ARuleIsAskedByTheStandardOfItsBlock) {
  EXPECT_EQ(ClauseOf("ISC", Rule::kSignerKnown), "EN 319 102-1, 5.2.3");
  EXPECT_EQ(ClauseOf("RAC", Rule::kSignerKnown), "RFC 6960, 4.2.2.2");
  EXPECT_EQ(ClauseOf("ER", Rule::kDataIntact), "RFC 4998, 4.3");
}

}  // namespace
}  // namespace signing
