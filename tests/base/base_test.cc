#include <gtest/gtest.h>

#include "base/aead.h"
#include "base/base64.h"
#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/error_text.h"
#include "base/json.h"
#include "base/random.h"
#include "base/utf8.h"

namespace base {
namespace {

TEST(HexTest, DecodesWhatItEncodes) {
  const Bytes bytes{0x00, 0x7f, 0xff};
  EXPECT_EQ(HexEncode(bytes), "007fff");
  EXPECT_EQ(HexDecode("007fff"), bytes);
}

TEST(HexTest, RefusesOddLengthUpperCaseAndOtherLetters) {
  EXPECT_FALSE(HexDecode("0"));
  EXPECT_FALSE(HexDecode("FF"));
  EXPECT_FALSE(HexDecode("0g"));
}

TEST(Base64Test, GivesTheVectorsOfRfc4648) {
  EXPECT_EQ(Base64Encode(AsBytes("")), "");
  EXPECT_EQ(Base64Encode(AsBytes("f")), "Zg==");
  EXPECT_EQ(Base64Encode(AsBytes("foobar")), "Zm9vYmFy");
  EXPECT_EQ(Base64Decode("Zm9vYg=="), ToBytes("foob"));
}

TEST(Base64Test, RefusesSpaceMissingPaddingAndUnusedBits) {
  EXPECT_FALSE(Base64Decode("Zm9v Zg=="));
  EXPECT_FALSE(Base64Decode("Zg"));
  EXPECT_FALSE(Base64Decode("Zh=="));  // 'f' with an unused bit set.
  EXPECT_FALSE(Base64Decode("Z==="));
  EXPECT_FALSE(Base64Decode("Zm=v"));
}

TEST(Base64UrlTest, IsUnpaddedAndSafeInUrls) {
  EXPECT_EQ(Base64UrlEncode(Bytes{0xfb, 0xff}), "-_8");
  EXPECT_EQ(Base64UrlDecode("-_8"), (Bytes{0xfb, 0xff}));
  EXPECT_FALSE(Base64UrlDecode("+/8"));
  EXPECT_FALSE(Base64UrlDecode("-_8="));
}

TEST(TimeTest, ReadsWhatItWrites) {
  const auto time = ParseTime("2026-11-23T14:54:03Z");
  ASSERT_TRUE(time);
  EXPECT_EQ(FormatTime(*time), "2026-11-23T14:54:03Z");
}

TEST(TimeTest, DropsFractionsAndAppliesOffsets) {
  EXPECT_EQ(ParseTime("2026-11-23T16:54:03.25+02:00"), ParseTime("2026-11-23T14:54:03Z"));
}

TEST(TimeTest, RefusesDatesThatDoNotExistAndLooseForms) {
  EXPECT_FALSE(ParseTime("2026-02-30T00:00:00Z"));
  EXPECT_FALSE(ParseTime("2026-11-23T24:00:00Z"));
  EXPECT_FALSE(ParseTime("2026-11-23 14:54:03Z"));
  EXPECT_FALSE(ParseTime("2026-11-23T14:54:03"));
  EXPECT_FALSE(ParseTime("2026-11-23T14:54:03Zx"));
  EXPECT_FALSE(ParseTime("2026-11-23T14:54:03."));
}

TEST(Sha256Test, GivesTheVectorOfFips180) {
  EXPECT_EQ(HexEncode(Sha256(AsBytes("abc")).bytes),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(Sha256Test, StreamEqualsWhole) {
  Sha256Stream stream;
  stream.Update(AsBytes("a"));
  stream.Update(AsBytes("bc"));
  EXPECT_EQ(std::move(stream).Finish(), Sha256(AsBytes("abc")));
}

class AeadTest : public ::testing::Test {
 protected:
  const Secret key_{Bytes(kAeadKeySize, 7)};
  const Bytes nonce_ = Bytes(kAeadNonceSize, 1);
  const Bytes sealed_ = AeadSeal(key_, nonce_, AsBytes("context"), AsBytes("text"));
};

TEST_F(AeadTest, OpensWhatItSealed) {
  EXPECT_EQ(AeadOpen(key_, nonce_, AsBytes("context"), sealed_).value(), ToBytes("text"));
}

TEST_F(AeadTest, RefusesEveryFlippedBit) {
  for (std::size_t bit = 0; bit < sealed_.size() * 8; ++bit) {
    Bytes flipped = sealed_;
    flipped[bit / 8] ^= static_cast<std::uint8_t>(1U << (bit % 8));
    EXPECT_EQ(AeadOpen(key_, nonce_, AsBytes("context"), flipped).error().code,
              ErrorCode::kCorrupted)
        << "bit " << bit;
  }
}

TEST_F(AeadTest, RefusesAnotherContextKeyOrNonce) {
  EXPECT_FALSE(AeadOpen(key_, nonce_, AsBytes("contexT"), sealed_).ok());
  EXPECT_FALSE(AeadOpen(Secret(Bytes(kAeadKeySize, 8)), nonce_, AsBytes("context"), sealed_).ok());
  EXPECT_FALSE(AeadOpen(key_, Bytes(kAeadNonceSize, 2), AsBytes("context"), sealed_).ok());
  EXPECT_FALSE(AeadOpen(key_, nonce_, AsBytes("context"), Bytes(3)).ok());
}

TEST(DeriveKeyTest, GivesEachUseItsOwnKey) {
  const Secret key{Bytes(kAeadKeySize, 7)};
  const Secret one = DeriveKey(key, "one");
  EXPECT_EQ(one.Reveal().size(), kAeadKeySize);
  EXPECT_TRUE(EqualInConstantTime(one.Reveal(), DeriveKey(key, "one").Reveal()));
  EXPECT_FALSE(EqualInConstantTime(one.Reveal(), DeriveKey(key, "two").Reveal()));
  EXPECT_FALSE(EqualInConstantTime(one.Reveal(), key.Reveal()));
}

TEST(DeriveKeyTest, ExpandsAsRfc5869Does) {
  // RFC 5869, A.1: its PRK and info; the first 32 bytes of its OKM.
  const Secret prk{*HexDecode("077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5")};
  const Bytes info = *HexDecode("f0f1f2f3f4f5f6f7f8f9");
  EXPECT_EQ(HexEncode(DeriveKey(prk, AsText(info)).Reveal()),
            "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf");
}

TEST(JsonTest, AChainOverATemporaryMovesAndCopiesNothing) {
  std::string text(1000, 'x');
  const char* const at = text.data();
  const Json json = Json().Set("a", Json(std::move(text))).Set("b", 1).Set("c", Json().Push(2));
  EXPECT_EQ(json.Find("a")->AsString()->data(), at);
  EXPECT_EQ(json.Dump().substr(1007), R"(,"b":1,"c":[2]})");
}

TEST(JsonTest, KeepsTheOrderOfMembers) {
  const auto json = Json::Parse(R"({"b":1,"a":[true,null,"x"]})");
  ASSERT_TRUE(json.ok());
  EXPECT_EQ(json.value().Dump(), R"({"b":1,"a":[true,null,"x"]})");
  EXPECT_EQ(json.value().Integer("b"), 1);
}

TEST(JsonTest, RefusesDuplicateNames) {
  EXPECT_FALSE(Json::Parse(R"({"a":1,"a":2})").ok());
}

TEST(JsonTest, RefusesMoreValuesThanAnybodyNeeds) {
  std::string text = "[";
  for (int i = 0; i < 1'000'001; ++i) text += "[],";
  EXPECT_FALSE(Json::Parse(text + "[]]").ok());
}

// Quadratic in the number of names, this took an hour.
TEST(JsonTest, ReadsManyNamesOnce) {
  std::string text = "{";
  for (int i = 0; i < 300'000; ++i) text += "\"" + std::to_string(i) + "\":0,";
  EXPECT_TRUE(Json::Parse(text + "\"x\":0}").ok());
  EXPECT_FALSE(Json::Parse(text + "\"7\":0}").ok());
}

TEST(JsonTest, RefusesFractionsAndNumbersTooLarge) {
  EXPECT_FALSE(Json::Parse("1.5").ok());
  EXPECT_FALSE(Json::Parse("1e3").ok());
  EXPECT_FALSE(Json::Parse("9223372036854775808").ok());
  EXPECT_TRUE(Json::Parse("9223372036854775807").ok());
}

TEST(Utf8Test, ABadOctetIsFoundWhereverItStands) {
  const std::string ascii(100, 'a');
  EXPECT_TRUE(IsUtf8(""));
  EXPECT_TRUE(IsUtf8(ascii + "\xC4\x81" + ascii + "\xF0\x9F\x98\x80"));
  for (const char* bad : {"\x80", "\xC0\xAF", "\xED\xA0\x80", "\xFF", "\xC4"})
    for (const std::string& before : {std::string(), ascii, ascii + "\xC4\x81"}) {
      EXPECT_FALSE(IsUtf8(before + bad)) << before.size();
      EXPECT_FALSE(IsUtf8(before + bad + ascii)) << before.size();
    }
}

// The library writes what is indented; a text alone has nothing to indent.
TEST(JsonTest, WritesTextAsTheLibraryDoes) {
  for (int octet = 0; octet < 256; ++octet) {
    const Json text("a" + std::string(1, static_cast<char>(octet)) + "\xC4\x81\"\\/");
    EXPECT_EQ(text.Dump(), text.DumpIndented()) << octet;
  }
  for (const Json& empty :
       {Json(), Json(Json::Array{}), Json(Json::Object{}), Json(false), Json("")})
    EXPECT_EQ(empty.Dump(), empty.DumpIndented());
  EXPECT_EQ(Json().Set("a", Json::Array{1, -2}).Set("b\n", nullptr).Dump(),
            R"({"a":[1,-2],"b\n":null})");
}

TEST(JsonTest, RefusesAMemberTwiceHoweverManyThereAre) {
  for (const int members : {2, 12, 13, 200}) {
    std::string text = "{";
    for (int i = 1; i < members; ++i) text += "\"" + std::to_string(i) + "\":{\"1\":1},";
    EXPECT_TRUE(Json::Parse(text + "\"0\":1}").ok()) << members;
    EXPECT_FALSE(Json::Parse(text + "\"1\":1}").ok()) << members;
    EXPECT_FALSE(Json::Parse("[" + text + "\"1\":1}]").ok()) << members;
  }
}

TEST(JsonTest, RefusesDepthTrailingBytesAndBadUtf8) {
  EXPECT_FALSE(Json::Parse(std::string(33, '[') + std::string(33, ']')).ok());
  EXPECT_TRUE(Json::Parse(std::string(32, '[') + std::string(32, ']')).ok());
  EXPECT_FALSE(Json::Parse("{} x").ok());
  EXPECT_FALSE(Json::Parse("\"\xff\"").ok());
  EXPECT_FALSE(Json::Parse("").ok());
}

TEST(JsonTest, WritesInvalidUtf8AsReplacementCharacters) {
  EXPECT_EQ(Json(std::string("a\xff")).Dump(), "\"a\xef\xbf\xbd\"");
}

TEST(ErrorJsonTest, ComesBackAsItWent) {
  const Error error{ErrorCode::kUnavailable, "channel.timeout", "late"};
  const Error again = ErrorFromJson(ErrorToJson(error));
  EXPECT_EQ(again.code, error.code);
  EXPECT_EQ(again.reason, error.reason);
  EXPECT_EQ(again.message, error.message);
}

TEST(ErrorJsonTest, AStrangeAnswerIsOurBug) {
  EXPECT_EQ(ErrorFromJson(Json("x")).code, ErrorCode::kInternal);
}

TEST(ErrorTextTest, EveryReasonHasBothLanguages) {
  for (const ErrorText& text : ErrorTexts()) {
    EXPECT_FALSE(text.lv.empty()) << text.reason;
    EXPECT_FALSE(text.en.empty()) << text.reason;
    EXPECT_NE(text.lv, text.en) << text.reason;
  }
}

TEST(RandomTest, DoesNotRepeat) {
  EXPECT_NE(RandomBytes(16), RandomBytes(16));
}

}  // namespace
}  // namespace base
