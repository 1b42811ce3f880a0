#include "signing/xml_splice.h"

#include <gtest/gtest.h>

namespace signing {
namespace {

// The text with "!" put last into the element of that Id.
std::string Put(const std::string& xml, std::string_view id) {
  const XmlDocument document = XmlDocument::Parse(base::AsBytes(xml)).value();
  const auto found = FindElementText(xml, document, document.FindById(id).at(0));
  return found ? InsertAtEnd(xml, *found, "!") : "not found";
}

TEST(XmlSpliceTest, PutsTextBeforeTheEndTag) {
  EXPECT_EQ(Put("<a><b Id='x'>1</b><b/></a>", "x"), "<a><b Id='x'>1!</b><b/></a>");
  EXPECT_EQ(Put("<a Id='x'><b/><b>2</b></a>", "x"), "<a Id='x'><b/><b>2</b>!</a>");
}

TEST(XmlSpliceTest, OpensAnEmptyElementTag) {
  EXPECT_EQ(Put("<a><p:b xmlns:p='urn:u' Id='x' /></a>", "x"),
            "<a><p:b xmlns:p='urn:u' Id='x' >!</p:b></a>");
}

TEST(XmlSpliceTest, IsNotLedAstrayByWhatLooksLikeTags) {
  const std::string xml =
      "<?pi <b> ?><a t='>' u=\"'>\"><!-- </a><b> --><![CDATA[<b></a>]]><?x </a>?>"
      "<b Id='x'><b>1</b><!-- </b> --></b></a>";
  EXPECT_EQ(Put(xml, "x"),
            "<?pi <b> ?><a t='>' u=\"'>\"><!-- </a><b> --><![CDATA[<b></a>]]><?x </a>?>"
            "<b Id='x'><b>1</b><!-- </b> -->!</b></a>");
}

TEST(XmlSpliceTest, TextOfAnotherDocumentIsNotGuessedAt) {
  const XmlDocument document = XmlDocument::Parse(base::AsBytes("<a><b Id='x'/></a>")).value();
  const xmlNode* element = document.FindById("x").at(0);
  EXPECT_EQ(FindElementText("<a>", document, element), std::nullopt);
  EXPECT_EQ(FindElementText("<a><b", document, element), std::nullopt);
  EXPECT_EQ(FindElementText("<a><!-- <b/>", document, element), std::nullopt);
}

}  // namespace
}  // namespace signing
