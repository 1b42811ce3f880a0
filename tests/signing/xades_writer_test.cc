#include "signing/xades_writer.h"

#include <gtest/gtest.h>

#include "hsm/signed_info.h"
#include "signing/canonical.h"
#include "signing/evidence.h"
#include "signing/profile_schema.h"
#include "signing/xml_document.h"

namespace signing {
namespace {

const base::Bytes kCertificate = base::ToBytes("certificate stands in");

SignatureParameters Parameters(std::string name = "lēmums 1.txt", std::string type = "text/plain") {
  return {.id = "S1",
          .signing_time = *base::ParseTime("2026-11-23T12:00:00Z"),
          .documents = {{std::move(name), std::move(type), base::Sha256(base::AsBytes("x"))}},
          .certificate = kCertificate};
}

PreparedSignature Prepared() {
  return PrepareSignature(Parameters()).value();
}

constexpr std::string_view kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";

// Canonical form of the one element with that Id, by libxml2.
std::string Canonical(const XmlDocument& document, std::string_view id, std::string_view method) {
  const auto how = FindCanonicalization(method).value();
  NodeSet nodes;
  nodes.document = &document;
  nodes.apex = document.FindById(id).at(0);
  return base::ToString(CanonicalBytes(nodes, how).value());
}

hsm::Seal SealOf(const PreparedSignature& prepared) {
  return {hsm::SerialiseSignedInfo(hsm::SignatureAlgorithm::kEcdsaSha256, prepared.references),
          base::Bytes(64, 7)};
}

TEST(XadesWriterTest, PreparesAReferenceADocumentAndOneForTheProperties) {
  const PreparedSignature prepared = Prepared();
  ASSERT_EQ(prepared.references.size(), 2U);
  EXPECT_EQ(prepared.references[0].uri, "l%C4%93mums%201.txt");
  EXPECT_EQ(prepared.references[0].kind, hsm::ReferenceKind::kDocument);
  EXPECT_EQ(prepared.references[1].kind, hsm::ReferenceKind::kSignedProperties);
  EXPECT_EQ(prepared.references[1].uri, "#S1-SignedProperties");
}

// The claim of docs/adr/0003: libxml2's canonicaliser changes none of what we wrote.
TEST(XadesWriterTest, SignedPropertiesAreCanonicalAsWritten) {
  const PreparedSignature prepared = Prepared();
  const std::string file = WriteSignatureFile({prepared, SealOf(prepared)});
  const XmlDocument document = XmlDocument::Parse(base::AsBytes(file)).value();
  const std::string canonical = Canonical(document, "S1-SignedProperties", kExclusive);
  EXPECT_EQ(canonical, prepared.signed_properties);
  EXPECT_EQ(base::Sha256(base::AsBytes(canonical)), prepared.references[1].digest);
}

TEST(XadesWriterTest, ClaimsStandInTheOrderOfTheSchemaAndAreCanonicalAsWritten) {
  SignatureParameters parameters = Parameters();
  parameters.claims = {.role = "Sekretāre <1>",
                       .city = "Rīga & Jūrmala",
                       .country = "LV",
                       .commitment = "approval",
                       .policy = "1.3.6.1.4.1.0.1",
                       .policy_sha256 = base::Sha256(base::AsBytes("policy"))};
  const PreparedSignature prepared = PrepareSignature(parameters).value();
  const std::string file = WriteSignatureFile({prepared, SealOf(prepared)});
  const XmlDocument document = XmlDocument::Parse(base::AsBytes(file)).value();
  EXPECT_EQ(Canonical(document, "S1-SignedProperties", kExclusive), prepared.signed_properties);
  EXPECT_EQ(FindSchemaViolation(document.FindById("S1").at(0)), std::nullopt);
}

TEST(XadesWriterTest, RefusesClaimsThatAreNone) {
  for (const SignerClaims& claims :
       {SignerClaims{.country = "lv"}, SignerClaims{.country = "LVA"},
        SignerClaims{.commitment = "love"}, SignerClaims{.policy = "1..2"},
        SignerClaims{.policy = "1.2<"}, SignerClaims{.role = std::string("a\0b", 3)},
        SignerClaims{.city = std::string(1001, 'a')}}) {
    SignatureParameters parameters = Parameters();
    parameters.claims = claims;
    EXPECT_EQ(PrepareSignature(parameters).error().reason, "claims.malformed");
  }
}

TEST(XadesWriterTest, RefusesAMediaTypeThatIsNone) {
  for (const char* type : {"", "text", "/plain", "text/", "text/plain; charset=utf-8", "a b/c"})
    EXPECT_EQ(PrepareSignature(Parameters("a.txt", type)).error().reason, "document.bad-media-type")
        << type;
}

TEST(XadesWriterTest, RefusesAPathThatLeavesTheContainer) {
  EXPECT_EQ(PrepareSignature(Parameters("../a.txt")).error().reason, "document.bad-name");
}

TEST(DocumentNameTest, TakesNamesThatPeopleUse) {
  for (const char* name : {"lēmums 1.txt", "mape/Pielikums Nr. 2 (žūrija).pdf", "META-INFO/a.txt",
                           "mimetype.txt", "документ.doc"})
    EXPECT_TRUE(IsDocumentName(name)) << name;
}

TEST(DocumentNameTest, RefusesTheNamesOfTheContainerInAnyLetterCase) {
  for (const char* name : {"mimetype", "MIMETYPE", "mimetype/x", "META-INF", "meta-inf",
                           "META-INF/signatures.xml", "Meta-Inf/x"})
    EXPECT_FALSE(IsDocumentName(name)) << name;
}

TEST(DocumentNameTest, RefusesCharactersThatSteerHowANameIsShown) {
  for (const char* name : {"a\x1b[2J.txt", "a\u0085.txt", "a\u009b2J.txt", "a\u200efdp.exe",
                           "a\u202efdp.exe", "a\u2066.txt", "a\u2069.txt", "a\nb.txt"})
    EXPECT_FALSE(IsDocumentName(name)) << name;
}

TEST(XadesWriterTest, RefusesToSignNothing) {
  SignatureParameters parameters = Parameters();
  parameters.documents.clear();
  EXPECT_EQ(PrepareSignature(parameters).error().reason, "document.none");
}

TEST(XadesWriterTest, LevelBHasNoUnsignedProperties) {
  const PreparedSignature prepared = Prepared();
  EXPECT_EQ(WriteSignatureFile({prepared, SealOf(prepared)}).find("UnsignedProperties"),
            std::string::npos);
}

TEST(TimestampRequestTest, IsTheDerThatRfc3161Asks) {
  const base::Bytes nonce{0x41, 2, 3, 4, 5, 6, 7, 8};
  const base::Bytes request = BuildTimestampRequest(base::Sha256(base::AsBytes("abc")), nonce);
  EXPECT_EQ(base::HexEncode(request),
            "3043020101"
            "3031300d060960864801650304020105000420"
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
            "02084102030405060708"
            "0101ff");
}

TEST(TimestampResponseTest, RefusesWhatIsNone) {
  const base::Sha256Digest imprint = base::Sha256(base::AsBytes("abc"));
  const base::Bytes nonce(8, 1);
  EXPECT_EQ(ReadTimestampResponse({}, imprint, nonce).error().reason, "timestamp.malformed");
  EXPECT_EQ(ReadTimestampResponse(base::AsBytes("<html>"), imprint, nonce).error().reason,
            "timestamp.malformed");
  // PKIStatusInfo { rejection } and no token.
  EXPECT_EQ(
      ReadTimestampResponse(base::Bytes{0x30, 5, 0x30, 3, 2, 1, 2}, imprint, nonce).error().reason,
      "timestamp.refused");
}

TEST(OcspResponseTest, RefusesWhatIsNone) {
  const OcspQuestion question{kCertificate, kCertificate, {}, {}, {}};
  EXPECT_EQ(ReadOcspResponse(base::AsBytes("x"), question).error().reason, "ocsp.malformed");
}

}  // namespace
}  // namespace signing
