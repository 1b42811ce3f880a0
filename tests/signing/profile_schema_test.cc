#include "signing/profile_schema.h"

#include <gtest/gtest.h>

#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

const std::string& Sound() {
  static const tests::Identity signer = tests::MakeIdentity(tests::MakeEcKey(), "Anna Paraugs");
  static const tests::Identity tsa = tests::MakeIdentity(tests::MakeEcKey(), "Test TSA", true);
  static const std::string xml = [] {
    tests::SignatureMaker maker(signer);
    maker.tsa = &tsa;
    maker.archives = 1;
    maker.signed_properties = "<xades:SignerRole/><xades:SignatureProductionPlace/>";
    return maker.Xml();
  }();
  return xml;
}

std::string ViolationIn(const std::string& xml) {
  const auto document = XmlDocument::Parse(base::AsBytes(xml));
  if (!document.ok()) return "refused " + document.error().reason;
  const xmlNode* signature = FirstElement(document.value().root());
  return FindSchemaViolation(signature).value_or("");
}

// Sound() with `what` put before the first `mark`.
std::string With(const std::string& what, const std::string& mark) {
  std::string xml = Sound();
  return xml.insert(xml.find(mark), what);
}

std::string Without(const std::string& from, const std::string& to) {
  std::string xml = Sound();
  const std::size_t begin = xml.find(from);
  return xml.erase(begin, xml.find(to, begin) + to.size() - begin);
}

TEST(ProfileSchemaTest, ASoundSignatureHasNoViolation) {
  EXPECT_EQ(ViolationIn(Sound()), "");
}

TEST(ProfileSchemaTest, L19_SignedPropertiesMayComeInEitherOrder) {
  const std::string both = "<xades:SignerRole/><xades:SignatureProductionPlace/>";
  std::string xml = Sound();
  xml.replace(xml.find(both), both.size(), "<xades:SignatureProductionPlace/><xades:SignerRole/>");
  EXPECT_EQ(ViolationIn(xml), "");
}

TEST(ProfileSchemaTest, WhatDoesNotBelongThereIsFound) {
  EXPECT_EQ(ViolationIn(With("<ds:KeyInfo/>", "<ds:KeyInfo")), "Signature: several KeyInfo");
  EXPECT_EQ(ViolationIn(With("<x:bad xmlns:x=\"urn:x\"/>", "</ds:Signature>")),
            "Signature: bad does not belong there");
  EXPECT_EQ(ViolationIn(With("<ds:Object/>", "<ds:SignedInfo")),
            "Signature: SignedInfo is out of order");
  EXPECT_EQ(ViolationIn(With("<ds:Transforms/>", "<ds:DigestMethod")), "Transforms: no Transform");
  EXPECT_EQ(ViolationIn(With("<b/>", "</ds:SignatureValue>")),
            "SignatureValue: b does not belong there");
  EXPECT_EQ(ViolationIn(With("<xades:Unknown/>", "</xades:UnsignedSignatureProperties>")),
            "UnsignedSignatureProperties: Unknown does not belong there");
}

TEST(ProfileSchemaTest, WhatIsMissingIsFound) {
  EXPECT_EQ(ViolationIn(Without("<ds:DigestMethod", "/>")), "Reference: no DigestMethod");
  EXPECT_EQ(ViolationIn(Without("<xades:Cert>", "</xades:Cert>")), "SigningCertificateV2: no Cert");
}

TEST(ProfileSchemaTest, PropertiesOfOtherNamespacesAreAllowedWhereTheSchemaSays) {
  EXPECT_EQ(
      ViolationIn(With("<x:mine xmlns:x=\"urn:x\"/>", "</xades:UnsignedSignatureProperties>")), "");
}

TEST(ProfileSchemaTest, ASignatureInsideIsNotLookedInto) {
  EXPECT_EQ(ViolationIn(With("<xades:CounterSignature><ds:Signature><ds:KeyInfo/><ds:KeyInfo/>"
                             "</ds:Signature></xades:CounterSignature>",
                             "</xades:UnsignedSignatureProperties>")),
            "");
}

}  // namespace
}  // namespace signing
