#include "signing/tree_follower.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "signing/xml_document.h"

namespace signing {
namespace {

using Tell = std::function<void(TreeFollower&)>;

bool Agrees(std::string_view xml, const Tell& tell) {
  const auto document = XmlDocument::Parse(base::AsBytes(xml));
  EXPECT_TRUE(document.ok()) << xml;
  TreeFollower follower(document.value().doc());
  tell(follower);
  return follower.SawAll();
}

// Around what is told of the inside of <r>.
bool AgreesInside(const std::string& inside, const Tell& tell) {
  return Agrees("<r>" + inside + "</r>", [&](TreeFollower& told) {
    told.Start(u"", u"r");
    tell(told);
    told.End();
  });
}

bool AgreesOnText(const std::string& text, const std::vector<std::u16string_view>& pieces) {
  return AgreesInside(text, [&](TreeFollower& told) {
    for (const std::u16string_view piece : pieces) told.Text(piece);
  });
}

struct Told {
  std::u16string_view space = u"u:s";
  std::u16string_view name = u"p:e";
  std::u16string_view attribute_space = u"u:t";
  std::u16string_view attribute = u"b";
  std::u16string_view value = u"<2";
};

bool AgreesOnElement(const Told& what) {
  return Agrees("<p:e xmlns:p='u:s' xmlns:q='u:t' a='1' q:b='&lt;2'/>", [&](TreeFollower& told) {
    told.Start(what.space, what.name);
    told.Attribute(u"", u"a", u"1");
    told.Attribute(what.attribute_space, what.attribute, what.value);
    told.End();
  });
}

TEST(TreeFollowerTest, T25_FollowsEveryKindOfNode) {
  EXPECT_TRUE(Agrees("<!--c--><r a='1'>t<![CDATA[<]]>&amp;<e/><?p x?></r><?q?><!---->",
                     [](TreeFollower& told) {
                       told.Comment(u"c");
                       told.Start(u"", u"r");
                       told.Attribute(u"", u"a", u"1");
                       told.Text(u"t<&");
                       told.Start(u"", u"e");
                       told.End();
                       told.Instruction(u"p", u"x");
                       told.End();
                       told.Instruction(u"q", u"");
                       told.Comment(u"");
                     }));
}

TEST(TreeFollowerTest, T25_HowATextIsCutMakesNoDifference) {
  EXPECT_TRUE(AgreesOnText("a<![CDATA[b]]><![CDATA[]]>c", {u"abc"}));
  EXPECT_TRUE(AgreesOnText("a<![CDATA[b]]><![CDATA[]]>c", {u"", u"ab", u"", u"c"}));
  EXPECT_TRUE(AgreesOnText("", {u""}));
  EXPECT_TRUE(AgreesOnText("<![CDATA[]]>", {}));
}

TEST(TreeFollowerTest, ReadsAllOfUnicode) {
  EXPECT_TRUE(AgreesOnText("\xC4\x81\xE2\x82\xAC\xF0\x9F\x98\x80z", {u"\u0101\u20AC\U0001F600z"}));
  EXPECT_TRUE(AgreesOnText("\xF0\x9F\x98\x80", {u"\xD83D", u"\xDE00"}));  // Cut within a pair.
  EXPECT_FALSE(AgreesOnText("\xF0\x9F\x98\x80", {u"\xD83D"}));
  EXPECT_FALSE(AgreesOnText("\xF0\x9F\x98\x80", {u"\xD83D\xDE01"}));
  EXPECT_FALSE(AgreesOnText("\xF0\x9F\x98\x80", {u"\xD83E\xDE00"}));
  EXPECT_FALSE(AgreesOnText("\xC3\xA9", {u"\u00C3\u00A9"}));  // Octets are no characters.
}

TEST(TreeFollowerTest, T25_OneUnitOfALongTextMakesADifference) {
  const std::u16string told = u"0123456789abcdef0123456789abcdef\u00E9";
  const std::string xml = "0123456789abcdef0123456789abcdef\xC3\xA9";
  EXPECT_TRUE(AgreesOnText(xml, {told}));
  for (std::size_t at = 0; at < told.size(); ++at) {
    std::u16string other = told;
    other[at] = static_cast<char16_t>(other[at] ^ 0x100U);
    EXPECT_FALSE(AgreesOnText(xml, {other})) << at;
  }
  // Sixteen octets that are the units told, and other characters.
  std::string octets;
  for (int i = 0; i < 8; ++i) octets += "\xC3\xA9";
  EXPECT_FALSE(AgreesOnText(octets, {u"\u00C3\u00A9\u00C3\u00A9\u00C3\u00A9\u00C3\u00A9\u00C3"
                                     u"\u00A9\u00C3\u00A9\u00C3\u00A9\u00C3\u00A9"}));
}

TEST(TreeFollowerTest, T25_EveryPartOfAnElementMakesADifference) {
  EXPECT_TRUE(AgreesOnElement({}));
  EXPECT_FALSE(AgreesOnElement({.space = u"u:x"}));
  EXPECT_FALSE(AgreesOnElement({.name = u"q:e"}));
  EXPECT_FALSE(AgreesOnElement({.name = u"e"}));
  EXPECT_FALSE(AgreesOnElement({.name = u"p:ee"}));
  EXPECT_FALSE(AgreesOnElement({.attribute_space = u"u:s"}));
  EXPECT_FALSE(AgreesOnElement({.attribute = u"c"}));
  EXPECT_FALSE(AgreesOnElement({.value = u"<"}));
  EXPECT_FALSE(AgreesOnElement({.value = u"<2 "}));
}

TEST(TreeFollowerTest, T25_AttributesAreOneForOne) {
  const auto agrees = [](const std::vector<std::u16string_view>& names) {
    return Agrees("<e a='1' b='1'/>", [&](TreeFollower& told) {
      told.Start(u"", u"e");
      for (const std::u16string_view name : names) told.Attribute(u"", name, u"1");
      told.End();
    });
  };
  EXPECT_TRUE(agrees({u"a", u"b"}));
  EXPECT_FALSE(agrees({u"a"}));
  EXPECT_FALSE(agrees({u"b"}));
  EXPECT_FALSE(agrees({u"a", u"a"}));
  EXPECT_FALSE(agrees({u"b", u"a"}));
  EXPECT_FALSE(agrees({u"a", u"b", u"b"}));
  EXPECT_FALSE(agrees({}));
}

TEST(TreeFollowerTest, AnUntoldAttributeIsNotForgottenInTheContent) {
  EXPECT_FALSE(Agrees("<r a='1'>t</r>", [](TreeFollower& told) {
    told.Start(u"", u"r");
    told.Text(u"t");
    told.End();
  }));
  EXPECT_FALSE(Agrees("<r a='1'><e/></r>", [](TreeFollower& told) {
    told.Start(u"", u"r");
    told.Start(u"", u"e");
    told.End();
    told.End();
  }));
}

TEST(TreeFollowerTest, T25_TextIsNoCommentAndNoInstruction) {
  EXPECT_FALSE(AgreesInside("x", [](TreeFollower& told) { told.Comment(u"x"); }));
  EXPECT_FALSE(AgreesInside("x", [](TreeFollower& told) { told.Instruction(u"x", u""); }));
  EXPECT_FALSE(AgreesInside("<!--x-->", [](TreeFollower& told) { told.Text(u"x"); }));
  EXPECT_FALSE(AgreesInside("<?x?>", [](TreeFollower& told) { told.Comment(u"x"); }));
  EXPECT_FALSE(AgreesInside("<x/>", [](TreeFollower& told) { told.Text(u"x"); }));
}

TEST(TreeFollowerTest, T25_OtherCommentsAndInstructionsMakeADifference) {
  EXPECT_FALSE(AgreesInside("<!--x-->", [](TreeFollower& told) { told.Comment(u"y"); }));
  EXPECT_FALSE(AgreesInside("<!--x-->", [](TreeFollower& told) { told.Comment(u""); }));
  EXPECT_TRUE(AgreesInside("<?x y?>", [](TreeFollower& told) { told.Instruction(u"x", u"y"); }));
  EXPECT_FALSE(AgreesInside("<?x y?>", [](TreeFollower& told) { told.Instruction(u"x", u"z"); }));
  EXPECT_FALSE(AgreesInside("<?x y?>", [](TreeFollower& told) { told.Instruction(u"z", u"y"); }));
}

TEST(TreeFollowerTest, ACommentCutsAText) {
  const auto told = [](std::u16string_view before, std::u16string_view behind) {
    return AgreesInside("a<!---->b", [&](TreeFollower& follower) {
      follower.Text(before);
      follower.Comment(u"");
      follower.Text(behind);
    });
  };
  EXPECT_TRUE(told(u"a", u"b"));
  EXPECT_FALSE(told(u"ab", u""));
  EXPECT_FALSE(told(u"", u"ab"));
}

TEST(TreeFollowerTest, T25_WhatIsMissingOrTooMuchMakesADifference) {
  const Tell both_ends = [](TreeFollower& told) {
    told.Start(u"", u"r");
    told.Start(u"", u"e");
    told.End();
    told.End();
  };
  EXPECT_TRUE(Agrees("<r><e/></r>", both_ends));
  EXPECT_FALSE(Agrees("<r><e/></r><!-- behind -->", both_ends));
  EXPECT_FALSE(Agrees("<?before?><r><e/></r>", both_ends));
  EXPECT_FALSE(Agrees("<r><e/>t</r>", both_ends));
  EXPECT_FALSE(Agrees("<r><e/><e/></r>", both_ends));
  EXPECT_FALSE(Agrees("<r><e><e/></e></r>", both_ends));
  EXPECT_FALSE(Agrees("<r/>", both_ends));
  EXPECT_FALSE(Agrees("<r/>", [](TreeFollower&) {}));
  EXPECT_FALSE(Agrees("<r/>", [](TreeFollower& told) { told.Start(u"", u"r"); }));  // No end.
  EXPECT_FALSE(Agrees("<r/>", [](TreeFollower& told) {
    told.Start(u"", u"r");
    told.End();
    told.End();
  }));
}

TEST(TreeFollowerTest, T25_WhatDifferedOnceStaysDifferent) {
  EXPECT_FALSE(AgreesInside("<e/>", [](TreeFollower& told) {
    told.Start(u"", u"x");
    told.Start(u"", u"e");
    told.End();
  }));
  EXPECT_FALSE(AgreesInside("t", [](TreeFollower& told) {
    told.Text(u"x");
    told.Text(u"t");
  }));
}

}  // namespace
}  // namespace signing
