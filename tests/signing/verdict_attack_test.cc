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

}  // namespace
}  // namespace signing
