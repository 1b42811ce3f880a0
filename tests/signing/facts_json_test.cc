// "edocvault.facts/1": what is in it, and what it must not hang on.
#include "signing/facts_json.h"

#include <gtest/gtest.h>

#include "tests/fakes/evidence_case.h"

namespace signing {
namespace {

using base::Json;
using tests::Collected;
using tests::EvidenceCase;

class FactsTest : public testing::Test {
 protected:
  std::string Facts(const VerifyRequest& request) const { return Collected(request).facts; }
  Json FactsOf(const VerifyRequest& request) const { return Json::Parse(Facts(request)).value(); }
  static const Json& First(const Json& json, std::string_view list) {
    return json.Find(list)->AsArray()->front();
  }

  EvidenceCase case_;
};

TEST_F(FactsTest, AreTheSameUnderEveryPolicy) {
  const std::string facts = Facts(case_.Request());
  for (const std::string policy : {"eu-qes", "lv-public-sector", "lv-national-legacy"}) {
    VerifyRequest request = case_.Request();
    request.policy = policy;
    EXPECT_EQ(Facts(request), facts) << policy;
  }
}

TEST_F(FactsTest, AreTheSameInEveryLanguageAndUnderEveryFileName) {
  VerifyRequest request = case_.Request();
  request.language = base::Language::kLatvian;
  request.name = "cits.asice";
  for (NamedBytes& file : request.trust) file.name += ".old";
  EXPECT_EQ(Facts(request), Facts(case_.Request()));
}

TEST_F(FactsTest, AreTheSameWhateverTheOrderOfTrust) {
  VerifyRequest request = case_.Request();
  std::ranges::reverse(request.trust);
  EXPECT_EQ(Facts(request), Facts(case_.Request()));
}

TEST_F(FactsTest, HoldNoVerdict) {
  const std::string facts = Facts(case_.Request());
  for (const std::string_view word :
       {"\"verdict\"", "\"indication\"", "TOTAL-", "\"qualification\"", "eu-ades", "\"level\""})
    EXPECT_EQ(facts.find(word), std::string::npos) << word;
}

TEST_F(FactsTest, AreCanonical) {
  const std::string facts = Facts(case_.Request());
  EXPECT_EQ(CanonicalText(Json::Parse(facts).value()), facts);
}

TEST_F(FactsTest, SayWhatEachReferenceCovers) {
  const Json facts = FactsOf(case_.Request());
  const Json& reference = First(First(facts, "signatures"), "references");
  EXPECT_EQ(reference.Text("outcome"), "matches");
  EXPECT_EQ(reference.Find("covers")->Text("file"), "lemums.txt");
  EXPECT_EQ(reference.Text("fileSha256"),
            base::HexEncode(base::Sha256(base::AsBytes("Lemums par atlauju")).span()));
}

TEST_F(FactsTest, ListTheFilesOfTheContainer) {
  const Json facts = FactsOf(case_.Request());
  const Json::Array& files = *facts.Find("document")->Find("files")->AsArray();
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[0].Text("role"), "data");
  EXPECT_EQ(files[1].Text("name"), "META-INF/signatures0.xml");
}

// Everything outside the members "byTrust" is the same whoever is trusted; which certificates
// and revocation data are listed is not, because paths lead to them.
Json WithoutTrust(const Json& json) {
  if (json.AsArray() != nullptr) {
    Json::Array items;
    for (const Json& item : *json.AsArray()) items.push_back(WithoutTrust(item));
    return items;
  }
  if (json.AsObject() == nullptr) return json;
  Json::Object members;
  for (const auto& [name, value] : *json.AsObject())
    if (name != "byTrust" && name != "certificates" && name != "revocations")
      members.emplace_back(name, WithoutTrust(value));
  return members;
}

TEST_F(FactsTest, WhatHangsOnTrustIsMarkedAsSuch) {
  VerifyRequest nobody = case_.Request();
  nobody.trust.clear();
  EXPECT_NE(Facts(nobody), Facts(case_.Request()));
  EXPECT_EQ(WithoutTrust(FactsOf(nobody)).Dump(), WithoutTrust(FactsOf(case_.Request())).Dump());
}

TEST_F(FactsTest, OfARefusedDocumentAreItsDigestAndTheReason) {
  case_.document = base::ToBytes("%PDF-1.7");
  const Json facts = FactsOf(case_.Request());
  EXPECT_EQ(facts.Find("refusal")->Text("code"), "container.pdf");
  EXPECT_TRUE(facts.Find("signatures")->AsArray()->empty());
}

// --- Time-marks: whether they count is a policy's word, that they are there is not.

class TimeMarkFactsTest : public FactsTest {
 protected:
  TimeMarkFactsTest() {
    tests::SignatureMaker maker(case_.signer);
    maker.signed_properties =
        "<xades:SignaturePolicyIdentifier><xades:SignaturePolicyId><xades:SigPolicyId>"
        "<xades:Identifier>urn:oid:1.3.6.1.4.1.10015.1000.3.2.1</xades:Identifier>"
        "</xades:SigPolicyId><xades:SigPolicyQualifiers><xades:SigPolicyQualifier><xades:SPURI>"
        "https://policy.example/bdoc.pdf</xades:SPURI></xades:SigPolicyQualifier>"
        "</xades:SigPolicyQualifiers></xades:SignaturePolicyId></xades:SignaturePolicyIdentifier>";
    auto zip = maker.Container();
    std::string& xml = zip.last().content;
    const std::size_t begin = xml.find("-V\">") + 4;
    const std::string value = xml.substr(begin, xml.find("</ds:SignatureValue>") - begin);
    base::Bytes nonce = *base::HexDecode("3031300d060960864801650304020105000420");
    base::Append(base::Sha256(*base::Base64Decode(value)).span(), nonce);
    const base::Bytes response = tests::MakeOcsp({.responder = &case_.responder,
                                                  .certificate = &case_.signer,
                                                  .issuer = &case_.ca,
                                                  .nonce = nonce});
    xml.insert(xml.find("</xades:QualifyingProperties>"),
               "<xades:UnsignedProperties><xades:UnsignedSignatureProperties>"
               "<xades:RevocationValues><xades:OCSPValues><xades:EncapsulatedOCSPValue>" +
                   base::Base64Encode(response) +
                   "</xades:EncapsulatedOCSPValue></xades:OCSPValues></xades:RevocationValues>"
                   "</xades:UnsignedSignatureProperties></xades:UnsignedProperties>");
    case_.document = zip.Make();
  }
};

TEST_F(TimeMarkFactsTest, ATimeMarkIsAFactUnderPoliciesThatDoNotKnowIt) {
  VerifyRequest bdoc = case_.Request();
  bdoc.policy = "baltic-bdoc";
  EXPECT_EQ(Facts(bdoc), Facts(case_.Request()));
  EXPECT_NE(Facts(bdoc).find("\"timeMark\":true"), std::string::npos);
  const auto proven = [](const VerifyRequest& request) {
    return !First(Verify(request), "signatures").Find("bestSignatureTime")->is_null();
  };
  EXPECT_TRUE(proven(bdoc));
  EXPECT_FALSE(proven(case_.Request()));
}

}  // namespace
}  // namespace signing
