#include "signing/container_writer.h"

#include <gtest/gtest.h>

#include "signing/zip_reader.h"

namespace signing {
namespace {

ContainerParts PartsWith(std::vector<ContainerDocument> documents) {
  ContainerParts parts;
  parts.documents = std::move(documents);
  parts.modified = *base::ParseTime("2026-11-23T12:00:00Z");
  return parts;
}

const base::Bytes kText = base::ToBytes("text");

TEST(ContainerWriterTest, T12_PutsMimetypeFirstStoredAndWithoutExtraField) {
  const base::Bytes zip = WriteContainer(PartsWith({{"a.txt", "text/plain", kText}})).value();
  const std::string start = base::ToString(base::ByteSpan(zip).first(100));
  EXPECT_EQ(start.substr(0, 4), "PK\x03\x04");
  EXPECT_EQ(zip[8], 0);   // Method: stored.
  EXPECT_EQ(zip[28], 0);  // No extra field.
  EXPECT_EQ(start.substr(30, 39), "mimetypeapplication/vnd.etsi.asic-e+zip");
}

TEST(ContainerWriterTest, TheSameInputGivesTheSameBytes) {
  const auto parts = PartsWith({{"a.txt", "text/plain", kText}});
  EXPECT_EQ(WriteContainer(parts).value(), WriteContainer(parts).value());
}

TEST(ContainerWriterTest, ItsDocumentsReadBackWithNamesAndTypes) {
  const base::Bytes zip =
      WriteContainer(PartsWith({{"lēmums.txt", "text/plain", kText},
                                {"mape/b.bin", "application/octet-stream", kText}}))
          .value();
  ZipReader reader = ZipReader::Open(zip).value();
  const ZipEntry* entry = reader.Find("mape/b.bin");
  ASSERT_NE(entry, nullptr);
  EXPECT_EQ(reader.Read(*entry, 100).value(), kText);
  const base::Bytes manifest = reader.Read(*reader.Find("META-INF/manifest.xml"), 10'000).value();
  EXPECT_NE(base::AsText(manifest).find("lēmums.txt\" manifest:media-type=\"text/plain\""),
            std::string_view::npos);
}

TEST(ContainerWriterTest, ADocumentThatDeflatesLikeABombIsStored) {
  const base::Bytes zeros(std::size_t{4} << 20U);
  const base::Bytes zip =
      WriteContainer(PartsWith({{"zeros.bin", "application/octet-stream", zeros}})).value();
  EXPECT_GT(zip.size(), zeros.size());
  ZipReader reader = ZipReader::Open(zip).value();
  EXPECT_EQ(reader.Read(*reader.Find("zeros.bin"), zeros.size()).value(), zeros);
}

TEST(ContainerWriterTest, RefusesNamesThatDifferOnlyInCase) {
  const auto parts = PartsWith({{"a.txt", "text/plain", kText}, {"A.TXT", "text/plain", kText}});
  EXPECT_EQ(WriteContainer(parts).error().reason, "document.duplicate-name");
}

TEST(ContainerWriterTest, RefusesAContainerOfNothing) {
  EXPECT_EQ(WriteContainer(PartsWith({})).error().reason, "document.none");
}

class BadNameTest : public ::testing::TestWithParam<const char*> {};

TEST_P(BadNameTest, IsRefused) {
  EXPECT_EQ(WriteContainer(PartsWith({{GetParam(), "text/plain", kText}})).error().reason,
            "document.bad-name");
}

INSTANTIATE_TEST_SUITE_P(Names, BadNameTest,
                         ::testing::Values("", "/etc/passwd", "../up", "a/../b", "a//b", "./a",
                                           "a\\b", "mimetype", "META-INF/x.xml", "a\nb", "a\x7f",
                                           "\xff", "a/"));

TEST(MediaTypeTest, IsTakenFromTheEndingOfTheName) {
  EXPECT_EQ(MediaTypeOf("Decision.PDF"), "application/pdf");
  EXPECT_EQ(MediaTypeOf("x"), "application/octet-stream");
}

}  // namespace
}  // namespace signing
