#include "signing/member_name.h"

#include <gtest/gtest.h>

#include "base/utf8.h"

namespace signing {
namespace {

TEST(MemberNameTest, L3_AUriIsPercentDecodedOnce) {
  EXPECT_EQ(MemberNameOfUri("l%C4%93mums.txt"), "l\xC4\x93mums.txt");
  EXPECT_EQ(MemberNameOfUri("a%2525.txt"), "a%25.txt");
}

TEST(MemberNameTest, L3_APlusStaysAPlus) {
  EXPECT_EQ(MemberNameOfUri("a+b.txt"), "a+b.txt");
}

TEST(MemberNameTest, OneLeadingSlashMeansTheRoot) {
  EXPECT_EQ(MemberNameOfUri("/a.txt"), "a.txt");
  EXPECT_EQ(MemberNameOfUri("//host/a.txt"), std::nullopt);
}

TEST(MemberNameTest, NothingOutsideTheContainerHasAName) {
  EXPECT_EQ(MemberNameOfUri("file:///etc/hostname"), std::nullopt);
  EXPECT_EQ(MemberNameOfUri("http://127.0.0.1/x"), std::nullopt);
  EXPECT_EQ(MemberNameOfUri("../a"), std::nullopt);
  EXPECT_EQ(MemberNameOfUri("%2E%2E/a"), std::nullopt);
  EXPECT_EQ(MemberNameOfUri("a?b"), std::nullopt);
}

TEST(MemberNameTest, L3_BrokenPercentEncodingHasNoName) {
  EXPECT_EQ(MemberNameOfUri("a%2"), std::nullopt);
  EXPECT_EQ(MemberNameOfUri("a%GG"), std::nullopt);
}

TEST(MemberNameTest, PrintableTextCannotSteerATerminal) {
  EXPECT_EQ(PrintableText("a\x1B[2Jb"), "a [2Jb");
  EXPECT_EQ(PrintableText("a\xE2\x80\xAEtxt"), "a txt");  // Right-to-left override.
  EXPECT_EQ(PrintableText("\xC4\x93\xFF"), "\xC4\x93\xEF\xBF\xBD");
}

TEST(MemberNameTest, Utf8IsStrict) {
  EXPECT_TRUE(base::IsUtf8("\xF0\x9F\x98\x80"));
  EXPECT_FALSE(base::IsUtf8("\xC0\xAF"));
  EXPECT_FALSE(base::IsUtf8("\xED\xA0\x80"));
  EXPECT_FALSE(base::IsUtf8("\xF4\x90\x80\x80"));
}

}  // namespace
}  // namespace signing
