#include "signing/xml_gate.h"

#include <gtest/gtest.h>

#include <map>
#include <string>
#include <thread>
#include <vector>

#include "signing/xerces_reader.h"
#include "signing/xml_document.h"

namespace signing {
namespace {

std::string ReasonOf(std::string_view xml, const XmlLimits& limits = {}) {
  const auto status = CheckXml(base::AsBytes(xml), limits);
  return status.ok() ? "ok" : status.error().reason;
}

std::string Repeat(std::string_view text, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += text;
  return out;
}

TEST(XmlGateTest, PassesAnOrdinaryDocument) {
  EXPECT_EQ(ReasonOf("<?xml version='1.0' encoding='UTF-8'?><!-- c --><a xmlns='urn:a' b='1'>"
                     "t<![CDATA[<u>]]>&amp;&#233;<?pi x?><c/></a>"),
            "ok");
}

// A thread keeps its reader: nothing that one document declares or breaks is there in the next.
TEST(XmlGateTest, ADocumentIsReadAsIfItWereTheFirst) {
  const std::vector<std::string> documents{
      "<a/>",
      "<p:a xmlns:p='urn:p' xml:lang='lv' Id='x'>t<p:b/></p:a>",
      "<p:a/>",                                         // Its prefix is another document's.
      "<a xmlns='urn:d'><b xmlns:q='urn:q' q:c='1'/>",  // Never closed.
      "<a><b/></c>",
      "<!DOCTYPE a [<!ENTITY e 'text'>]><a>&e;</a>",
      "<a>&e;</a>",
      "<?xml version='1.0' standalone='yes'?><a xml:space='preserve'> <!-- c --> </a>",
      "<a b='1' b='2'/>",
      "<a>\xC4\x81\xF0\x9F\x98\x80</a>",
  };
  const auto outcome = [](const std::string& document) {
    const auto tree = XmlDocument::Parse(base::AsBytes(document));
    const xmlDoc nothing{};
    const auto status =
        CompareWithXerces(base::AsBytes(document), tree.ok() ? tree.value().doc() : &nothing);
    return status.ok() ? "ok" : status.error().reason;
  };
  std::map<std::string, std::string> alone;
  for (const std::string& document : documents)
    std::thread([&] { alone[document] = outcome(document); }).join();  // With a reader of its own.
  EXPECT_EQ(alone["<a/>"], "ok");
  EXPECT_EQ(alone["<p:a/>"], "xml.malformed");
  EXPECT_EQ(alone["<a>&e;</a>"], "xml.malformed");
  for (const std::string& before : documents) {
    for (const std::string& document : documents) {
      static_cast<void>(outcome(before));
      EXPECT_EQ(outcome(document), alone[document]) << before << " then " << document;
    }
  }
}

// What the other parser tells of each document is nothing but that document's tree.
TEST(XmlGateTest, T25_EveryTreeIsThatOfItsOwnDocument) {
  const std::vector<std::string> documents{
      "<a/>",
      "<a b='1'/>",
      "<a b='2'/>",
      "<a b='1' c='1'/>",
      "<a xmlns='urn:a' b='1'/>",
      "<p:a xmlns:p='urn:a' b='1'/>",
      "<p:a xmlns:p='urn:a' p:b='1'/>",
      "<a>t</a>",
      "<a>t<!--c--></a>",
      "<a>t<!--d--></a>",
      "<a>t<?c?></a>",
      "<a>t<?c d?></a>",
      "<a>t<b/></a>",
      "<a><b/>t</a>",
      "<a/><!--c-->",
      "<!--c--><a/>",
      "<a/><?c?>",
      "<a>\xC4\x81\xF0\x9F\x98\x80</a>",
      "<a>\xC4\x81\xF0\x9F\x98\x81</a>",
  };
  for (const std::string& told : documents) {
    for (const std::string& document : documents) {
      const auto tree = XmlDocument::Parse(base::AsBytes(document));
      ASSERT_TRUE(tree.ok()) << document;
      const auto status = CompareWithXerces(base::AsBytes(told), tree.value().doc());
      EXPECT_EQ(status.ok() ? "ok" : status.error().reason,
                told == document ? "ok" : "xml.parsers-disagree")
          << told << " and " << document;
    }
  }
}

// Both parsers keep the order of attributes, whatever stands between them.
TEST(XmlGateTest, DeclarationsBetweenAttributesDoNotMatter) {
  EXPECT_EQ(ReasonOf("<a z='1' xmlns:p='urn:p' y='2' p:x='3' xmlns='urn:a' xml:lang='lv' Id='4'/>"),
            "ok");
}

TEST(XmlGateTest, TextsLongerThanAnyBufferPass) {
  for (const std::string piece : {"a", "\xC4\x81", "\xF0\x9F\x98\x80", "a\xF0\x9F\x98\x80"})
    EXPECT_EQ(ReasonOf("<a b='" + Repeat(piece, 70'001) + "'>" + Repeat(piece, 70'001) + "<!--" +
                       Repeat(piece, 70'001) + "--></a>"),
              "ok")
        << piece;
}

TEST(XmlGateTest, PassesAByteOrderMark) {
  EXPECT_EQ(ReasonOf("\xEF\xBB\xBF<a/>"), "ok");
}

TEST(XmlGateTest, ReadsLatin1) {
  EXPECT_EQ(ReasonOf("<?xml version='1.0' encoding='ISO-8859-1'?><a>\xE9</a>"), "ok");
}

TEST(XmlGateTest, ReadsOtherEncodingsWhileTheyAreAscii) {
  EXPECT_EQ(ReasonOf("<?xml version='1.0' encoding='ISO-8859-2'?><a>e</a>"), "ok");
  EXPECT_EQ(ReasonOf("<?xml version='1.0' encoding='ISO-8859-2'?><a>\xE9</a>"), "xml.encoding");
}

class RefusedXmlTest
    : public testing::TestWithParam<std::pair<std::string_view, std::string_view>> {};

TEST_P(RefusedXmlTest, T10_IsRefusedByName) {
  EXPECT_EQ(ReasonOf(GetParam().first), GetParam().second) << GetParam().first;
}

INSTANTIATE_TEST_SUITE_P(
    Documents, RefusedXmlTest,
    testing::Values(
        std::pair{"<!DOCTYPE a><a/>", "xml.doctype"},
        std::pair{"<a><!ENTITY x 'y'></a>", "xml.doctype"},
        std::pair{"<?xml version='1.1'?><a/>", "xml.malformed"},
        std::pair{"<?xml version='1.0' encoding='UTF-16'?><a/>", "xml.encoding"},
        std::pair{"<?xml version='1.0' encoding='UTF-7'?><a/>", "xml.encoding"},
        std::pair{"<a>\xC0\xAF</a>", "xml.encoding"}, std::pair{"<a/><b/>", "xml.malformed"},
        std::pair{"<a/>text", "xml.malformed"}, std::pair{"<p:a/>", "xml.malformed"},
        std::pair{"<a p:b='1'/>", "xml.malformed"},
        std::pair{"<a xmlns:p='urn:x' xmlns:q='urn:x' p:b='1' q:b='2'/>", "xml.malformed"},
        std::pair{"<a xmlns='relative'/>", "xml.malformed"},
        std::pair{"<a xmlns='/u:r'/>", "xml.malformed"},
        std::pair{"<a xmlns:p=''/>", "xml.malformed"}, std::pair{"<a>&#0;</a>", "xml.malformed"},
        std::pair{"<a>]]></a>", "xml.malformed"}, std::pair{"<a", "xml.malformed"},
        std::pair{"</a>", "xml.malformed"}, std::pair{"", "xml.malformed"}));

TEST(XmlGateTest, LimitsDepth) {
  EXPECT_EQ(ReasonOf(Repeat("<a>", 200) + Repeat("</a>", 200)), "ok");
  EXPECT_EQ(ReasonOf(Repeat("<a>", 201) + Repeat("</a>", 201)), "xml.too-deep");
}

TEST(XmlGateTest, LimitsNamespacesInScope) {
  std::string declarations;
  for (int i = 0; i < 64; ++i) declarations += " xmlns:n" + std::to_string(i) + "='urn:x'";
  EXPECT_EQ(ReasonOf("<a" + declarations + "><b/></a>"), "ok");
  EXPECT_EQ(ReasonOf("<a" + declarations + "><b xmlns='urn:y'/></a>"), "xml.too-many-namespaces");
}

TEST(XmlGateTest, NamespacesOfAClosedElementAreOutOfScope) {
  EXPECT_EQ(ReasonOf("<a>" + Repeat("<b xmlns:p='urn:x'/><c xmlns:p='urn:x'></c>", 100) + "</a>"),
            "ok");
}

TEST(XmlGateTest, MarkupInsideCommentsAndCdataDoesNotCount) {
  EXPECT_EQ(
      ReasonOf("<a><!--" + Repeat("<b>", 300) + "--><![CDATA[" + Repeat("<b>", 300) + "]]></a>"),
      "ok");
}

TEST(XmlGateTest, LimitsAttributes) {
  std::string attributes;
  for (int i = 0; i < 257; ++i) attributes += " a" + std::to_string(i) + "='>'";
  EXPECT_EQ(ReasonOf("<a" + attributes + "/>"), "xml.too-many-attributes");
}

TEST(XmlGateTest, LimitsSize) {
  EXPECT_EQ(ReasonOf("<a>12345</a>", {.size = 12}), "ok");
  EXPECT_EQ(ReasonOf("<a>123456</a>", {.size = 12}), "xml.too-large");
}

// Found by the scan, so that no parser has read all that is before it.
TEST(XmlGateTest, BrokenStructureIsMalformed) {
  EXPECT_EQ(ReasonOf("<a><b></a></b>"), "xml.malformed");
  EXPECT_EQ(ReasonOf("<a><ab></a></ab>"), "xml.malformed");
  EXPECT_EQ(ReasonOf("<a><b></b>"), "xml.malformed");
  EXPECT_EQ(ReasonOf("<a></a"), "xml.malformed");
  EXPECT_EQ(ReasonOf("<a/>text"), "xml.malformed");
  EXPECT_EQ(ReasonOf("<a>&unknown;</a>"), "xml.malformed");
  EXPECT_EQ(ReasonOf("<a>&</a>"), "xml.malformed");
  EXPECT_EQ(ReasonOf("<a>&amp</a>"), "xml.malformed");
}

TEST(XmlGateTest, SoundStructureStaysSound) {
  EXPECT_EQ(ReasonOf("<?xml version=\"1.0\"?>\n<a b='x>y'><c ></c\n></a >\n<!-- end -->\n"), "ok");
  EXPECT_EQ(ReasonOf("<a>&amp;&lt;&gt;&apos;&quot;&#65;&#x000000000000041;</a>"), "ok");
  EXPECT_EQ(ReasonOf("<a><![CDATA[</b>&x]]></a>"), "ok");
}

}  // namespace
}  // namespace signing
