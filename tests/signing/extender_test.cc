#include "signing/extender.h"

#include <gtest/gtest.h>

#include "signing/unsigned_properties.h"
#include "signing/zip_edit.h"
#include "signing/zip_reader.h"
#include "tests/fakes/rule_case.h"

namespace signing {
namespace {

using tests::MakeToken;

// A twin of what other programs make, and what is added to it.
class ExtenderTest : public ::testing::Test {
 protected:
  base::Result<Extended> Add(base::ByteSpan document, std::vector<std::string> properties,
                             NextTimestamp next = NextTimestamp::kNone,
                             const SignatureSelector& target = {}) {
    return Extend({.name = "twin.edoc",
                   .document = document,
                   .target = target,
                   .properties = std::move(properties),
                   .next = next,
                   .modified = twin_.now},
                  nullptr);
  }
  // With an archive time-stamp over all that is there.
  base::Bytes Archived(base::ByteSpan document) {
    const Extended asked = Add(document, {}, NextTimestamp::kArchive).value();
    const base::Bytes token =
        tests::MakeTokenOver(twin_.tsa, base::ToBytes(base::AsText(asked.imprint->span())));
    return Add(document, {ArchiveTimestampProperty(token)}).value().document;
  }
  static std::string Reason(const base::Result<Extended>& result) {
    return result.ok() ? "extended" : result.error().reason;
  }
  std::string Outcome(base::ByteSpan document) {
    return tests::RuleCase::OutcomeIn(twin_.Report(document));
  }

  tests::RuleCase twin_;
  const base::Bytes container_ = twin_.Maker().Container().Make();
};

TEST_F(ExtenderTest, AForeignSignatureGetsAnArchiveTimestampAndAnother) {
  const base::Bytes once = Archived(container_);
  EXPECT_EQ(Outcome(once), Outcome(container_));
  const base::Bytes twice = Archived(once);
  EXPECT_EQ(Outcome(twice), Outcome(container_));
  EXPECT_NE(once, twice);
}

TEST_F(ExtenderTest, NoByteOfAnotherMemberAndNoneOfTheSignatureIsTouched) {
  const base::Bytes extended = Archived(container_);
  ZipReader before = ZipReader::Open(container_).value();
  ZipReader after = ZipReader::Open(extended).value();
  ASSERT_EQ(before.entries().size(), after.entries().size());
  for (const ZipEntry& entry : before.entries()) {
    const ZipEntry* same = after.Find(entry.name);
    ASSERT_NE(same, nullptr);
    const std::string old_text = base::ToString(before.Read(entry, 1U << 20U).value());
    const std::string new_text = base::ToString(after.Read(*same, 1U << 20U).value());
    if (!entry.name.starts_with("META-INF/signatures")) {
      EXPECT_EQ(old_text, new_text);
      EXPECT_TRUE(std::ranges::equal(base::ByteSpan(container_).subspan(entry.offset, entry.size),
                                     base::ByteSpan(extended).subspan(same->offset, entry.size)));
      continue;
    }
    // The new text is the old one with one piece put in.
    const auto split = std::ranges::mismatch(old_text, new_text).in1 - old_text.begin();
    const std::string tail = old_text.substr(static_cast<std::size_t>(split));
    EXPECT_TRUE(new_text.ends_with(tail));
    EXPECT_GT(new_text.size(), old_text.size());
  }
}

TEST_F(ExtenderTest, ATimestampOverOtherBytesIsFoundOut) {
  const base::Bytes token = MakeToken(twin_.tsa, base::AsBytes("other"));
  const base::Bytes wrong = Add(container_, {ArchiveTimestampProperty(token)}).value().document;
  const base::Json report = twin_.Report(wrong);
  const base::Json& signature = report.Find("signatures")->AsArray()->front();
  EXPECT_EQ(*signature.Find("timestamps")->AsArray()->back().Find("imprintOk")->AsBool(), false);
}

TEST_F(ExtenderTest, AnUnsignedPropertyGoesWhereNoneWas) {
  auto maker = twin_.Maker();
  maker.tsa = nullptr;
  const base::Bytes bare = maker.Container().Make();
  const Extended asked = Add(bare, {}, NextTimestamp::kSignature).value();
  EXPECT_FALSE(asked.survey.has_timestamp);
  const base::Bytes token =
      tests::MakeTokenOver(twin_.tsa, base::ToBytes(base::AsText(asked.imprint->span())));
  const Extended stamped = Add(bare, {SignatureTimestampProperty(token)}).value();
  EXPECT_TRUE(stamped.survey.has_timestamp);
  EXPECT_EQ(Outcome(stamped.document), Outcome(container_));
}

TEST_F(ExtenderTest, WhichOfTwoSignaturesIsMeantHasToBeSaid) {
  auto second = twin_.Maker();
  second.id = "S2";
  second.target = "#S2";
  auto zip = twin_.Maker().Container();
  zip.Add("META-INF/signatures2.xml", second.Xml());
  const base::Bytes two = zip.Make();
  EXPECT_EQ(Reason(Add(two, {}, NextTimestamp::kArchive)), "extend.no-such-signature");
  EXPECT_EQ(Reason(Add(two, {}, NextTimestamp::kArchive, {"", "S2"})), "extended");
  EXPECT_EQ(Reason(Add(two, {}, NextTimestamp::kArchive, {"META-INF/signatures2.xml", ""})),
            "extended");
  EXPECT_EQ(Reason(Add(two, {}, NextTimestamp::kArchive, {"", "S3"})), "extend.no-such-signature");
}

TEST_F(ExtenderTest, AnArchiveTimestampNeedsTheDocuments) {
  const std::string xml = twin_.Maker().Xml();
  EXPECT_EQ(Reason(Add(base::AsBytes(xml), {}, NextTimestamp::kArchive)), "extend.data-missing");
  EXPECT_EQ(Reason(Add(base::AsBytes(xml), {}, NextTimestamp::kSignature)), "extended");
}

TEST_F(ExtenderTest, WhatIsNoSignatureIsRefused) {
  EXPECT_EQ(Reason(Add(base::AsBytes("<a/>"), {})), "extend.no-such-signature");
  EXPECT_FALSE(Add(base::AsBytes("PK"), {}).ok());
  EXPECT_FALSE(Add({}, {}).ok());
}

// ---- The archive. ----

TEST_F(ExtenderTest, AMemberIsPutInAndTakenOutWithoutTouchingOthers) {
  const base::Bytes content = base::ToBytes("content");
  const base::Bytes once = PutMember(container_, "META-INF/x.xml", content, twin_.now).value();
  const std::size_t directory = ReadZipDirectory(container_).value().offset;
  EXPECT_TRUE(std::ranges::equal(base::ByteSpan(container_).first(directory),
                                 base::ByteSpan(once).first(directory)));
  const base::Bytes again =
      PutMember(once, "META-INF/x.xml", base::ToBytes("other"), twin_.now).value();
  ZipReader zip = ZipReader::Open(again).value();
  EXPECT_EQ(zip.Read(*zip.Find("META-INF/x.xml"), 100).value(), base::ToBytes("other"));
  EXPECT_EQ(zip.entries().size(), ReadZipStructure(once).value().size());
  EXPECT_EQ(PutMember(again, "META-INF/x.xml", content, twin_.now).value(), once);
}

TEST_F(ExtenderTest, AnArchiveThatIsNoneIsNotPutInto) {
  EXPECT_FALSE(PutMember(base::AsBytes("x"), "a", {}, twin_.now).ok());
  base::Bytes behind = container_;
  behind.push_back(0);
  EXPECT_FALSE(PutMember(behind, "a", {}, twin_.now).ok());
}

}  // namespace
}  // namespace signing
