#include "hsm/signed_info.h"

#include <gtest/gtest.h>
#include <libxml/c14n.h>
#include <libxml/parser.h>

#include "base/base64.h"

namespace hsm {
namespace {

Reference Document(std::string uri) {
  return {"", std::move(uri), ReferenceKind::kDocument, base::Sha256(base::AsBytes("document"))};
}

Reference Properties() {
  return {"r2", "#S0-SP", ReferenceKind::kSignedProperties,
          base::Sha256(base::AsBytes("properties"))};
}

std::string ReasonFor(const std::vector<Reference>& references) {
  const auto checked = CheckReferences(references);
  return checked.ok() ? "accepted" : checked.error().reason;
}

std::string ExclusiveC14n(const std::string& xml) {
  xmlDoc* const document =
      xmlReadMemory(xml.data(), static_cast<int>(xml.size()), "t", nullptr, XML_PARSE_NONET);
  xmlChar* canonical = nullptr;
  const int size =
      xmlC14NDocDumpMemory(document, nullptr, XML_C14N_EXCLUSIVE_1_0, nullptr, 0, &canonical);
  std::string result(reinterpret_cast<const char*>(canonical), static_cast<std::size_t>(size));
  xmlFree(canonical);
  xmlFreeDoc(document);
  return result;
}

TEST(SignedInfoTest, IsWrittenByteForByteAsTheStandardsSay) {
  Reference document = Document("lemums.pdf");
  document.id = "r1";
  document.digest = {};
  Reference properties = Properties();
  properties.digest = {};
  const std::string zero = base::Base64Encode(base::Bytes(32));
  EXPECT_EQ(
      SerialiseSignedInfo(SignatureAlgorithm::kEcdsaSha256, std::vector{document, properties}),
      "<ds:SignedInfo xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\">"
      "<ds:CanonicalizationMethod Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\">"
      "</ds:CanonicalizationMethod>"
      "<ds:SignatureMethod Algorithm=\"http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256\">"
      "</ds:SignatureMethod>"
      "<ds:Reference Id=\"r1\" URI=\"lemums.pdf\">"
      "<ds:DigestMethod Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>"
      "<ds:DigestValue>" +
          zero +
          "</ds:DigestValue></ds:Reference>"
          "<ds:Reference Id=\"r2\" Type=\"http://uri.etsi.org/01903#SignedProperties\" "
          "URI=\"#S0-SP\"><ds:Transforms>"
          "<ds:Transform Algorithm=\"http://www.w3.org/2001/10/xml-exc-c14n#\"></ds:Transform>"
          "</ds:Transforms>"
          "<ds:DigestMethod "
          "Algorithm=\"http://www.w3.org/2001/04/xmlenc#sha256\"></ds:DigestMethod>"
          "<ds:DigestValue>" +
          zero + "</ds:DigestValue></ds:Reference></ds:SignedInfo>");
}

TEST(SignedInfoTest, IsItsOwnExclusiveCanonicalForm) {
  const std::vector<Reference> references{Document("mape/l%C4%93mums%20(1).pdf"),
                                          Document("$a!b*c+d,e;f=g@h~.txt"), Properties()};
  ASSERT_EQ(ReasonFor(references), "accepted");
  const std::string xml = SerialiseSignedInfo(SignatureAlgorithm::kRsaSha256, references);
  EXPECT_EQ(ExclusiveC14n(xml), xml);
}

TEST(SignedInfoTest, TakesAThousandReferencesAndNotOneMore) {
  std::vector<Reference> references{Properties()};
  while (references.size() < 1000)
    references.push_back(Document("d" + std::to_string(references.size())));
  EXPECT_EQ(ReasonFor(references), "accepted");
  references.push_back(Document("last"));
  EXPECT_EQ(ReasonFor(references), "seal.malformed");
}

TEST(SignedInfoTest, RefusesNoOrTwoSignedProperties) {
  Reference second = Properties();
  second.id = "r3";
  second.uri = "#S1-SP";
  EXPECT_EQ(ReasonFor({Document("a"), Document("b")}), "seal.malformed");
  EXPECT_EQ(ReasonFor({Document("a"), Properties(), second}), "seal.malformed");
  EXPECT_EQ(ReasonFor({Properties()}), "seal.malformed");
  EXPECT_EQ(ReasonFor({}), "seal.malformed");
}

TEST(SignedInfoTest, RefusesTheSameUriOrIdTwice) {
  EXPECT_EQ(ReasonFor({Document("a"), Document("a"), Properties()}), "seal.malformed");
  Reference twin = Document("a");
  twin.id = "r2";
  EXPECT_EQ(ReasonFor({twin, Properties()}), "seal.malformed");
}

TEST(SignedInfoTest, RefusesSignedPropertiesInAnotherFile) {
  Reference properties = Properties();
  properties.uri = "other.xml";
  EXPECT_EQ(ReasonFor({Document("a"), properties}), "seal.malformed");
}

TEST(SignedInfoTest, LetsASameDocumentReferenceCoverAnObject) {
  const Reference object{"", "#S0-object", ReferenceKind::kObject, {}};
  EXPECT_EQ(ReasonFor({object, Properties()}), "accepted");
}

TEST(SignedInfoTest, EachKindTakesItsOwnUriAlone) {
  struct Row {
    ReferenceKind kind;
    const char* uri;
    const char* other;
  };
  for (const auto& [kind, uri, other] :
       {Row{ReferenceKind::kDocument, "a.txt", "#S0-object"},
        Row{ReferenceKind::kEnveloped, "", "a.txt"}, Row{ReferenceKind::kObject, "#o", "a.txt"},
        Row{ReferenceKind::kCountersigned, "#v", ""}}) {
    EXPECT_EQ(ReasonFor({{"", uri, kind, {}}, Properties()}), "accepted") << NameOf(kind);
    EXPECT_EQ(ReasonFor({{"", other, kind, {}}, Properties()}), "seal.malformed") << NameOf(kind);
  }
}

TEST(SignedInfoTest, EveryKindIsItsOwnExclusiveCanonicalForm) {
  const std::vector<Reference> references{{"a", "", ReferenceKind::kEnveloped, {}},
                                          {"b", "#o", ReferenceKind::kObject, {}},
                                          {"c", "#v", ReferenceKind::kCountersigned, {}},
                                          Properties()};
  const std::string xml = SerialiseSignedInfo(SignatureAlgorithm::kEd25519, references);
  EXPECT_EQ(ExclusiveC14n(xml), xml);
}

class RefusedUriTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RefusedUriTest, IsMalformed) {
  EXPECT_EQ(ReasonFor({Document(GetParam()), Properties()}), "seal.malformed");
}

INSTANTIATE_TEST_SUITE_P(Uris, RefusedUriTest,
                         ::testing::Values("", "#", "#1a", "#a b", "#a:b", "##a", "a\"b", "a'b",
                                           "a\nb", "a\tb", "a b", "a<b", "a>b", "a&b", "a&amp;b",
                                           "http://x.example/a", "file:///etc/passwd", "urn:x",
                                           "a:b", "//host/a", "/etc/passwd", "a//b", "a/", "./a",
                                           "../a", "a/../b", "a/.", "%2e%2e/a", "a%2Fb", "a%5Cb",
                                           "%00", "%0a", "%7F", "%", "%4", "%zz", "a\\b", "a?b",
                                           "a#b", "l\xc4\x93mums.pdf", std::string(1025, 'a'),
                                           std::string("a\0b", 3)));

class RefusedIdTest : public ::testing::TestWithParam<std::string> {};

TEST_P(RefusedIdTest, IsMalformed) {
  Reference document = Document("a");
  document.id = GetParam();
  EXPECT_EQ(ReasonFor({document, Properties()}), "seal.malformed");
}

INSTANTIATE_TEST_SUITE_P(Ids, RefusedIdTest,
                         ::testing::Values("1a", "-a", "a b", "a\"", "a:b", "a>", "a&b", "a\n"));

}  // namespace
}  // namespace hsm
