// Verdicts that somebody without a trusted key would like to have.
#include <gtest/gtest.h>

#include "signing/verifier.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using tests::Identity;
using tests::Make;

const Identity& Stranger() {
  static const Identity tsa =
      tests::MakeIdentity(tests::MakeEcKey(), "A stranger's TSA", /*for_timestamps=*/true);
  return tsa;
}

std::string VerdictAt(const std::string& time, const tests::ZipMaker& container,
                      const Identity& trusted, const std::string& policy = "eu-ades") {
  const base::Bytes document = container.Make();
  const base::Bytes anchor = trusted.Der();
  VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.policy = policy;
  request.trust = {{"anchor", anchor}};
  request.at = *base::ParseTime(time);
  return std::string(*Verify(request).Text("verdict"));
}

class VerdictAttackTest : public testing::Test {
 protected:
  const Identity signer_ = Make({.name = "signer",
                                 .extensions = {{"keyUsage", "nonRepudiation"}},
                                 .from = tests::Day(2020, 1, 1),
                                 .to = tests::Day(2027, 1, 1)});
  tests::SignatureMaker maker_{signer_};
};

TEST_F(VerdictAttackTest, ASignerThatIsTrustedItselfIsSoInItsValidity) {
  EXPECT_EQ(VerdictAt("2026-12-01T00:00:00Z", maker_.Container(), signer_), "valid");
  EXPECT_EQ(VerdictAt("2030-01-01T00:00:00Z", maker_.Container(), signer_), "indeterminate");
}

TEST_F(VerdictAttackTest, AStrangersTimestampDoesNotWindBackTheClock) {
  maker_.tsa = &Stranger();
  EXPECT_EQ(VerdictAt("2030-01-01T00:00:00Z", maker_.Container(), signer_), "indeterminate");
}

TEST_F(VerdictAttackTest, T13_AnAsicEWithoutItsManifestIsNone) {
  tests::ZipMaker zip = maker_.Container();
  std::erase_if(zip.members(),
                [](const auto& member) { return member.name == "META-INF/manifest.xml"; });
  EXPECT_EQ(VerdictAt("2026-12-01T00:00:00Z", zip, signer_), "invalid");
}

TEST_F(VerdictAttackTest, T13_WithoutAnyDataFileThereIsNothingSigned) {
  tests::ZipMaker zip = maker_.Container();
  std::erase_if(zip.members(), [](const auto& member) { return member.name == "lemums.txt"; });
  EXPECT_EQ(VerdictAt("2026-12-01T00:00:00Z", zip, signer_), "invalid");
}

// The status of a check of the first signature; empty when it was not made.
std::string StatusOf(std::string_view check, const tests::SignatureMaker& maker) {
  const base::Bytes document = maker.Container().Make();
  VerifyRequest request;
  request.name = "lemums.edoc";
  request.document = document;
  request.at = *base::ParseTime("2026-12-01T00:00:00Z");
  const base::Json report = Verify(request);
  const base::Json& signature = report.Find("signatures")->AsArray()->front();
  for (const base::Json& entry : *signature.Find("checks")->AsArray())
    if (entry.Text("id") == check) return entry.Text("status").value_or("");
  return {};
}

TEST_F(VerdictAttackTest, L20_APolicyThatIsNotAtHandIsNeverCalledChecked) {
  EXPECT_EQ(StatusOf("VCI/policy-digest", maker_), "OK");
  maker_.signed_properties =
      "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>"
      "<xades:Identifier>urn:oid:1.2.3</xades:Identifier></xades:SigPolicyId>"
      "</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>";
  EXPECT_EQ(StatusOf("VCI/policy-available", maker_), "INFO");
  EXPECT_EQ(StatusOf("VCI/policy-digest", maker_), "WARN");
  maker_.signed_properties =
      "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/>"
      "</xades:SignaturePolicyIdentifier>";
  EXPECT_EQ(StatusOf("VCI/policy-digest", maker_), "OK");
}

}  // namespace
}  // namespace signing
