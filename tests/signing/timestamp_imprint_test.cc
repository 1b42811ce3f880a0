#include "signing/timestamp_imprint.h"

#include <gtest/gtest.h>

#include "signing/verifier.h"
#include "tests/fakes/signature_maker.h"

namespace signing {
namespace {

using tests::SignatureMaker;

const tests::Identity& Signer() {
  static const tests::Identity signer = tests::MakeIdentity(tests::MakeEcKey(), "Anna Paraugs");
  return signer;
}

const tests::Identity& Tsa() {
  static const tests::Identity tsa =
      tests::MakeIdentity(tests::MakeEcKey(), "Test TSA", /*for_timestamps=*/true);
  return tsa;
}

SignatureMaker Archived(std::size_t archives) {
  SignatureMaker maker(Signer());
  maker.files = {{"lemums.txt", "Lemums par atlauju"}, {"pielikums.txt", "Pielikums"}};
  maker.tsa = &Tsa();
  maker.archives = archives;
  return maker;
}

// "KIND imprint" of each time-stamp of the first signature.
std::vector<std::string> Imprints(const tests::ZipMaker& zip) {
  const base::Bytes document = zip.Make();
  VerifyRequest request{.name = "lemums.edoc",
                        .document = document,
                        .trust = {},
                        .data = {},
                        .digests = {},
                        .at = *base::ParseTime("2026-12-01T00:00:00Z")};
  const base::Json report = Verify(request);
  std::vector<std::string> found;
  for (const base::Json& signature : *report.Find("signatures")->AsArray())
    for (const base::Json& timestamp : *signature.Find("timestamps")->AsArray())
      found.push_back(timestamp.Text("kind").value_or("?") + " " +
                      timestamp.Find("imprintOk")->Dump());
  return found;
}

using Expected = std::vector<std::string>;

TEST(TimestampImprintTest, T4_EachArchiveTimestampCoversWhatStandsBeforeIt) {
  EXPECT_EQ(Imprints(Archived(3).Container()),
            (Expected{"signature-timestamp true", "archive-timestamp true",
                      "archive-timestamp true", "archive-timestamp true"}));
}

TEST(TimestampImprintTest, T4_ObjectsOfTheSignatureAreCovered) {
  SignatureMaker maker = Archived(1);
  maker.extra_objects = "<ds:Object Id=\"S1-O\">pielikums</ds:Object>";
  EXPECT_EQ(Imprints(maker.Container())[1], "archive-timestamp true");
}

TEST(TimestampImprintTest, T4_APropertyPutBehindItDoesNotBreakIt) {
  SignatureMaker maker = Archived(1);
  maker.more_properties = "<xades:CertificateValues/>";
  EXPECT_EQ(Imprints(maker.Container())[1], "archive-timestamp true");
}

TEST(TimestampImprintTest, T4_APropertyPutBetweenBreaksTheNext) {
  SignatureMaker maker = Archived(2);
  maker.more_properties = "<xades:CertificateValues/>";
  const auto imprints = Imprints(maker.Container());
  EXPECT_EQ(imprints[1], "archive-timestamp true");
  EXPECT_EQ(imprints[2], "archive-timestamp false");
}

TEST(TimestampImprintTest, T4_AnArchiveTimestampOverMoreIsNone) {
  SignatureMaker maker = Archived(1);
  maker.archived_too = "x";
  EXPECT_EQ(Imprints(maker.Container())[1], "archive-timestamp false");
}

TEST(TimestampImprintTest, T4_AnotherFileThanTheArchivedBreaksIt) {
  tests::ZipMaker zip = Archived(1).Container();
  for (auto& member : zip.members())
    if (member.name == "pielikums.txt") member.content = "Pielikumi";
  EXPECT_EQ(Imprints(zip)[0], "signature-timestamp true");
  EXPECT_EQ(Imprints(zip)[1], "archive-timestamp false");
}

TEST(TimestampImprintTest, T4_WithAFileMissingItCannotBeTold) {
  SignatureMaker maker = Archived(1);
  tests::ZipMaker zip = maker.Container();
  std::erase_if(zip.members(), [](const auto& member) { return member.name == "pielikums.txt"; });
  EXPECT_EQ(Imprints(zip)[1], "archive-timestamp null");
}

TEST(TimestampImprintTest, AContentTimestampCoversTheFiles) {
  SignatureMaker maker = Archived(0);
  maker.content_tsa = &Tsa();
  EXPECT_EQ(Imprints(maker.Container())[0], "content-timestamp true");
}

TEST(TimestampImprintTest, T9_AContentTimestampOfOtherFilesDoesNot) {
  SignatureMaker maker = Archived(0);
  maker.content_tsa = &Tsa();
  tests::ZipMaker zip = maker.Container();
  for (auto& member : zip.members())
    if (member.name == "lemums.txt") member.content = "Lemums par aizliegumu";
  EXPECT_EQ(Imprints(zip)[0], "content-timestamp false");
}

}  // namespace
}  // namespace signing
