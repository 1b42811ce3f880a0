#include "api/flow/sign_document.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_sealing.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/issuer.h"

namespace api {
namespace {

class SignDocumentTest : public ::testing::Test {
 protected:
  base::Result<base::Bytes> Sign(SignatureLevel level = SignatureLevel::kB) {
    auto made = flow_.Run(caller_, {.key = {"seal"}, .level = level},
                          {.document = base::AsBytes("container")});
    if (!made.ok()) return made.error();
    return std::move(made.value().bytes);
  }
  void VerifierSays(std::string_view format) {
    inspector_.report = tests::FakeInspector::GoodReport(format, signer_.certificate);
  }
  // The one signature of the report, to be spoilt.
  base::Json Spoilt(const char* member, base::Json value) {
    base::Json report = tests::FakeInspector::GoodReport("XAdES-BASELINE-B", signer_.certificate);
    base::Json signature = report.Find("signatures")->AsArray()->front();
    signature.Set(member, std::move(value));
    report.Set("signatures", base::Json::Array{std::move(signature)});
    return report;
  }

  SignDocumentTest() { inspector_.timestamp_time = clock_.now; }

  Caller caller_{"agency", CallerRole::kAgency, "agency", {"seal"}};
  tests::FakeSigner signer_;
  tests::FakeInspector inspector_;
  tests::FakeOutbound outbound_;
  const tests::FixedClock clock_;
  const TimestampTrust trust_{
      .tsa_certificates = {base::HexEncode(base::Sha256(base::AsBytes("tsa")).bytes)}};
  EvidenceDesk desk_{inspector_, outbound_, trust_, clock_};
  ExtendSignature extend_{inspector_, desk_, clock_};
  SignDocument flow_{signer_, inspector_, desk_, extend_, clock_};
};

TEST_F(SignDocumentTest, ReleasesWhatTheVerifierFoundIntact) {
  VerifierSays("XAdES-BASELINE-B");
  EXPECT_TRUE(Sign().ok());
  EXPECT_TRUE(outbound_.services.empty());
}

TEST_F(SignDocumentTest, LevelTAsksTheTsaOnce) {
  VerifierSays("XAdES-BASELINE-T");
  EXPECT_TRUE(Sign(SignatureLevel::kT).ok());
  EXPECT_EQ(outbound_.services, std::vector<std::string>{"tsa"});
}

TEST_F(SignDocumentTest, LevelLtAsksForTheStatusBeforeTheTokenAndAfterTheTimestamp) {
  VerifierSays("XAdES-BASELINE-LT");
  EXPECT_TRUE(Sign(SignatureLevel::kLT).ok());
  EXPECT_EQ(outbound_.services, (std::vector<std::string>{"ocsp", "tsa", "ocsp"}));
}

TEST_F(SignDocumentTest, LevelLtaAsksForTwoTimestamps) {
  VerifierSays("XAdES-BASELINE-LTA");
  EXPECT_TRUE(Sign(SignatureLevel::kLTA).ok());
  EXPECT_EQ(outbound_.services, (std::vector<std::string>{"ocsp", "tsa", "ocsp", "tsa"}));
}

TEST_F(SignDocumentTest, LevelLtaIsNothingForDigestsAlone) {
  EXPECT_EQ(flow_
                .Run(caller_, {.key = {"seal"}, .level = SignatureLevel::kLTA},
                     {.digests = {{"a.txt", "text/plain", {}}}})
                .error()
                .reason,
            "sign.needs-documents");
}

TEST_F(SignDocumentTest, TheTokenIsNotAskedForWhatWouldNotPass) {
  inspector_.place_error =
      base::Error{base::ErrorCode::kInvalidInput, "sign.would-not-verify", "no"};
  EXPECT_EQ(Sign().error().reason, "sign.would-not-verify");
  EXPECT_TRUE(signer_.requests.empty());
}

TEST_F(SignDocumentTest, TheTokenIsNotAskedWithACertificateOfAnotherTime) {
  signer_.certificate = tests::FakeSigner::Make(clock_.now - std::chrono::hours(48));
  EXPECT_EQ(Sign().error().reason, "certificate.expired");
  signer_.certificate = tests::FakeSigner::Make(clock_.now + std::chrono::hours(48));
  EXPECT_EQ(Sign().error().reason, "certificate.not-yet-valid");
  signer_.certificate = base::ToBytes("none");
  EXPECT_EQ(Sign().error().reason, "certificate.malformed");
  EXPECT_TRUE(signer_.requests.empty());
}

TEST_F(SignDocumentTest, TheTokenIsNotAskedWithACertificateThatIsRevoked) {
  inspector_.ocsp_error = base::Error{base::ErrorCode::kDenied, "ocsp.revoked", "revoked"};
  EXPECT_EQ(Sign(SignatureLevel::kLT).error().reason, "ocsp.revoked");
  EXPECT_TRUE(signer_.requests.empty());
}

TEST_F(SignDocumentTest, AnotherTsaServesWhenTheFirstDoesNot) {
  VerifierSays("XAdES-BASELINE-T");
  const TimestampTrust two{.tsa_certificates = trust_.tsa_certificates, .tsas = {"tsa", "tsa-2"}};
  EvidenceDesk desk(inspector_, outbound_, two, clock_);
  ExtendSignature extend(inspector_, desk, clock_);
  SignDocument flow(signer_, inspector_, desk, extend, clock_);
  const auto sign = [&] {
    return flow.Run(caller_, {.key = {"seal"}, .level = SignatureLevel::kT},
                    {.document = base::AsBytes("container")});
  };
  outbound_.down = {"tsa"};
  EXPECT_TRUE(sign().ok());
  // One that failed rests: it is asked last.
  outbound_.down = {};
  EXPECT_TRUE(sign().ok());
  EXPECT_EQ(outbound_.services, (std::vector<std::string>{"tsa", "tsa-2", "tsa-2"}));
}

TEST_F(SignDocumentTest, ATsaIsNotAskedBeyondItsQuota) {
  VerifierSays("XAdES-BASELINE-T");
  const TimestampTrust two{.tsa_certificates = trust_.tsa_certificates,
                           .tsas = {"tsa", "tsa-2"},
                           .hourly = {{"tsa", 2}, {"tsa-2", 1}}};
  EvidenceDesk desk(inspector_, outbound_, two, clock_);
  for (int i = 0; i < 3; ++i) EXPECT_TRUE(desk.Timestamp({}).ok());
  EXPECT_EQ(outbound_.services, (std::vector<std::string>{"tsa", "tsa", "tsa-2"}));
  EXPECT_EQ(desk.Timestamp({}).error().reason, "timestamp.quota-spent");
  EXPECT_EQ(outbound_.services.size(), 3U);
}

TEST_F(SignDocumentTest, AnAnswerAboutACertificateIsUsedAgainForWhatItCovered) {
  const base::Bytes certificate = tests::FakeSigner::Make(clock_.now);
  const base::Bytes issuer = tests::FakeSigner::Make(clock_.now);
  EXPECT_TRUE(desk_.Status(certificate, issuer, clock_.now).ok());
  EXPECT_TRUE(desk_.Status(certificate, issuer, clock_.now).ok());
  EXPECT_TRUE(desk_.Status(certificate, issuer, clock_.now - std::chrono::seconds(5)).ok());
  EXPECT_EQ(outbound_.services.size(), 1U);
  EXPECT_TRUE(desk_.Status(certificate, issuer, clock_.now + std::chrono::seconds(1)).ok());
  EXPECT_EQ(outbound_.services.size(), 2U) << "nothing was known of that time";
  EXPECT_TRUE(desk_.Status(issuer, certificate, clock_.now).ok());
  EXPECT_EQ(outbound_.services.size(), 3U) << "nor of that certificate";
}

TEST_F(SignDocumentTest, AListThatWasFetchedServesForAWhileAndNoneButAnIssuersOwnCounts) {
  const TimestampTrust with_lists{.tsa_certificates = trust_.tsa_certificates,
                                  .crls = {"crl-a", "crl-b"}};
  EvidenceDesk desk(inspector_, outbound_, with_lists, clock_);
  EXPECT_EQ(desk.Crl({}, {}, clock_.now).error().reason, "courier.not-configured");
  inspector_.crl_error.reset();
  EXPECT_EQ(desk.Crl({}, {}, clock_.now).value(), base::ToBytes("list crl-a"));
  EXPECT_EQ(outbound_.services, (std::vector<std::string>{"crl-a", "crl-b"})) << "once each";
  inspector_.crl_error = base::Error{base::ErrorCode::kInvalidInput, "crl.revoked", ""};
  EXPECT_EQ(desk.Crl({}, {}, clock_.now).error().reason, "crl.revoked");
}

TEST_F(SignDocumentTest, ARefusedStatusIsNotRemembered) {
  const base::Bytes certificate = tests::FakeSigner::Make(clock_.now);
  inspector_.ocsp_error = base::Error{base::ErrorCode::kInvalidInput, "ocsp.revoked", ""};
  EXPECT_FALSE(desk_.Status(certificate, certificate, clock_.now).ok());
  inspector_.ocsp_error.reset();
  EXPECT_TRUE(desk_.Status(certificate, certificate, clock_.now).ok());
  EXPECT_EQ(outbound_.services.size(), 2U);
}

TEST_F(SignDocumentTest, LevelLtNeedsTheIssuerOfTheCertificate) {
  signer_.issuer = {};
  EXPECT_FALSE(Sign(SignatureLevel::kLT).ok());
}

TEST_F(SignDocumentTest, SealsNothingWithAKeyOfSomebodyElse) {
  caller_.keys = {"other"};
  EXPECT_EQ(Sign().error().reason, "key.not-yours");
  EXPECT_TRUE(signer_.requests.empty());
}

TEST_F(SignDocumentTest, SealsNothingWhenTheTokenIsUnavailable) {
  signer_.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", "gone"};
  EXPECT_EQ(Sign().error().code, base::ErrorCode::kUnavailable);
  EXPECT_TRUE(signer_.requests.empty());
}

TEST_F(SignDocumentTest, ReleasesNothingWithoutTheTimestampAskedFor) {
  outbound_.next_error = base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "down"};
  EXPECT_EQ(Sign(SignatureLevel::kT).error().reason, "courier.no-answer");
}

TEST_F(SignDocumentTest, ReleasesNothingWithATimestampOverOtherData) {
  inspector_.timestamp_error =
      base::Error{base::ErrorCode::kInvalidInput, "timestamp.other-imprint", "other"};
  EXPECT_EQ(Sign(SignatureLevel::kT).error().reason, "timestamp.other-imprint");
}

TEST_F(SignDocumentTest, UsesNoTimestampOfATsaThatIsNotConfigured) {
  VerifierSays("XAdES-BASELINE-T");
  const TimestampTrust nobody;
  EvidenceDesk desk(inspector_, outbound_, nobody, clock_);
  ExtendSignature extend(inspector_, desk, clock_);
  SignDocument flow(signer_, inspector_, desk, extend, clock_);
  EXPECT_EQ(flow.Run(caller_, {.key = {"seal"}, .level = SignatureLevel::kT},
                     {.document = base::AsBytes("container")})
                .error()
                .reason,
            "timestamp.other-tsa");
}

TEST_F(SignDocumentTest, UsesNoTimestampOfAnotherTime) {
  VerifierSays("XAdES-BASELINE-T");
  inspector_.timestamp_time = clock_.now - std::chrono::hours(24 * 365);
  EXPECT_EQ(Sign(SignatureLevel::kT).error().reason, "timestamp.wrong-time");
}

TEST_F(SignDocumentTest, ReleasesNoOlderContainerOfTheSameKey) {
  inspector_.report = Spoilt("signatureValueSha256", std::string(64, '0'));
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNoOtherDocumentsThanWereHandedIn) {
  inspector_.report = Spoilt("signedFiles", base::Json::Array{});
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNoContainerWithFindings) {
  VerifierSays("XAdES-BASELINE-B");
  inspector_.report.Set("containerFindings", base::Json::Array{base::Json().Set("code", "x")});
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNoTimestampThatDoesNotFit) {
  VerifierSays("XAdES-BASELINE-B");
  inspector_.report = Spoilt("timestamps", base::Json::Array{base::Json()});
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNothingThatIsNotIntact) {
  inspector_.report = Spoilt("intact", false);
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNothingOfAnotherLevel) {
  inspector_.report = Spoilt("format", "XAdES-BASELINE-T");
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNothingThatFailed) {
  inspector_.report = Spoilt("indication", "TOTAL-FAILED");
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNothingByAnotherCertificate) {
  inspector_.report = tests::FakeInspector::GoodReport("XAdES-BASELINE-B", base::AsBytes("other"));
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, ReleasesNothingWithTwoSignatures) {
  VerifierSays("XAdES-BASELINE-B");
  const base::Json one = inspector_.report.Find("signatures")->AsArray()->front();
  inspector_.report.Set("signatures", base::Json::Array{one, one});
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

TEST_F(SignDocumentTest, AReportThatSaysNothingReleasesNothing) {
  inspector_.report = base::Json();
  EXPECT_EQ(Sign().error().reason, "release.refused");
}

}  // namespace
}  // namespace api
