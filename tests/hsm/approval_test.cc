#include "hsm/approval.h"

#include <gtest/gtest.h>

#include "base/base64.h"
#include "base/json.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/request_key.h"

namespace hsm {
namespace {

using base::Json;
using tests::RequestKey;

Approval Sample() {
  return {.vault = "vault.example/log1",
          .key = {"agency-1"},
          .level = "LT",
          .groups = {GroupDigest({base::Sha256(base::AsBytes("x"))})},
          .nonce = "0123456789abcdef",
          .expires = tests::FixedClock().now + std::chrono::hours(1),
          .uses = 2};
}

std::string Signed(const RequestKey& key, const Approval& approval = Sample()) {
  return SignApproval(approval, key.Private()).value();
}

std::string Reason(const std::string& jws, const std::vector<base::Bytes>& approvers) {
  const auto opened = OpenApproval(jws, approvers);
  return opened.ok() ? "opened" : opened.error().reason;
}

// Another header or other claims, signed all the same by the right key.
std::string Crafted(const RequestKey& key, const std::string& header, const std::string& claims) {
  const std::string input = base::Base64UrlEncode(base::AsBytes(header)) + "." +
                            base::Base64UrlEncode(base::AsBytes(claims));
  return input + "." + base::Base64UrlEncode(key.SignEs256(input));
}

constexpr const char* kHeader = R"({"alg":"ES256","typ":"edocvault-approval+jwt"})";

Json Claims() {
  return Json()
      .Set("aud", "v")
      .Set("key", "k")
      .Set("level", "B")
      .Set("groups", Json(Json::Array{std::string(64, 'a')}))
      .Set("jti", "0123456789abcdef")
      .Set("exp", 1);
}

TEST(ApprovalTest, KeysOfEveryKindApprove) {
  for (const char* type : {"P-256", "P-384", "ED25519", "RSA"}) {
    const RequestKey key(type);
    ASSERT_TRUE(IsRequestKey(key.Public())) << type;
    const auto opened = OpenApproval(Signed(key), {RequestKey("P-256").Public(), key.Public()});
    ASSERT_TRUE(opened.ok()) << type << opened.error().message;
    EXPECT_EQ(opened.value().vault, "vault.example/log1");
    EXPECT_EQ(opened.value().key.text, "agency-1");
    EXPECT_EQ(opened.value().level, "LT");
    EXPECT_EQ(opened.value().groups, Sample().groups);
    EXPECT_EQ(opened.value().expires, Sample().expires);
    EXPECT_EQ(opened.value().uses, 2U);
  }
}

TEST(ApprovalTest, NobodyElseApproves) {
  const RequestKey key("P-256");
  EXPECT_EQ(Reason(Signed(key), {RequestKey("P-256").Public()}), "approval.wrong-signature");
  EXPECT_EQ(Reason(Signed(key), {RequestKey("RSA").Public()}), "approval.wrong-signature");
  EXPECT_EQ(Reason(Signed(key), {}), "approval.wrong-signature");
}

TEST(ApprovalTest, AnyOtherByteIsNoApproval) {
  const RequestKey key("P-256");
  const std::string good = Signed(key);
  for (std::size_t i = 0; i < good.size(); i += 7) {
    std::string bad = good;
    bad[i] = bad[i] == 'A' ? 'B' : 'A';
    EXPECT_NE(Reason(bad, {key.Public()}), "opened") << i;
  }
}

TEST(ApprovalTest, RefusesKeysThatAreTooWeakOrOfNoUse) {
  EXPECT_FALSE(IsRequestKey(RequestKey("RSA", 1024).Public()));
  EXPECT_FALSE(IsRequestKey(RequestKey("P-521").Public()));
  EXPECT_FALSE(IsRequestKey(base::ToBytes("no key")));
  EXPECT_EQ(SignApproval(Sample(), base::Secret(base::ToBytes("no key"))).error().reason,
            "approval.bad-key");
}

TEST(ApprovalTest, RefusesHeadersThatCouldMeanSomethingElse) {
  const RequestKey key("P-256");
  const std::string claims = Claims().Dump();
  ASSERT_EQ(Reason(Crafted(key, kHeader, claims), {key.Public()}), "opened");
  for (const char* header : {
           R"({"alg":"none","typ":"edocvault-approval+jwt"})",
           R"({"alg":"HS256","typ":"edocvault-approval+jwt"})",
           R"({"alg":"ES256","typ":"JWT"})",
           R"({"alg":"ES256"})",
           R"({"alg":"ES256","typ":"edocvault-approval+jwt","crit":["b64"],"b64":false})",
           R"({"alg":"ES256","typ":"edocvault-approval+jwt","jwk":{}})",
           R"(["ES256"])",
       })
    EXPECT_EQ(Reason(Crafted(key, header, claims), {key.Public()}), "approval.malformed") << header;
  // The same signature under the name of another algorithm.
  EXPECT_EQ(Reason(Crafted(key, R"({"alg":"ES384","typ":"edocvault-approval+jwt"})", claims),
                   {key.Public()}),
            "approval.wrong-signature");
}

TEST(ApprovalTest, RefusesClaimsThatAreNotWhole) {
  const RequestKey key("P-256");
  const auto reason = [&](const Json& claims) {
    return Reason(Crafted(key, kHeader, claims.Dump()), {key.Public()});
  };
  EXPECT_EQ(reason(Claims()), "opened");
  EXPECT_EQ(reason(Claims().Set("iat", 5)), "opened");
  for (const char* name : {"aud", "key", "level", "groups", "jti"})
    EXPECT_EQ(reason(Claims().Set(name, "")), "approval.malformed") << name;
  EXPECT_EQ(reason(Claims().Set("nbf", 5)), "approval.malformed");
  EXPECT_EQ(reason(Claims().Set("uses", 0)), "approval.malformed");
  EXPECT_EQ(reason(Claims().Set("uses", 17)), "approval.malformed");
  EXPECT_EQ(reason(Claims().Set("groups", Json(Json::Array{}))), "approval.malformed");
  EXPECT_EQ(reason(Claims().Set("groups", Json(Json::Array{"aa"}))), "approval.malformed");
  EXPECT_EQ(reason(Claims().Set("groups", Json(Json::Array(65, std::string(64, 'a'))))),
            "approval.malformed");
  EXPECT_EQ(reason(Claims().Set("jti", "../0123456789abc")), "approval.malformed");
}

TEST(ApprovalTest, AnItemIsWhatSha256sumPrints) {
  const auto digest = base::Sha256(base::AsBytes("abc"));
  const std::string line = base::HexEncode(digest.bytes) + "  a\xC4\x81 b.txt\n";
  const auto expected = base::Sha256(base::AsBytes(line));
  EXPECT_EQ(ItemDigest({NamedDigest{"a\xC4\x81 b.txt", digest}}), expected);
  EXPECT_EQ(ItemDigest({Reference{"r", "a%C4%81%20b.txt", ReferenceKind::kDocument, digest},
                        Reference{"", "#SP", ReferenceKind::kSignedProperties, {}}}),
            expected);
}

TEST(ApprovalTest, TheOrderOfDocumentsDoesNotMatterTheirNamesDo) {
  const NamedDigest a{"a", base::Sha256(base::AsBytes("1"))};
  const NamedDigest b{"b", base::Sha256(base::AsBytes("2"))};
  EXPECT_EQ(ItemDigest({a, b}), ItemDigest({b, a}));
  EXPECT_FALSE(ItemDigest({a, b}) == ItemDigest({NamedDigest{"b", a.digest}, {"a", b.digest}}));
}

}  // namespace
}  // namespace hsm
