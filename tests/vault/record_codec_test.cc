#include "vault/record_codec.h"

#include <gtest/gtest.h>

#include "tests/fakes/vault_records.h"

namespace vault {
namespace {

// The worked example of docs/formats/record.md.
Record Example() {
  Record record;
  record.kind = RecordKind::kDocument;
  record.id.bytes.fill(0x11);
  record.stored_at = *base::ParseTime("2026-11-23T14:54:03Z");
  record.client.bytes.fill(0x22);
  record.commitment.bytes.fill(0x33);
  record.agency = "vid";
  record.content = {.segment = 7, .offset = 16, .length = 1061};
  record.content_sha256.bytes.fill(0x44);
  record.key = {0x100};
  record.sealed = {0xAA, 0xBB, 0xCC};
  return record;
}

constexpr const char* kExample =
    "0102"
    "11111111111111111111111111111111"
    "000000006b04538b"
    "22222222222222222222222222222222"
    "3333333333333333333333333333333333333333333333333333333333333333"
    "03766964"
    "0000000000000007"
    "0000000000000010"
    "0000000000000425"
    "4444444444444444444444444444444444444444444444444444444444444444"
    "00000100"
    "0003aabbcc";

base::Bytes Encoded(const Record& record) {
  return EncodeRecord(record).value();
}

TEST(RecordCodecTest, EncodesTheExampleOfTheFormatPage) {
  EXPECT_EQ(base::HexEncode(Encoded(Example())), kExample);
}

TEST(RecordCodecTest, DecodesEachKindToWhatWasEncoded) {
  const ClientId client = ClientId::New();
  for (const Record& record : {tests::DocumentOf(client), tests::AccessOf(client, RecordId::New()),
                               tests::ClientWith(client, "alias")}) {
    const auto decoded = DecodeRecord(Encoded(record));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(Encoded(decoded.value()), Encoded(record));
    EXPECT_EQ(decoded.value().subject, record.subject);
    EXPECT_EQ(decoded.value().content, record.content);
    EXPECT_EQ(decoded.value().sealed, record.sealed);
    EXPECT_EQ(decoded.value().agency, record.agency);
    EXPECT_EQ(decoded.value().stored_at, record.stored_at);
  }
}

TEST(RecordCodecTest, KeepsTimesBeforeTheEpoch) {
  Record record = Example();
  record.stored_at = base::Time(std::chrono::seconds(-1));
  EXPECT_EQ(DecodeRecord(Encoded(record)).value().stored_at, record.stored_at);
}

TEST(RecordCodecTest, RefusesEveryPrefixAndAnyByteMore) {
  base::Bytes encoded = Encoded(Example());
  for (std::size_t size = 0; size < encoded.size(); ++size)
    EXPECT_EQ(DecodeRecord(base::ByteSpan(encoded).first(size)).error().reason, "record.damaged");
  encoded.push_back(0);
  EXPECT_FALSE(DecodeRecord(encoded).ok());
}

TEST(RecordCodecTest, RefusesUnknownVersionsAndKinds) {
  base::Bytes encoded = Encoded(Example());
  encoded[0] = 2;
  EXPECT_FALSE(DecodeRecord(encoded).ok());
  encoded[0] = 1;
  for (const auto kind : base::Bytes{0, 5, 255}) {
    encoded[1] = kind;
    EXPECT_FALSE(DecodeRecord(encoded).ok());
  }
}

TEST(RecordCodecTest, RefusesFieldsThatTheKindHasNoPlaceFor) {
  Record record = Example();
  record.subject = RecordId::New();
  EXPECT_EQ(EncodeRecord(record).error().reason, "record.malformed");
  record = Example();
  record.kind = RecordKind::kAccess;
  EXPECT_EQ(EncodeRecord(record).error().reason, "record.malformed");
}

// The document "abc" of docs/formats/segment.md.
constexpr const char* kAbc =
    "454456444f4300010000000000000003503dcecb5ca6f0ef0f871277cade79f84a9bd2";

Record WithDocumentInside() {
  Record record = Example();
  record.inline_content = base::HexDecode(kAbc).value();
  record.content = {.segment = 0, .offset = 0, .length = 35};
  record.content_sha256 = base::Sha256(record.inline_content);
  return record;
}

TEST(RecordCodecTest, EncodesADocumentInsideAsTheFormatPageDoes) {
  EXPECT_EQ(base::HexEncode(Encoded(WithDocumentInside())),
            std::string(kExample, 156) + "00000000000000000000000000000000" + "0000000000000023" +
                "9c527c134f54a98b12a92e0745333bc1dd8eb59aebac61abd093e77185bc7d02" + kAbc +
                "00000100" + "0003aabbcc");
}

TEST(RecordCodecTest, CarriesASmallDocument) {
  const Record record = WithDocumentInside();
  const auto decoded = DecodeRecord(Encoded(record));
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.value().inline_content, record.inline_content);
  EXPECT_EQ(decoded.value().content, record.content);
  EXPECT_EQ(decoded.value().sealed, record.sealed);
  EXPECT_EQ(Encoded(record).size(), Encoded(Example()).size() + 35);
}

TEST(RecordCodecTest, ADocumentLiesInOnePlaceOnly) {
  const auto reason = [](const Record& record) { return EncodeRecord(record).error().reason; };
  Record record = WithDocumentInside();
  record.content.segment = 7;
  EXPECT_EQ(reason(record), "record.malformed");
  record = WithDocumentInside();
  record.content.length = 34;
  EXPECT_EQ(reason(record), "record.malformed");
  record = WithDocumentInside();
  record.content.offset = 1;
  EXPECT_EQ(reason(record), "record.malformed");
  record = Example();
  record.content.segment = 0;
  EXPECT_EQ(reason(record), "record.malformed");
  record = tests::AccessOf(ClientId::New(), RecordId::New());
  record.inline_content = {1};
  EXPECT_EQ(reason(record), "record.malformed");
}

TEST(RecordCodecTest, RefusesEveryPrefixOfARecordThatCarriesItsDocument) {
  const base::Bytes encoded = Encoded(WithDocumentInside());
  for (std::size_t size = 0; size < encoded.size(); ++size)
    EXPECT_EQ(DecodeRecord(base::ByteSpan(encoded).first(size)).error().reason, "record.damaged");
}

TEST(RecordCodecTest, RefusesFieldsBeyondTheirLimits) {
  Record record = Example();
  record.agency.assign(kMaxAgencySize + 1, 'a');
  EXPECT_EQ(EncodeRecord(record).error().reason, "record.too-large");
  record.agency.assign(kMaxAgencySize, 'a');
  record.sealed.assign(kMaxSealedSize, 1);
  EXPECT_TRUE(DecodeRecord(Encoded(record)).ok());
  record = WithDocumentInside();
  record.inline_content.assign(kMaxInlineSize + 1, 1);
  record.content.length = kMaxInlineSize + 1;
  EXPECT_EQ(EncodeRecord(record).error().reason, "record.too-large");
  record.inline_content.assign(kMaxInlineSize, 1);
  record.content.length = kMaxInlineSize;
  EXPECT_TRUE(DecodeRecord(Encoded(record)).ok());
}

TEST(RecordCodecTest, OnlyARecoveryNamesAnOlderLog) {
  Record record;
  record.kind = RecordKind::kRecovery;
  record.id = RecordId::New();
  record.kept = 7;
  record.old_checkpoint = "vault.example/one\n9\nhash\n";
  const Record decoded = DecodeRecord(Encoded(record)).value();
  EXPECT_EQ(decoded.kept, 7U);
  EXPECT_EQ(decoded.old_checkpoint, record.old_checkpoint);
  record.old_checkpoint.assign(kMaxOldCheckpointSize + 1, 'x');
  EXPECT_EQ(EncodeRecord(record).error().reason, "record.too-large");
  record = Example();
  record.kept = 1;
  EXPECT_EQ(EncodeRecord(record).error().reason, "record.malformed");
}

TEST(RandomIdTest, ReadsExactlyWhatItWrites) {
  const RecordId id = RecordId::New();
  EXPECT_EQ(RecordId::Parse(id.Text()), id);
  EXPECT_NE(RecordId::New(), id);
  EXPECT_FALSE(RecordId::Parse(id.Text() + "00"));
  EXPECT_FALSE(RecordId::Parse("ABCDEF00000000000000000000000000"));
}

TEST(RecordCodecTest, ADamageNamesADocumentAndNoClient) {
  Record record = tests::AccessOf({}, RecordId::New());
  record.kind = RecordKind::kDamage;
  const auto encoded = EncodeRecord(record);
  ASSERT_TRUE(encoded.ok()) << encoded.error().message;
  EXPECT_EQ(DecodeRecord(encoded.value()).value().subject, record.subject);
  record.client = ClientId::New();
  EXPECT_EQ(EncodeRecord(record).error().reason, "record.malformed");
  base::Bytes other = encoded.value();
  for (const int kind : {0, 5, 8, 10, 255}) {
    other[1] = static_cast<std::uint8_t>(kind);
    EXPECT_EQ(DecodeRecord(other).error().reason, "record.damaged") << kind;
  }
}

}  // namespace
}  // namespace vault
