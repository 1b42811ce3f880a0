#include "vault/signed_note.h"

#include <gtest/gtest.h>

#include "base/utf8.h"
#include "tests/fakes/note_signer.h"
#include "vault/unicode_space.h"

namespace vault {
namespace {

const tests::NoteSigner& Signer() {
  static const tests::NoteSigner signer("log.example");
  return signer;
}
VerifierKey Key() {
  return *ParseVerifierKey(Signer().VerifierKey());
}

TEST(SignedNoteTest, VerifiesATextWithEmptyLines) {
  const auto note = ParseSignedNote(Signer().Note("one\n\ntwo\n"));
  ASSERT_TRUE(note);
  EXPECT_EQ(note->text, "one\n\ntwo\n");
  EXPECT_EQ(CheckNote(*note, Key()), NoteCheck::kVerified);
}

TEST(SignedNoteTest, IgnoresSignaturesOfOthersAndSaysWhenOursIsMissing) {
  const tests::NoteSigner other("other.example");
  const auto note = ParseSignedNote(other.Note("text\n"));
  ASSERT_TRUE(note);
  EXPECT_EQ(CheckNote(*note, Key()), NoteCheck::kNotSigned);
}

TEST(SignedNoteTest, SaysWhenOurSignatureIsOfAnotherText) {
  const auto note = ParseSignedNote("text\n\n" + Signer().SignatureLine("other\n"));
  ASSERT_TRUE(note);
  EXPECT_EQ(CheckNote(*note, Key()), NoteCheck::kBadSignature);
}

TEST(SignedNoteTest, TakesSixteenSignaturesAndRefusesHundreds) {
  std::string note = "text\n\n";
  for (int i = 0; i < 16; ++i) note += Signer().SignatureLine("text\n");
  EXPECT_TRUE(ParseSignedNote(note));
  for (int i = 0; i < 100; ++i) note += Signer().SignatureLine("text\n");
  EXPECT_FALSE(ParseSignedNote(note));
}

TEST(SignedNoteTest, RefusesWhatIsNoSignedNote) {
  const std::string line = Signer().SignatureLine("text\n");
  EXPECT_TRUE(ParseSignedNote("text\n\n" + line));
  EXPECT_FALSE(ParseSignedNote(""));
  EXPECT_FALSE(ParseSignedNote("text\n"));
  EXPECT_FALSE(ParseSignedNote("text\n\n"));
  EXPECT_FALSE(ParseSignedNote("text\n" + line));
  EXPECT_FALSE(ParseSignedNote("te\txt\n\n" + line));
  EXPECT_FALSE(ParseSignedNote("te\xFFxt\n\n" + line));
  EXPECT_FALSE(ParseSignedNote("text\n\n" + line.substr(0, line.size() - 1)));
  EXPECT_FALSE(ParseSignedNote("text\n\n" + line + "more\n"));
  EXPECT_FALSE(ParseSignedNote("text\n\n\xE2\x80\x94 na+me AAAAAAAA\n"));
  EXPECT_FALSE(ParseSignedNote("text\n\n\xE2\x80\x94 na\xC2\xA0me AAAAAAAA\n"));
  EXPECT_FALSE(ParseSignedNote("text\n\n\xE2\x80\x94 name AAAAAA==\n")) << "a key id alone";
}

TEST(VerifierKeyTest, RefusesAKeyIdOfAnotherKey) {
  std::string text = Signer().VerifierKey();
  const std::size_t id = std::string_view("log.example+").size();
  text[id] = text[id] == '0' ? '1' : '0';
  EXPECT_FALSE(ParseVerifierKey(text));
}

TEST(VerifierKeyTest, RefusesTheKeyOfAnotherName) {
  EXPECT_TRUE(ParseVerifierKey(Signer().VerifierKey()));
  EXPECT_FALSE(ParseVerifierKey("x" + Signer().VerifierKey()));
  EXPECT_FALSE(ParseVerifierKey(Signer().VerifierKey().substr(11)));
}

TEST(CheckpointTest, ReadsItsThreeLinesAndExtensions) {
  const std::string root = base::Base64Encode(base::Sha256({}).span());
  const auto checkpoint = ParseCheckpoint("log.example\n42\n" + root + "\nmore\n");
  ASSERT_TRUE(checkpoint);
  EXPECT_EQ(checkpoint->origin, "log.example");
  EXPECT_EQ(checkpoint->size, 42U);
  EXPECT_EQ(checkpoint->root, base::Sha256({}));
  EXPECT_EQ(checkpoint->extensions, std::vector<std::string>{"more"});
}

TEST(CheckpointTest, RefusesOtherSpellings) {
  const std::string root = base::Base64Encode(base::Sha256({}).span());
  EXPECT_FALSE(ParseCheckpoint("\n42\n" + root + "\n"));
  EXPECT_FALSE(ParseCheckpoint("log\n042\n" + root + "\n"));
  EXPECT_FALSE(ParseCheckpoint("log\n+42\n" + root + "\n"));
  EXPECT_FALSE(ParseCheckpoint("log\n42 \n" + root + "\n"));
  EXPECT_FALSE(ParseCheckpoint("log\n\n" + root + "\n"));
  EXPECT_FALSE(ParseCheckpoint("log\n18446744073709551616\n" + root + "\n"));
  EXPECT_FALSE(ParseCheckpoint("log\n42\nAAAA\n"));
  EXPECT_FALSE(ParseCheckpoint("log\n42\n" + root));
  EXPECT_FALSE(ParseCheckpoint("log\n42\n" + root + "\n\n"));
  EXPECT_TRUE(ParseCheckpoint("log\n0\n" + root + "\n"));
}

TEST(Utf8Test, KnowsRfc3629) {
  EXPECT_TRUE(base::IsUtf8("a\xC4\x81\xE2\x80\x94\xF0\x9F\x98\x80"));
  EXPECT_FALSE(base::IsUtf8("\xC0\x80")) << "overlong";
  EXPECT_FALSE(base::IsUtf8("\xE0\x80\x80")) << "overlong";
  EXPECT_FALSE(base::IsUtf8("\xED\xA0\x80")) << "surrogate";
  EXPECT_FALSE(base::IsUtf8("\xF4\x90\x80\x80")) << "beyond U+10FFFF";
  EXPECT_FALSE(base::IsUtf8("\xE2\x80")) << "cut short";
  EXPECT_FALSE(base::IsUtf8("\x80"));
  EXPECT_TRUE(
      HasUnicodeSpace("a\xE3\x80\x80"
                      "b"));
}

}  // namespace
}  // namespace vault
