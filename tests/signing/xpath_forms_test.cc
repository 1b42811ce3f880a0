#include "signing/xpath_forms.h"

#include <gtest/gtest.h>

#include "signing/xml_names.h"

namespace signing {
namespace {

constexpr std::string_view kXPath = "http://www.w3.org/TR/1999/REC-xpath-19991116";
constexpr std::string_view kFilter2 = "http://www.w3.org/2002/06/xmldsig-filter2";

std::optional<XPathForm> Recognize(std::string_view algorithm, const std::string& inside) {
  const std::string xml =
      "<d:Transform xmlns:d=\"http://www.w3.org/2000/09/xmldsig#\" "
      "xmlns:e=\"urn:evil\" xmlns:x=\"http://uri.etsi.org/01903/v1.1.1#\" "
      "xmlns:f=\"http://www.w3.org/2002/06/xmldsig-filter2\" Algorithm=\"" +
      std::string(algorithm) + "\">" + inside + "</d:Transform>";
  const auto document = XmlDocument::Parse(base::AsBytes(xml));
  EXPECT_TRUE(document.ok()) << xml;
  return document.ok() ? RecognizeXPath(document.value().root()) : std::nullopt;
}

std::optional<XPathForm> XPath1(const std::string& text) {
  return Recognize(kXPath, "<d:XPath>" + text + "</d:XPath>");
}

std::optional<XPathForm> Filter2(const std::string& filter, const std::string& text) {
  return Recognize(kFilter2, "<f:XPath Filter=\"" + filter + "\">" + text + "</f:XPath>");
}

TEST(XPathFormsTest, KnowsThePhrasesOfSigners) {
  using Kind = XPathForm::Kind;
  EXPECT_EQ(XPath1(" not(ancestor-or-self::d:Signature) ")->kind, Kind::kWithoutSignatures);
  EXPECT_EQ(XPath1("ancestor-or-self::d:SignatureValue[@Id='v']")->id, "v");
  EXPECT_EQ(Filter2("subtract", "/descendant::d:Signature")->kind, Kind::kWithoutSignatures);
  EXPECT_EQ(Filter2("subtract", "/*/d:Signature")->kind, Kind::kWithoutRootSignatures);
  EXPECT_EQ(Filter2("intersect", "id('data')/node()")->kind, Kind::kChildrenOf);
  EXPECT_EQ(Filter2("intersect", "id('o')/x:QualifyingProperties/x:SignedProperties")->kind,
            Kind::kSignedPropertiesOf);
}

class UnknownXPathTest : public testing::TestWithParam<const char*> {};

TEST_P(UnknownXPathTest, IsNotRecognized) {
  EXPECT_FALSE(XPath1(GetParam()));
  EXPECT_FALSE(Filter2("subtract", GetParam()));
  EXPECT_FALSE(Filter2("intersect", GetParam()));
}

INSTANTIATE_TEST_SUITE_P(
    Texts, UnknownXPathTest,
    testing::Values("", "true()", "not(ancestor-or-self::e:Signature)",
                    "not(ancestor-or-self::Signature)", "not(ancestor-or-self::z:Signature)",
                    "not(ancestor-or-self::d:Signature) or true()",
                    "not(ancestor-or-self::d:Signature | //x)", "count(//*) &gt; 0",
                    "ancestor-or-self::e:SignatureValue[@Id='v']", "id('a')/node()/node()",
                    "id('o')/x:QualifyingProperties/d:SignedProperties",
                    "id('o')/e:QualifyingProperties/e:SignedProperties"));

TEST(XPathFormsTest, TheFilterMustFitThePhrase) {
  EXPECT_FALSE(Filter2("union", "/descendant::d:Signature"));
  EXPECT_FALSE(Filter2("intersect", "/descendant::d:Signature"));
  EXPECT_FALSE(Filter2("subtract", "id('data')/node()"));
}

TEST(XPathFormsTest, TwoFiltersAreNotRecognized) {
  EXPECT_FALSE(Recognize(kFilter2,
                         "<f:XPath Filter=\"subtract\">/descendant::d:Signature</f:XPath>"
                         "<f:XPath Filter=\"intersect\">id('a')/node()</f:XPath>"));
}

}  // namespace
}  // namespace signing
