// BDOC time-marks: an OCSP response whose nonce is the digest of the SignatureValue (BDOC 2.1,
// 6.2), and what only looks like one.
#include <gtest/gtest.h>

#include "signing/verifier.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/ocsp_maker.h"
#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using base::Bytes;
using tests::CaExtensions;
using tests::Identity;
using tests::Make;

// DigestInfo with SHA-256 before the digest.
const Bytes kDigestInfo = *base::HexDecode("3031300d060960864801650304020105000420");

class TimeMarkTest : public testing::Test {
 protected:
  using MakeNonce = std::function<Bytes(const Bytes& digest)>;

  // Whether the response's producedAt is the proven time of the signature.
  bool Proves(const MakeNonce& nonce, const Identity& responder,
              const std::string& policy = "baltic-bdoc") const {
    tests::SignatureMaker maker(signer_);
    maker.signed_properties = signature_policy_;
    tests::ZipMaker zip = maker.Container();
    std::string& xml = zip.last().content;
    const Bytes digest = HashOf(*FindDigestByName("SHA256"), ValueIn(xml));
    const Bytes response = tests::MakeOcsp(
        {.responder = &responder, .certificate = &signer_, .issuer = &ca_, .nonce = nonce(digest)});
    const std::string end = "</xades:QualifyingProperties>";
    xml.insert(xml.find(end),
               "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
               "<xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>" +
                   base::Base64Encode(response) +
                   "</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>"
                   "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>");
    const Bytes document = zip.Make();
    const Bytes ca = ca_.Der();
    VerifyRequest request;
    request.name = "lemums.bdoc";
    request.document = document;
    request.policy = policy;
    request.trust = {{"ca", ca}};
    request.at = base::SystemClock().Now() + std::chrono::hours{24};  // After what is made now.
    const base::Json report = Verify(request);
    return !report.Find("signatures")->AsArray()->front().Find("bestSignatureTime")->is_null();
  }

  // What a signature with a time-mark names (BDOC 2.1, 5.2).
  static std::string SignaturePolicy(const std::string& id, const std::string& uri) {
    return "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>"
           "<xades:Identifier>" +
           id +
           "</xades:Identifier></xades:SigPolicyId><xades:SigPolicyHash><ds:DigestMethod "
           "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"/><ds:DigestValue>"
           "AAAA</ds:DigestValue></xades:SigPolicyHash><xades:SigPolicyQualifiers>"
           "<xades:SigPolicyQualifier><xades:SPURI>" +
           uri +
           "</xades:SPURI></xades:SigPolicyQualifier></xades:SigPolicyQualifiers>"
           "</xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>";
  }

  static Bytes Join(const Bytes& first, const Bytes& second) {
    Bytes all = first;
    base::Append(second, all);
    return all;
  }

  static Bytes ValueIn(const std::string& xml) {
    const std::size_t begin = xml.find("-V\">") + 4;
    return *base::Base64Decode(xml.substr(begin, xml.find("</ds:SignatureValue>") - begin));
  }

  const Identity ca_ = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity signer_ =
      Make({.name = "signer", .issuer = &ca_, .extensions = {{"keyUsage", "nonRepudiation"}}});
  const Identity responder_ =
      Make({.name = "OCSP",
            .issuer = &ca_,
            .extensions = {{"extendedKeyUsage", "OCSPSigning"}, {"noCheck", "ignored"}}});
  static constexpr const char* kBdocPolicy = "urn:oid:1.3.6.1.4.1.10015.1000.3.2.1";
  std::string signature_policy_ = SignaturePolicy(kBdocPolicy, "https://policy.example/bdoc.pdf");
  const MakeNonce right_ = [](const Bytes& digest) { return Join(kDigestInfo, digest); };
};

TEST_F(TimeMarkTest, TheDigestOfTheSignatureValueAsNonceProvesItsTime) {
  EXPECT_TRUE(Proves(right_, responder_));
  const MakeNonce wrapped = [](const Bytes& digest) {
    return Join({0x04, 0x33}, Join(kDigestInfo, digest));
  };
  EXPECT_TRUE(Proves(wrapped, responder_));
}

TEST_F(TimeMarkTest, WithoutThePolicyThatPromisesOneItIsANonce) {
  signature_policy_.clear();
  EXPECT_FALSE(Proves(right_, responder_));
  signature_policy_ = SignaturePolicy("urn:oid:1.2.3.4", "https://policy.example/bdoc.pdf");
  EXPECT_FALSE(Proves(right_, responder_));
  signature_policy_ = SignaturePolicy(kBdocPolicy, "");
  EXPECT_FALSE(Proves(right_, responder_));
  signature_policy_ =
      "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyImplied/>"
      "</xades:SignaturePolicyIdentifier>";
  EXPECT_FALSE(Proves(right_, responder_));
}

TEST_F(TimeMarkTest, WhereThePolicyKnowsNoTimeMarksItIsANonce) {
  EXPECT_FALSE(Proves(right_, responder_, "eu-ades"));
}

TEST_F(TimeMarkTest, TheNonceOfAnotherSignatureProvesNothing) {
  const MakeNonce other = [](Bytes digest) {
    digest[31] ^= 1U;
    return Join(kDigestInfo, digest);
  };
  EXPECT_FALSE(Proves(other, responder_));
}

TEST_F(TimeMarkTest, ADigestThatIsNotTheEndOfTheNonceProvesNothing) {
  EXPECT_FALSE(Proves([](const Bytes& digest) { return Join(digest, {0x00}); }, responder_));
  EXPECT_FALSE(Proves([](const Bytes& digest) { return Bytes(digest.begin() + 1, digest.end()); },
                      responder_));
}

TEST_F(TimeMarkTest, ADigestBehindMuchElseProvesNothing) {
  const MakeNonce many = [](const Bytes& digest) { return Join(Bytes(100, 0x30), digest); };
  EXPECT_FALSE(Proves(many, responder_));
}

TEST_F(TimeMarkTest, ACertificateThatIsNotForAnswersProvesNothing) {
  const Identity neighbour = Make({.name = "neighbour", .issuer = &ca_});
  EXPECT_FALSE(Proves(right_, neighbour));
}

}  // namespace
}  // namespace signing
