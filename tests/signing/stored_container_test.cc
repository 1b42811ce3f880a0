#include "signing/stored_container.h"

#include <gtest/gtest.h>

#include "signing/zip_reader.h"

namespace signing {
namespace {

const base::Time kNow = *base::ParseTime("2026-11-23T12:00:00Z");

base::Result<base::Bytes> Write(const std::vector<std::pair<std::string, base::Bytes>>& files) {
  std::vector<StoredDocument> documents;
  for (const auto& [name, bytes] : files)
    documents.push_back({{name, "text/plain", bytes}, SumsOf(bytes)});
  base::Bytes out;
  RETURN_IF_ERROR(WriteStoredContainer(documents, {"META-INF/signatures1.xml", "<x/>"}, kNow,
                                       [&](base::ByteSpan piece) { base::Append(piece, out); }));
  return out;
}

TEST(StoredContainerTest, ReadsBackUnderTheStrictRules) {
  const base::Bytes large(std::size_t{9} << 20U, 0x5A);  // More than two pieces.
  const base::Bytes zip =
      Write({{"lēmums.txt", base::ToBytes("text")}, {"mape/large.bin", large}}).value();
  ZipReader reader = ZipReader::Open(zip).value();
  ASSERT_EQ(reader.entries().size(), 5U);
  EXPECT_EQ(reader.entries()[0].name, "mimetype");
  EXPECT_FALSE(reader.entries()[0].has_extra);
  EXPECT_EQ(reader.Read(*reader.Find("mape/large.bin"), large.size()).value(), large);
  EXPECT_EQ(reader.Read(*reader.Find("META-INF/signatures1.xml"), 10).value(),
            base::ToBytes("<x/>"));
}

TEST(StoredContainerTest, SumsAreThoseOfTheWhole) {
  const base::Bytes large(std::size_t{9} << 20U, 0x5A);
  EXPECT_EQ(SumsOf(large).sha256, base::Sha256(large));
  EXPECT_EQ(SumsOf(base::AsBytes("123456789")).crc, 0xCBF43926U);
}

TEST(StoredContainerTest, NamesThatCannotLiveThereAreRefusedBeforeAnythingIsWritten) {
  EXPECT_EQ(Write({{"../a", base::ToBytes("x")}}).error().reason, "document.bad-name");
  EXPECT_EQ(Write({{"a", base::ToBytes("x")}, {"A", base::ToBytes("y")}}).error().reason,
            "document.duplicate-name");
  EXPECT_EQ(Write({}).error().reason, "document.none");
}

}  // namespace
}  // namespace signing
