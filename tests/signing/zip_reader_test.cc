#include "signing/zip_reader.h"

#include <gtest/gtest.h>

#include "tests/fakes/zip_maker.h"

namespace signing {
namespace {

using tests::ZipMaker;

ZipMaker TwoFiles() {
  ZipMaker maker;
  maker.Add("mimetype", "text/plain").Add("a/lemums.txt", "Sveiki");
  return maker;
}

std::string ReasonOf(const base::Bytes& archive) {
  const auto opened = ZipReader::Open(archive);
  return opened.ok() ? "ok" : opened.error().reason;
}

std::string ReasonFor(const std::function<void(ZipMaker&)>& change) {
  ZipMaker maker = TwoFiles();
  change(maker);
  return ReasonOf(maker.Make());
}

std::string ReadingReason(const base::Bytes& archive, std::string_view name) {
  auto reader = ZipReader::Open(archive);
  if (!reader.ok()) return reader.error().reason;
  const auto content = reader.value().Read(*reader.value().Find(name), 1000);
  return content.ok() ? base::ToString(content.value()) : content.error().reason;
}

TEST(ZipReaderTest, ListsAndReadsItsMembers) {
  const base::Bytes archive = TwoFiles().Make();
  auto reader = ZipReader::Open(archive);
  ASSERT_TRUE(reader.ok()) << reader.error().message;
  EXPECT_EQ(reader.value().entries().size(), 2U);
  EXPECT_EQ(ReadingReason(archive, "a/lemums.txt"), "Sveiki");
}

TEST(ZipReaderTest, ReadsAnArchiveWithoutMembers) {
  EXPECT_EQ(ReasonOf(ZipMaker().Make()), "ok");
}

TEST(ZipReaderTest, NoPrefixOfAnArchiveIsAnArchive) {
  const base::Bytes archive = TwoFiles().Make();
  for (std::size_t size = 0; size < archive.size(); ++size)
    EXPECT_NE(ReasonOf(base::Bytes(archive.begin(), archive.begin() + static_cast<long>(size))),
              "ok")
        << size;
}

TEST(ZipReaderTest, RefusesBytesBeforeTheFirstEntry) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.prefix = "#!/bin/sh\n"; }), "zip.hidden-bytes");
}

TEST(ZipReaderTest, T14_RefusesBytesBehindTheEnd) {
  base::Bytes archive = TwoFiles().Make();
  archive.push_back('x');
  EXPECT_EQ(ReasonOf(archive), "zip.hidden-bytes");
}

TEST(ZipReaderTest, RefusesASecondEndRecordInTheComment) {
  const base::Bytes inner = ZipMaker().Make();
  EXPECT_EQ(ReasonFor([&](ZipMaker& maker) { maker.comment = base::ToString(inner); }),
            "zip.hidden-bytes");
}

TEST(ZipReaderTest, AcceptsAPlainComment) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.comment = "made by a test"; }), "ok");
}

TEST(ZipReaderTest, RefusesAnotherNameInTheLocalHeader) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.last().local_name = "b/lemums.txt"; }),
            "zip.headers-differ");
}

TEST(ZipReaderTest, RefusesAnotherMethodInTheLocalHeader) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.last().local_method = 8; }),
            "zip.headers-differ");
}

TEST(ZipReaderTest, T14_RefusesAnotherSizeInTheLocalHeader) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.last().local_size_lie = 1; }),
            "zip.headers-differ");
}

TEST(ZipReaderTest, RefusesAnUnknownMethod) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) {
              maker.last().local_method = 12;
              maker.last().central_method = 12;
            }),
            "zip.unsupported");
}

TEST(ZipReaderTest, T14_RefusesEncryption) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.last().flags |= 1U; }), "zip.unsupported");
}

TEST(ZipReaderTest, RefusesALink) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.last().attributes = 0xA1FF0000U; }),
            "zip.unsupported");
}

TEST(ZipReaderTest, RefusesAWrongCount) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.count_lie = 0xFFFF; }), "zip.malformed");
}

TEST(ZipReaderTest, T14_RefusesTwoMembersOfOneName) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.Add("mimetype", "x"); }), "zip.duplicate-name");
}

TEST(ZipReaderTest, T14_RefusesNamesThatDifferInLetterCaseOnly) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) { maker.Add("A/LEMUMS.txt", "x"); }),
            "zip.duplicate-name");
}

TEST(ZipReaderTest, RefusesNamesThatDifferInNormalizationOnly) {
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) {
              maker.Add("l\xC4\x93mums.txt", "x").Add("le\xCC\x84mums.txt", "y");
            }),
            "zip.duplicate-name");
}

TEST(ZipReaderTest, RefusesAUnicodePathThatGivesAnotherName) {
  using namespace std::string_literals;
  EXPECT_EQ(ReasonFor([](ZipMaker& maker) {
              maker.last().central_extra = "\x75\x70\x09\x00\x01____evil"s;
            }),
            "zip.headers-differ");
}

class UnsafeNameTest : public testing::TestWithParam<std::string> {};

TEST_P(UnsafeNameTest, T16_IsRefused) {
  ZipMaker maker = TwoFiles();
  maker.Add(GetParam(), "x");
  EXPECT_EQ(ReasonOf(maker.Make()), "zip.unsafe-name");
}

INSTANTIATE_TEST_SUITE_P(Names, UnsafeNameTest,
                         testing::Values("../evil", "a/../evil", "/etc/evil", "a//b", "./a", "a\\b",
                                         "C:evil", std::string("a\0b", 3), "a\nb", "\xFF\xFE"));

TEST(ZipReaderTest, NoticesAWrongCrcWhenTheMemberIsRead) {
  ZipMaker maker = TwoFiles();
  maker.last().crc_lie = 1;
  EXPECT_EQ(ReadingReason(maker.Make(), "a/lemums.txt"), "zip.content");
  EXPECT_EQ(ReadingReason(maker.Make(), "mimetype"), "text/plain");
}

TEST(ZipReaderTest, T15_RefusesAMemberBeyondTheSizeAskedFor) {
  ZipMaker maker;
  maker.Add("big", std::string(1001, 'x'));
  EXPECT_EQ(ReadingReason(maker.Make(), "big"), "zip.member-too-large");
}

TEST(ZipReaderTest, T15_StopsWhenTheLimitOnRealBytesIsPassed) {
  ZipMaker maker;
  maker.Add("a", std::string(600, 'x')).Add("b", std::string(600, 'y'));
  const base::Bytes archive = maker.Make();
  ZipReader::Limits limits;
  limits.total_bytes = 1000;
  auto reader = ZipReader::Open(archive, limits);
  ASSERT_TRUE(reader.ok());
  EXPECT_TRUE(reader.value().Read(reader.value().entries()[0], 1000).ok());
  const auto second = reader.value().Read(reader.value().entries()[1], 1000);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().reason, "zip.bomb");
}

TEST(ZipReaderTest, RemembersWhatWasReadToItsEnd) {
  const base::Bytes archive = TwoFiles().Make();
  auto reader = ZipReader::Open(archive);
  ASSERT_TRUE(reader.ok());
  const ZipEntry& entry = reader.value().entries()[0];
  EXPECT_FALSE(reader.value().WasRead(entry));
  ASSERT_TRUE(reader.value().Read(entry, 1000).ok());
  EXPECT_TRUE(reader.value().WasRead(entry));
}

}  // namespace
}  // namespace signing
