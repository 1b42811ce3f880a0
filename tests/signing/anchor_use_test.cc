// Who is trusted for one thing is not trusted for another (RFC 5280, 6.1.1; TS 119 612, 5.5.1):
// a time-stamping unit, a responder or a person that is trusted as it is vouches for nobody else.
#include <gtest/gtest.h>

#include "tests/fakes/rule_case.h"
#include "tests/fakes/trust_list_maker.h"

namespace signing {
namespace {

using tests::Identity;
using tests::SignatureMaker;

class AnchorUseTest : public testing::Test {
 protected:
  static Identity SignerOf(const Identity& issuer) {
    return tests::Make(
        {.name = "Viltus Paraugs",
         .issuer = &issuer,
         .extensions = {{"keyUsage", "critical,nonRepudiation"}, {"2.5.29.56", "DER:0500"}}});
  }

  // A list that has `identity` as a service of this type, and nobody else.
  void TrustAs(const Identity& identity, const std::string& type) {
    tests::TrustListMaker list;
    list.issued = base::FormatTime(twin_.now - std::chrono::days(10));
    list.next_update = base::FormatTime(twin_.now + std::chrono::days(100));
    list.services = {
        {.identity = &identity, .type = type, .history = {{.from = "2016-07-01T00:00:00Z"}}}};
    twin_.lists.push_back(list.SignedBy(operator_));
    twin_.trusted.push_back(&operator_);
  }

  tests::RuleCase twin_;
  const Identity operator_ = tests::Make({.name = "Saraksts"});
};

TEST_F(AnchorUseTest, AStampingUnitHandedInVouchesForNoSigner) {
  const Identity forged = SignerOf(twin_.tsa);
  SignatureMaker maker = twin_.MakerFor(forged);
  maker.long_term = tests::RuleCase::CertificateValues({&twin_.tsa});
  EXPECT_EQ(twin_.Outcome(maker), "NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(AnchorUseTest, AStampingServiceOfAListVouchesForNoSigner) {
  twin_.trusted.clear();
  TrustAs(twin_.tsa, "TSA/QTST");
  const Identity forged = SignerOf(twin_.tsa);
  SignatureMaker maker = twin_.MakerFor(forged);
  maker.long_term = tests::RuleCase::CertificateValues({&twin_.tsa});
  EXPECT_EQ(twin_.Outcome(maker), "NO_CERTIFICATE_CHAIN_FOUND");
}

TEST_F(AnchorUseTest, AResponderOfAListVouchesForNoSigner) {
  const Identity responder =
      tests::Make({.name = "OCSP",
                   .extensions = {{"extendedKeyUsage", "OCSPSigning"}, {"noCheck", "ignored"}}});
  TrustAs(responder, "Certstatus/OCSP/QC");
  const Identity forged = SignerOf(responder);
  SignatureMaker maker = twin_.MakerFor(forged);
  tests::OcspSpec answer = twin_.Answer(forged);
  answer.responder = answer.issuer = &responder;
  maker.long_term = tests::RuleCase::CertificateValues({&responder}) +
                    tests::RuleCase::RevocationValues({}, {tests::MakeOcsp(answer)});
  EXPECT_EQ(twin_.Outcome(maker), "NO_CERTIFICATE_CHAIN_FOUND");
}

// A signature that is good in itself, with a counter-signature of somebody whom its signer, and
// nobody else, has certified.
TEST_F(AnchorUseTest, APersonHandedInVouchesForNoCounterSigner) {
  const Identity person =
      tests::Make({.name = "Persona", .extensions = {{"keyUsage", "critical,nonRepudiation"}}});
  twin_.trusted.push_back(&person);
  const Identity forged = SignerOf(person);
  SignatureMaker maker = twin_.MakerFor(person);
  maker.long_term = tests::RuleCase::CertificateValues({&person});
  tests::ZipMaker zip = maker.Container();
  std::string& xml = zip.last().content;
  SignatureMaker counter(forged);
  counter.id = "C1";
  counter.target = "#C1";
  counter.files.clear();
  counter.exclusive = true;
  counter.open = counter.close = "";
  counter.extra_references = SignatureMaker::Reference(
      "", "#S1-V", SignatureMaker::Transforms(SignatureMaker::kExclusive),
      SignatureMaker::Digest(SignatureMaker::Canonical(xml, "S1-V", SignatureMaker::kExclusive)),
      "http://uri.etsi.org/01903#CountersignedSignature");
  const std::string end = "</xades:UnsignedSignatureProperties>";
  xml = tests::Replaced(
      xml, end, "<xades:CounterSignature>" + counter.Xml() + "</xades:CounterSignature>" + end);
  const base::Json report = twin_.Report(zip);
  ASSERT_EQ(tests::RuleCase::OutcomeIn(report), "valid");
  const auto& first = report.Find("signatures")->AsArray()->front();
  EXPECT_EQ(first.Find("counterSignatures")->AsArray()->front().Text("indication"),
            "INDETERMINATE");
}

}  // namespace
}  // namespace signing
