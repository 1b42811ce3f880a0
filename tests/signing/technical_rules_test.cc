// Rules T1-T25 of the reference that no other test bears in its name, from end to end.
#include <gtest/gtest.h>

#include "hsm/signed_info.h"
#include "signing/xades_writer.h"
#include "tests/fakes/rule_case.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using base::Bytes;
using base::Json;
using tests::Identity;
using tests::Replaced;
using tests::SignatureMaker;
using tests::ZipMaker;

class TechnicalRulesTest : public testing::Test {
 protected:
  // The outcome with `what` in the signature file replaced before anything is digested.
  std::string OutcomeWith(const std::function<void(SignatureMaker&)>& change) const {
    SignatureMaker maker = twin_.Maker();
    change(maker);
    return twin_.Outcome(maker);
  }

  tests::RuleCase twin_;
};

TEST_F(TechnicalRulesTest, T1_ABaselineSignatureIsValid) {
  EXPECT_EQ(twin_.Outcome(twin_.Maker()), "valid");
}

TEST_F(TechnicalRulesTest, T1_ASignerWhoIsNotInKeyInfoIsNotFound) {
  EXPECT_EQ(OutcomeWith([&](SignatureMaker& maker) { maker.shown = &twin_.user; }),
            "NO_SIGNING_CERTIFICATE_FOUND");
}

TEST_F(TechnicalRulesTest, T1_TwoSigningTimesAreABreach) {
  EXPECT_EQ(OutcomeWith([](SignatureMaker& maker) {
              maker.signed_properties =
                  "<xades:SigningTime>2020-01-01T00:00:00Z</xades:SigningTime>";
            }),
            "FORMAT_FAILURE");
}

TEST_F(TechnicalRulesTest, T1_TwoNamesOfTheSignerAreABreach) {
  EXPECT_EQ(OutcomeWith([&](SignatureMaker& maker) {
              const std::string named = SignatureMaker::NamingV2(twin_.signer);
              maker.signing_certificate = named + named;
            }),
            "FORMAT_FAILURE");
}

TEST_F(TechnicalRulesTest, T1_TwoPoliciesOrRolesAreABreach) {
  const std::string policy =
      "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/>"
      "</xades:SignaturePolicyIdentifier>";
  const std::string role = "<xades:SignerRole><xades:ClaimedRoles/></xades:SignerRole>";
  for (const std::string& one : {policy, role})
    EXPECT_EQ(OutcomeWith([&](SignatureMaker& maker) { maker.signed_properties = one + one; }),
              "FORMAT_FAILURE")
        << one;
}

TEST_F(TechnicalRulesTest, T1_TheReferenceToThePropertiesAloneIsNotEnough) {
  EXPECT_EQ(OutcomeWith([](SignatureMaker& maker) { maker.sign_files = false; }),
            "SIG_CONSTRAINTS_FAILURE");
}

TEST_F(TechnicalRulesTest, T2_TwoTokensInOneTimestampAreABreach) {
  ZipMaker zip = twin_.Maker().Container();
  std::string& xml = zip.last().content;
  const std::string end = "</xades:EncapsulatedTimeStamp>";
  const std::size_t begin = xml.find("<xades:EncapsulatedTimeStamp>");
  const std::string token = xml.substr(begin, xml.find(end) + end.size() - begin);
  xml = Replaced(xml, token, token + token);
  EXPECT_EQ(twin_.Outcome(zip), "FORMAT_FAILURE");
}

class EndedSignerTest : public TechnicalRulesTest {
 protected:
  // A signer whose certificate ends that many hours after the time-stamp.
  std::string OutcomeEnding(int hours) const {
    const Identity signer = tests::Make(
        {.name = "Anna Paraugs",
         .issuer = &twin_.root,
         .extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}},
         .to = twin_.now + std::chrono::hours(hours)});
    return twin_.Outcome(twin_.MakerFor(signer));
  }
};

TEST_F(EndedSignerTest, T2_ATimestampBeforeTheSignersEndProvesTheSignature) {
  EXPECT_EQ(OutcomeEnding(2), "valid");
}

TEST_F(EndedSignerTest, T2_ATimestampAfterTheSignersEndDoesNot) {
  EXPECT_NE(OutcomeEnding(-2), "valid");
}

class LongTermTest : public TechnicalRulesTest {
 protected:
  // "outcome level" of the user's signature with these values.
  std::string With(const std::string& long_term) const {
    SignatureMaker maker = twin_.MakerFor(twin_.user);
    maker.long_term = long_term;
    const Json report = twin_.Report(maker.Container());
    return tests::RuleCase::OutcomeIn(report) + " " +
           report.Find("signatures")->AsArray()->front().Text("format").value_or("?");
  }

  const std::string certificates_ = tests::RuleCase::CertificateValues({&twin_.ca});
  const Bytes list_ = tests::MakeCrl(twin_.List());
  const Bytes good_ = tests::MakeOcsp(twin_.Answer(twin_.user));
  const std::string revocation_ = tests::RuleCase::RevocationValues({list_}, {good_});
};

TEST_F(LongTermTest, T3_RevocationOfAllButTheAnchorMakesLevelLt) {
  EXPECT_EQ(With(certificates_ + revocation_), "valid XAdES-BASELINE-LT");
}

TEST_F(LongTermTest, T3_WhoeverHasNoStatusIsNotReliedUpon) {
  const auto with = [&](const std::vector<Bytes>& lists, const std::vector<Bytes>& responses) {
    return With(certificates_ + tests::RuleCase::RevocationValues(lists, responses));
  };
  constexpr const char* kNoStatus = "CERTIFICATE_CHAIN_GENERAL_FAILURE XAdES-BASELINE-LT";
  EXPECT_EQ(with({}, {good_}), kNoStatus);
  EXPECT_EQ(with({list_}, {}), kNoStatus);
}

TEST_F(LongTermTest, T3_TheResponderNeedsAStatusToo) {
  const Identity unproven = tests::Make(
      {.name = "OCSP", .issuer = &twin_.ca, .extensions = {{"extendedKeyUsage", "OCSPSigning"}}});
  tests::OcspSpec answer = twin_.Answer(twin_.user);
  answer.responder = &unproven;
  EXPECT_NE(
      With(certificates_ + tests::RuleCase::RevocationValues({list_}, {tests::MakeOcsp(answer)}))
          .substr(0, 5),
      "valid");
}

// EN 319 132-1, 6.3: what level LT has at most once, and what it does not have.
TEST_F(LongTermTest, T3_ValuesTwiceAreNoLevelLt) {
  EXPECT_EQ(With(certificates_ + certificates_ + revocation_), "valid XAdES-BASELINE-T");
  EXPECT_EQ(With(certificates_ + revocation_ + revocation_), "valid XAdES-BASELINE-T");
}

TEST_F(LongTermTest, T3_ReferencesToValuesAreNoLevelLt) {
  for (const char* name : {"CompleteCertificateRefs", "CompleteRevocationRefs",
                           "AttributeCertificateRefs", "AttributeRevocationRefs"})
    EXPECT_EQ(With(certificates_ + revocation_ + "<xades:" + name + "/>").substr(0, 22),
              "valid XAdES-BASELINE-T")
        << name;
}

// --- T23: what was prepared is what is put together at the end.

class TwoStepTest : public TechnicalRulesTest {
 protected:
  PreparedSignature Prepare(const std::string& content) const {
    return PrepareSignature(
               {.id = "S1",
                .signing_time = twin_.now,
                .documents = {{"lemums.txt", "text/plain", base::Sha256(base::AsBytes(content))}},
                .certificate = certificate_})
        .value();
  }
  hsm::Seal SealOf(const PreparedSignature& prepared) const {
    const std::string signed_info =
        hsm::SerialiseSignedInfo(hsm::SignatureAlgorithm::kEcdsaSha256, prepared.references);
    return {signed_info, tests::RawEcdsa(tests::SignWith(twin_.signer.key.get(), EVP_sha256(),
                                                         base::AsBytes(signed_info)),
                                         32)};
  }
  std::string OutcomeOf(const PreparedSignature& prepared, const hsm::Seal& seal) const {
    ZipMaker zip = twin_.Maker().Container();
    zip.at(1).content = "Lemums";
    zip.last().content = WriteSignatureFile({prepared, seal});
    return twin_.Outcome(zip);
  }

  const Bytes certificate_ = twin_.signer.Der();
};

TEST_F(TwoStepTest, T23_WhatWasPreparedAndSealedIsValid) {
  const PreparedSignature prepared = Prepare("Lemums");
  EXPECT_EQ(OutcomeOf(prepared, SealOf(prepared)), "valid");
}

TEST_F(TwoStepTest, T23_TheSealOfAnotherPreparationDoesNotFit) {
  PreparedSignature later = Prepare("Lemums");
  const hsm::Seal seal = SealOf(later);
  later.signed_properties = Replaced(later.signed_properties, "text/plain", "text/html");
  EXPECT_EQ(OutcomeOf(later, seal), "HASH_FAILURE");
  EXPECT_EQ(OutcomeOf(Prepare("Lemums"), SealOf(Prepare("Cits lemums"))), "HASH_FAILURE");
}

}  // namespace
}  // namespace signing
