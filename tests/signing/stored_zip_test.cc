#include "signing/stored_zip.h"

#include <gtest/gtest.h>

#include "signing/canonical_json.h"
#include "tests/fakes/zip_maker.h"

namespace signing {
namespace {

using base::Json;

base::Bytes Written(const std::vector<StoredMember>& members) {
  base::Bytes out;
  const auto take = [&](base::ByteSpan piece) { base::Append(piece, out); };
  static_cast<void>(WriteStoredZip(members, take));
  return out;
}

TEST(StoredZipTest, WhatWasWrittenIsReadInTheOrderOfNames) {
  const auto read =
      ReadStoredZip(Written({{"b", base::AsBytes("two")}, {"a", base::AsBytes("one")}}));
  ASSERT_TRUE(read.ok());
  EXPECT_EQ(read.value().front().name, "a");
  EXPECT_EQ(read.value().size(), 2U);
}

TEST(StoredZipTest, TheOrderInWhichMembersComeDoesNotMatter) {
  EXPECT_EQ(Written({{"b", {}}, {"a", {}}}), Written({{"a", {}}, {"b", {}}}));
}

// Byte by byte, as docs/formats/evidence-bundle.md shows it.
TEST(StoredZipTest, HasTheBytesOfTheWorkedExample) {
  EXPECT_EQ(
      base::HexEncode(Written({{"a", base::AsBytes("1")}})),
      "504b03040a000008000000002100b7efdc83010000000100000001000000"
      "6131"
      "504b01020a000a000008000000002100b7efdc83010000000100000001000000000000000000000000000000"
      "000061"
      "504b050600000000010001002f000000200000000000");
}

TEST(StoredZipTest, MembersInAnotherOrderAreRefused) {
  tests::ZipMaker zip;
  zip.Add("b", "").Add("a", "");
  EXPECT_EQ(ReadStoredZip(zip.Make()).error().reason, "bundle.malformed");
}

TEST(StoredZipTest, MoreMembersThanAReaderTakesAreNotWritten) {
  std::vector<StoredMember> members;
  for (int i = 0; i <= 10'000; ++i) members.push_back({std::to_string(i), {}});
  const auto status = WriteStoredZip(members, [](base::ByteSpan) { FAIL(); });
  EXPECT_EQ(status.error().reason, "bundle.too-large");
}

TEST(CanonicalJsonTest, SortsMembersAndLeavesLists) {
  const Json json = Json().Set("b", Json().Push(2).Push(1)).Set("a", nullptr);
  EXPECT_EQ(CanonicalText(json), "{\"a\":null,\"b\":[2,1]}\n");
}

// RFC 8785, 3.2.2.2.
TEST(CanonicalJsonTest, EscapesAsFewCharactersAsItMust) {
  EXPECT_EQ(CanonicalText(Json("\x01\b\t\n\f\r\"\\/\x7f\u20ac")),
            "\"\\u0001\\b\\t\\n\\f\\r\\\"\\\\/\x7f\u20ac\"\n");
}

TEST(CanonicalJsonTest, TheFirstDifferenceIsAPointer) {
  const Json a = Json().Set("x", Json().Push(1).Push(Json().Set("a/b", "1")));
  const Json b = Json().Set("x", Json().Push(1).Push(Json().Set("a/b", "2")));
  EXPECT_EQ(FirstDifference(a, b), "/x/1/a~1b");
  EXPECT_EQ(FirstDifference(a, a), "");
}

TEST(CanonicalJsonTest, AMissingMemberOrItemIsTheDifference) {
  EXPECT_EQ(FirstDifference(Json().Set("a", 1), Json().Set("b", 1)), "/a");
  EXPECT_EQ(FirstDifference(Json().Push(1), Json().Push(1).Push(2)), "/1");
}

}  // namespace
}  // namespace signing
