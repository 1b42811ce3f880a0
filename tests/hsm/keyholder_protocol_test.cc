#include "hsm/keyholder_protocol.h"

#include <gtest/gtest.h>

namespace hsm {
namespace {

KeyPaths Paths() {
  return {{7, base::Bytes(60, 1)}, {{{1, 2}, base::Bytes(60, 3)}, {{2, 0x1FF}, base::Bytes(60)}}};
}
NodeToRekey Node() {
  NodeToRekey node{{3, 0x1FFFF}, base::Bytes(kFanOut * kWrappedKeySize, 5), {}};
  node.gone.set(0).set(9).set(255);
  return node;
}

std::vector<KeyholderCall> OneOfEach() {
  return {CertificateCall{{"k"}, "a"},
          SealRequest{{"k"},
                      {{"r1", "a", ReferenceKind::kDocument, {}},
                       {"", "#b", ReferenceKind::kSignedProperties, {}}},
                      SignatureAlgorithm::kRsaPssSha256,
                      {"agency", "LT", "a.b.c", 3, {{}, base::Sha256(base::AsBytes("x"))}}},
          SealBatch{{"k"},
                    {{{"r1", "a", ReferenceKind::kDocument, {}},
                      {"", "#b", ReferenceKind::kSignedProperties, {}}},
                     {{"r1", "c", ReferenceKind::kDocument, {}}}},
                    std::nullopt,
                    {"agency", "B", "", 0, {}}},
          CheckApprovalCall{{{"k"}, {base::Bytes(32)}, SignatureAlgorithm::kEcdsaSha256, {}}},
          HashBatch{{"k"},
                    {base::Bytes(48), base::Bytes(48, 1)},
                    SignatureAlgorithm::kEcdsaSha384,
                    {"agency", "hash", "a.b.c", 0, {}}},
          NewTopCall{},
          MakeLeafCall{Paths(), 0xFFFFFF},
          OpenKeysCall{KeyUse::kHistory, Paths(), {{{4, 0xFFFFFFFF}, base::Bytes(60)}}},
          NewRootCall{Paths().top, {{}, {"a.b.c"}}},
          RekeyCall{Paths(), Paths(), {Node()}},
          KeepRootCall{Paths().top},
          MacCall{std::string("\xff\0x", 3)},
          CheckpointBody{7, {}},
          VerifierKeyCall{},
          GenerateKeyCall{{"k"}, KeyKind::kSealRsa3072},
          CertificateRequestCall{{"k"}, {"n", "o", "i", "LV"}},
          ImportCertificateCall{{"k"}, base::Bytes(5), {base::Bytes(3)}, {"a.b.c", "d.e.f"}},
          RotateKeyCall{{{"k"}, {"k-2"}, {"a.b.c"}}},
          RetireKeyCall{{{"k"}, {""}, {}}},
          DestroyKeyCall{{"k"}},
          ListKeysCall{},
          ShareVaultKeysCall{{2, 3}},
          RestoreVaultKeysCall{"ab", 2, {1, 3}},
          DescribeCall{}};
}

std::string ReasonFor(std::string_view text) {
  const auto call = DecodeCall(text);
  return call.ok() ? "decoded" : call.error().reason;
}

TEST(KeyholderProtocolTest, WhatIsEncodedDecodesToTheSame) {
  const std::vector<KeyholderCall> calls = OneOfEach();
  ASSERT_EQ(calls.size(), std::variant_size_v<KeyholderCall>);
  for (const KeyholderCall& call : calls) {
    const std::string text = EncodeCall(call);
    const auto decoded = DecodeCall(text);
    ASSERT_TRUE(decoded.ok()) << text;
    EXPECT_EQ(decoded.value().index(), call.index());
    EXPECT_EQ(EncodeCall(decoded.value()), text);
  }
}

TEST(KeyholderProtocolTest, AsManyNodesAsACallMayHavePass) {
  const RekeyCall call{Paths(), Paths(), std::vector<NodeToRekey>(kMaxNodesToRekey, Node())};
  const std::string text = EncodeCall(call);
  const auto unpacked = Unpack(Pack(base::ToBytes(text)).value());
  ASSERT_TRUE(unpacked.ok()) << unpacked.error().message;
  const auto decoded = DecodeCall(base::AsText(unpacked.value()));
  ASSERT_TRUE(decoded.ok());
  const auto& nodes = std::get<RekeyCall>(decoded.value()).nodes;
  ASSERT_EQ(nodes.size(), kMaxNodesToRekey);
  EXPECT_EQ(nodes[127].place, Node().place);
  EXPECT_EQ(nodes[127].gone, Node().gone);
  EXPECT_EQ(nodes[127].row, Node().row);
}

TEST(KeyholderProtocolTest, RefusesWhatIsNoCall) {
  EXPECT_EQ(ReasonFor(""), "call.malformed");
  EXPECT_EQ(ReasonFor("[]"), "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"nothing"})"), "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"mac"})"), "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"mac","identifier":"not base64"})"), "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"mac","identifier":"eA==","more":1})"), "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"describe","key":"k"})"), "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"checkpoint","size":-1,"root":")" + std::string(43, 'A') + "=\"}"),
            "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"keep-root","top":{"generation":1,"wrapped":"AA=="}})"),
            "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"generate-key","label":"k","kind":"des"})"), "call.malformed");
  EXPECT_EQ(ReasonFor(R"({"call":"seal","key":"k","references":[1]})"), "call.malformed");
}

TEST(KeyholderProtocolTest, OnlyProvisioningCallsPassTheProvisioningDoor) {
  for (const KeyholderCall& call : OneOfEach()) {
    const bool provisioning = std::holds_alternative<GenerateKeyCall>(call) ||
                              std::holds_alternative<CertificateRequestCall>(call) ||
                              std::holds_alternative<ImportCertificateCall>(call) ||
                              std::holds_alternative<RotateKeyCall>(call) ||
                              std::holds_alternative<RetireKeyCall>(call) ||
                              std::holds_alternative<DestroyKeyCall>(call) ||
                              std::holds_alternative<ListKeysCall>(call) ||
                              std::holds_alternative<ShareVaultKeysCall>(call) ||
                              std::holds_alternative<RestoreVaultKeysCall>(call);
    const bool both = std::holds_alternative<DescribeCall>(call);
    EXPECT_EQ(IsAnsweredAt(DoorPurpose::kProvisioning, call), provisioning || both);
    EXPECT_EQ(IsAnsweredAt(DoorPurpose::kService, call), !provisioning);
  }
}

TEST(KeyholderProtocolTest, SecretsTravelBehindTheJsonAndNotInIt) {
  KeyholderAnswer answer{BytesToJson(base::Bytes(4)), {}};
  answer.secrets.emplace_back(base::Bytes(32, 'S'));
  answer.secrets.emplace_back(base::Bytes(32, 'T'));
  const base::Bytes bytes = EncodeAnswer(std::move(answer));
  EXPECT_EQ(base::ToString(bytes), R"({"answer":{"bytes":"AAAAAA=="}})" + std::string(1, '\0') +
                                       std::string(32, 'S') + std::string(32, 'T'));
  const auto decoded = DecodeAnswer(bytes);
  ASSERT_TRUE(decoded.ok());
  EXPECT_EQ(decoded.value().secrets.size(), 2U);
  EXPECT_EQ(base::ToString(decoded.value().secrets.at(1).Reveal()), std::string(32, 'T'));
}

TEST(KeyholderProtocolTest, AnErrorTravelsAsItIs) {
  const base::Error error{base::ErrorCode::kUnavailable, "token.absent", "where is it"};
  const auto decoded = DecodeAnswer(EncodeAnswer(error));
  ASSERT_FALSE(decoded.ok());
  EXPECT_EQ(decoded.error().code, error.code);
  EXPECT_EQ(decoded.error().reason, error.reason);
  EXPECT_EQ(decoded.error().message, error.message);
}

TEST(KeyholderProtocolTest, AnAnswerThatIsNoneIsOurBug) {
  EXPECT_EQ(DecodeAnswer(base::ToBytes("{}")).error().reason, "channel.malformed");
  EXPECT_EQ(DecodeAnswer(base::ToBytes("x")).error().reason, "channel.malformed");
  EXPECT_EQ(DecodeAnswer({}).error().reason, "channel.malformed");
  base::Bytes torn = base::ToBytes(R"({"answer":{}})");
  torn.resize(torn.size() + 32);
  EXPECT_EQ(DecodeAnswer(torn).error().reason, "channel.malformed");
}

TEST(KeyholderProtocolTest, LongMessagesTravelAsAFile) {
  const base::Bytes big(300'000, 'x');
  base::Message message = Pack(big).value();
  EXPECT_EQ(message.files.size(), 1U);
  EXPECT_EQ(Unpack(std::move(message)).value(), big);
}

TEST(KeyholderProtocolTest, AFileBeyondTheLimitIsRefused) {
  base::Message message = Pack(base::Bytes(5'000'000)).value();
  EXPECT_EQ(Unpack(std::move(message)).error().reason, "file.too-large");
}

}  // namespace
}  // namespace hsm
