#include "hsm/guarded_signer.h"

#include <gtest/gtest.h>

#include <thread>

#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/request_key.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

const KeyLabel kKey{"agency-1"};
const KeyLabel kUnattended{"agency-2"};
const KeyLabel kRemote{"agency-3"};
const std::string kAgency = "test-agency";
constexpr std::uint32_t kHourly = 100;

std::vector<Reference> References(const std::string& name) {
  return {{"r1", name, ReferenceKind::kDocument, base::Sha256(base::AsBytes(name))},
          {"r2", "#S0-SP", ReferenceKind::kSignedProperties, base::Sha256(base::AsBytes("p"))}};
}

class GuardedSignerTest : public tests::TokenTest {
 protected:
  void SetUp() override {
    TokenTest::SetUp();
    if (IsSkipped()) return;
    for (const KeyLabel& label : {kKey, kUnattended, kRemote}) {
      const KeyKind kind = label == kRemote ? KeyKind::kRemoteP256 : KeyKind::kSealP256;
      ASSERT_TRUE(faces_->provisioner.GenerateKey(label, kind).ok());
      const auto request = faces_->provisioner.CertificateRequest(label, {"Test", "", "", "LV"});
      ASSERT_TRUE(
          faces_->provisioner.ImportCertificate(label, tests::IssueFor(request.value()), {}).ok());
    }
    Start();
  }

  // A second life, as far as the guard can tell.
  void Start() {
    guard_ = std::make_unique<GuardedSigner>(
        faces_->signer,
        GuardConfig{.rules = {{kKey.text, {false, kAgency, {request_key_.Public()}, 0}},
                              {kRemote.text, {true, kAgency, {request_key_.Public()}, 0}},
                              {kUnattended.text, {false, kAgency, {}, hourly_}}},
                    .vault = "vault.example/log1",
                    .uses = token_->path() / "uses"},
        clock_);
  }

  Approval ApprovalOf(const std::vector<std::vector<Reference>>& signatures) const {
    Approval approval{.vault = "vault.example/log1",
                      .key = kKey,
                      .level = "B",
                      .groups = {GroupDigest(Items(signatures))},
                      .nonce = "0123456789abcdef",
                      .expires = clock_.now + std::chrono::hours(1)};
    return approval;
  }
  static std::vector<base::Sha256Digest> Items(
      const std::vector<std::vector<Reference>>& signatures) {
    std::vector<base::Sha256Digest> items;
    for (const auto& references : signatures) items.push_back(ItemDigest(references));
    return items;
  }
  Mandate MandateFor(const Approval& approval,
                     const std::vector<std::vector<Reference>>& signatures) const {
    return {.agency = kAgency,
            .level = "B",
            .approval = SignApproval(approval, request_key_.Private()).value(),
            .group = 0,
            .items = Items(signatures)};
  }

  std::string Seal(const Mandate& mandate, const std::string& name = "a.pdf",
                   const KeyLabel& key = kKey) {
    const auto seal = guard_->SealReferences({key, References(name), {}, mandate});
    return seal.ok() ? "sealed" : seal.error().reason;
  }
  std::string SealUnder(const Approval& approval, const std::string& name = "a.pdf") {
    return Seal(MandateFor(approval, {References(name)}), name);
  }

  SealBatch Batch(std::size_t size) {
    SealBatch batch{kUnattended, {}, {}, {.agency = kAgency, .level = "B"}};
    for (std::size_t i = 0; i < size; ++i)
      batch.signatures.push_back(References("f" + std::to_string(i)));
    return batch;
  }

  const tests::RequestKey request_key_{"P-256"};
  tests::FixedClock clock_;
  std::uint32_t hourly_ = kHourly;
  std::unique_ptr<GuardedSigner> guard_;
};

TEST_F(GuardedSignerTest, SealsWhatWasApprovedAndOnce) {
  const Approval approval = ApprovalOf({References("a.pdf")});
  EXPECT_EQ(SealUnder(approval), "sealed");
  EXPECT_EQ(SealUnder(approval), "approval.used");
  Start();
  EXPECT_EQ(SealUnder(approval), "approval.used");
}

TEST_F(GuardedSignerTest, SealsNothingWithoutAnApproval) {
  EXPECT_EQ(Seal({.agency = kAgency, .level = "B"}), "approval.required");
}

TEST_F(GuardedSignerTest, SealsNothingButWhatWasApproved) {
  const Approval approval = ApprovalOf({References("a.pdf")});
  EXPECT_EQ(Seal(MandateFor(approval, {References("a.pdf")}), "b.pdf"), "approval.other-documents");
  EXPECT_EQ(Seal(MandateFor(approval, {References("b.pdf")}), "b.pdf"), "approval.other-documents");
  Mandate beyond = MandateFor(approval, {References("a.pdf")});
  beyond.group = 1;
  EXPECT_EQ(Seal(beyond), "approval.other-documents");
  EXPECT_EQ(SealUnder(approval), "sealed") << "what was refused used nothing up";
}

TEST_F(GuardedSignerTest, EachWordOfAnApprovalCounts) {
  const auto with = [&](auto change) {
    Approval approval = ApprovalOf({References("a.pdf")});
    change(approval);
    return SealUnder(approval);
  };
  EXPECT_EQ(with([](Approval& a) { a.vault = "other.example/log"; }), "approval.other-vault");
  EXPECT_EQ(with([](Approval& a) { a.key = kUnattended; }), "approval.other-key");
  EXPECT_EQ(with([](Approval& a) { a.level = "LT"; }), "approval.other-level");
  EXPECT_EQ(with([&](Approval& a) { a.expires = clock_.now; }), "approval.expired");
  EXPECT_EQ(with([&](Approval& a) { a.expires = clock_.now + std::chrono::days(32); }),
            "approval.too-long");
}

TEST_F(GuardedSignerTest, AnExpiredApprovalStaysExpiredWhenTheClockGoesBack) {
  Approval approval = ApprovalOf({References("a.pdf")});
  EXPECT_EQ(SealUnder(approval), "sealed");
  Approval later = approval;
  later.nonce = "another-nonce-0001";
  clock_.now += std::chrono::hours(2);
  later.expires = clock_.now + std::chrono::hours(1);
  EXPECT_EQ(SealUnder(later), "sealed");
  clock_.now -= std::chrono::hours(2);
  Start();
  EXPECT_EQ(SealUnder(approval), "approval.expired");
}

TEST_F(GuardedSignerTest, AnothersNonceNeitherSpendsNorRevivesAnApproval) {
  const tests::RequestKey others_key{"P-256"};
  const auto start = [&] {
    guard_ = std::make_unique<GuardedSigner>(
        faces_->signer,
        GuardConfig{
            .rules = {{kKey.text, {false, kAgency, {request_key_.Public()}, 0}},
                      {kUnattended.text, {false, "other-agency", {others_key.Public()}, 0}}},
            .vault = "vault.example/log1",
            .uses = token_->path() / "uses"},
        clock_);
  };
  // What the other agency approves, under a nonce of its choice and for a second only.
  const auto seal_others = [&] {
    Approval approval = ApprovalOf({References("b.pdf")});
    approval.key = kUnattended;
    approval.expires = clock_.now + std::chrono::seconds(1);
    approval.uses = Approval::kMostUses;
    Mandate mandate = MandateFor(approval, {References("b.pdf")});
    mandate.agency = "other-agency";
    mandate.approval = SignApproval(approval, others_key.Private()).value();
    return Seal(mandate, "b.pdf", kUnattended);
  };
  start();
  const Approval approval = ApprovalOf({References("a.pdf")});
  EXPECT_EQ(seal_others(), "sealed");
  EXPECT_EQ(SealUnder(approval), "sealed") << "the other one used nothing up";
  EXPECT_EQ(seal_others(), "sealed");
  clock_.now += std::chrono::minutes(1);
  EXPECT_EQ(seal_others(), "sealed");
  start();
  EXPECT_EQ(SealUnder(approval), "approval.used");
}

TEST_F(GuardedSignerTest, AUseIsGivenBackWhenTheTokenDidNotSign) {
  const Approval approval = ApprovalOf({References("a.pdf")});
  token_->FailNext("C_Sign", CKR_KEY_HANDLE_INVALID, 10);
  EXPECT_NE(SealUnder(approval), "sealed");
  token_->FailNext("C_Sign", CKR_OK, 0);
  EXPECT_EQ(SealUnder(approval), "sealed");
  EXPECT_EQ(SealUnder(approval), "approval.used");
}

TEST_F(GuardedSignerTest, AGroupIsSealedAgainAsOftenAsWasApprovedAlsoInPart) {
  const std::vector<std::vector<Reference>> group{References("a"), References("b")};
  Approval approval = ApprovalOf(group);
  approval.uses = 2;
  SealBatch batch{kKey, group, {}, MandateFor(approval, group)};
  EXPECT_EQ(guard_->SealAll(batch).value().seals.size(), 2U);
  batch.signatures.erase(batch.signatures.begin());
  EXPECT_EQ(guard_->SealAll(batch).value().seals.size(), 1U);
  EXPECT_EQ(guard_->SealAll(batch).error().reason, "approval.used");
}

TEST_F(GuardedSignerTest, AnItemOfAGroupIsNotSealedTwiceInOneCall) {
  const std::vector<std::vector<Reference>> group{References("a"), References("b")};
  SealBatch batch{kKey, {group[0], group[0]}, {}, MandateFor(ApprovalOf(group), group)};
  EXPECT_EQ(guard_->SealAll(batch).error().reason, "approval.other-documents");
}

TEST_F(GuardedSignerTest, AKeyIsUnknownToOtherAgencies) {
  EXPECT_TRUE(guard_->Certificate(kKey, kAgency).ok());
  for (const char* agency : {"other-agency", ""}) {
    EXPECT_EQ(guard_->Certificate(kKey, agency).error().reason, "key.unknown");
    Mandate mandate = MandateFor(ApprovalOf({References("a.pdf")}), {References("a.pdf")});
    mandate.agency = agency;
    EXPECT_EQ(Seal(mandate), "key.unknown");
  }
  EXPECT_EQ(guard_->Certificate({"no-such-key"}, kAgency).error().reason, "key.unknown");
}

TEST_F(GuardedSignerTest, AnUnattendedKeySealsUpToItsQuotaAndOnInTheNextHour) {
  const auto first = guard_->SealAll(Batch(60));
  ASSERT_TRUE(first.ok()) << first.error().message;
  const auto second = guard_->SealAll(Batch(60)).value();
  EXPECT_EQ(second.seals.size(), 40U);
  ASSERT_TRUE(second.stopped.has_value());
  EXPECT_EQ(second.stopped->reason, "key.quota-spent");
  EXPECT_EQ(Seal({.agency = kAgency}, "a", kUnattended), "key.quota-spent");
  Start();
  EXPECT_EQ(Seal({.agency = kAgency}, "a", kUnattended), "key.quota-spent");
  clock_.now += std::chrono::hours(1);
  EXPECT_EQ(Seal({.agency = kAgency}, "a", kUnattended), "sealed");
}

// Counted ahead was a 64th of the quota: after so many restarts there was none left.
TEST_F(GuardedSignerTest, RestartsDoNotSpendTheQuota) {
  hourly_ = 100'000;
  for (int i = 0; i < 200; ++i) {
    Start();
    ASSERT_EQ(Seal({.agency = kAgency}, "a", kUnattended), "sealed") << i;
  }
}

TEST_F(GuardedSignerTest, ALostTokenSpendsNoQuota) {
  token_->FailNext("C_Sign", CKR_DEVICE_REMOVED, 1000);
  for (int i = 0; i < 3; ++i) EXPECT_FALSE(guard_->SealAll(Batch(60)).ok());
  token_->FailNext("C_Sign", CKR_OK, 0);
  EXPECT_EQ(guard_->SealAll(Batch(100)).value().seals.size(), 100U);
}

TEST_F(GuardedSignerTest, ATokenLostInABatchSpendsTheQuotaOfWhatItSigned) {
  token_->SlowDown("C_Sign", std::chrono::milliseconds(20), 1000);
  std::size_t sealed = 0;
  {
    const std::jthread loser([&] {
      std::this_thread::sleep_for(std::chrono::milliseconds(200));
      token_->FailNext("C_Sign", CKR_KEY_HANDLE_INVALID, 1000);
    });
    const auto some = guard_->SealAll(Batch(100));
    if (some.ok()) sealed = some.value().seals.size();
  }
  token_->SlowDown("C_Sign", std::chrono::milliseconds(0), 0);
  token_->FailNext("C_Sign", CKR_OK, 0);
  EXPECT_EQ(guard_->SealAll(Batch(100)).value().seals.size(), 100 - sealed);
}

class GuardedHashTest : public GuardedSignerTest {
 protected:
  HashBatch Hashes(std::size_t count) const {
    HashBatch batch{kRemote, {}, SignatureAlgorithm::kEcdsaSha256, {}};
    std::vector<base::Sha256Digest> items;
    for (std::size_t i = 0; i < count; ++i) {
      batch.hashes.push_back(base::Bytes(32, static_cast<std::uint8_t>(i)));
      items.push_back(ItemDigest(base::ByteSpan(batch.hashes.back())));
    }
    const Approval approval{.vault = "vault.example/log1",
                            .key = kRemote,
                            .level = "hash",
                            .groups = {GroupDigest(items)},
                            .nonce = "0123456789abcdef",
                            .expires = clock_.now + std::chrono::hours(1)};
    batch.mandate = {.agency = kAgency,
                     .level = "hash",
                     .approval = SignApproval(approval, request_key_.Private()).value(),
                     .group = 0,
                     .items = items};
    return batch;
  }
};

TEST_F(GuardedHashTest, SignsTheHashesThatWereApprovedAndOnce) {
  const HashBatch batch = Hashes(3);
  EXPECT_EQ(guard_->CheckApproval(batch).value(), clock_.now + std::chrono::hours(1));
  const auto values = guard_->SignHashes(batch);
  ASSERT_TRUE(values.ok()) << values.error().message;
  EXPECT_EQ(values.value().size(), 3U);
  EXPECT_EQ(values.value()[0][0], 0x30) << "Ecdsa-Sig-Value";
  EXPECT_EQ(guard_->SignHashes(batch).error().reason, "approval.used");
  EXPECT_EQ(guard_->CheckApproval(batch).error().reason, "approval.used");
}

TEST_F(GuardedHashTest, SignsNoOtherHash) {
  HashBatch batch = Hashes(2);
  batch.hashes[1][0] ^= 1U;
  EXPECT_EQ(guard_->SignHashes(batch).error().reason, "approval.other-documents");
  batch = Hashes(2);
  batch.hashes.push_back(base::Bytes(32, 9));
  EXPECT_EQ(guard_->SignHashes(batch).error().reason, "approval.other-documents");
  batch = Hashes(2);
  batch.mandate.approval.clear();
  EXPECT_EQ(guard_->SignHashes(batch).error().reason, "approval.required");
}

TEST_F(GuardedHashTest, AHashOfAnotherLengthIsRefusedAndUsesNothingUp) {
  HashBatch batch = Hashes(1);
  batch.algorithm = SignatureAlgorithm::kEcdsaSha384;
  EXPECT_EQ(guard_->SignHashes(batch).error().reason, "hash.malformed");
  batch.algorithm = SignatureAlgorithm::kRsaSha256;
  EXPECT_EQ(guard_->SignHashes(batch).error().reason, "seal.other-algorithm");
  EXPECT_TRUE(guard_->SignHashes(Hashes(1)).ok());
}

TEST_F(GuardedHashTest, SealsAndHashesHaveKeysOfTheirOwn) {
  HashBatch batch = Hashes(1);
  batch.key = kKey;
  EXPECT_EQ(guard_->SignHashes(batch).error().reason, "key.other-purpose");
  EXPECT_EQ(Seal({.agency = kAgency, .level = "B"}, "a.pdf", kRemote), "key.other-purpose");
  // In the token as well, whatever the rules say.
  EXPECT_EQ(faces_->signer.SignHashes(batch).error().reason, "key.unknown");
  EXPECT_EQ(faces_->signer.SealReferences({kRemote, References("a"), {}, {}}).error().reason,
            "key.unknown");
}

}  // namespace
}  // namespace hsm
