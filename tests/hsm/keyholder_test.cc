#include "hsm/keyholder.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>

#include "hsm/keyholder_protocol.h"
#include "tests/fakes/issuer.h"
#include "tests/fakes/request_key.h"
#include "tests/fakes/small_tree.h"
#include "tests/fakes/soft_token.h"

namespace hsm {
namespace {

const KeyLabel kKey{"agency-1"};
const std::string kAgency = "test-agency";

// A role in a thread, behind a real door.
class Role {
 public:
  using Serve = base::Status (*)(const KeyholderConfig&, const base::UniqueFd&);

  Role(Serve serve, KeyholderConfig config) {
    base::DoorPair door = base::MakeDoor().value();
    client_ = std::make_unique<KeyholderClient>(base::ChannelClient(std::move(door.caller)));
    thread_ = std::jthread([serve, config = std::move(config), server = std::move(door.server)] {
      EXPECT_TRUE(serve(config, server).ok());
    });
  }
  ~Role() { client_.reset(); }

  KeyholderClient& client() { return *client_; }

 private:
  std::jthread thread_;  // Ends when the client, the last caller, is gone.
  std::unique_ptr<KeyholderClient> client_;
};

class KeyholderTest : public tests::TokenTest {
 protected:
  void SetUp() override {
    TokenTest::SetUp();
    faces_.reset();
  }

  KeyholderConfig config() const {
    KeyholderConfig config = token_->config();
    config.seal_rules[kKey.text] = {.agency = kAgency, .approvers = {}, .hourly = 1000};
    return config;
  }

  void Provision() {
    Role role(ServeProvisioning, token_->config());
    Provisioner& provisioner = role.client();
    const KeyholderConfig config = token_->config();
    ASSERT_TRUE(provisioner.GenerateKey(config.root_key, KeyKind::kRootAes256).ok());
    ASSERT_TRUE(provisioner.GenerateKey(config.mac_key, KeyKind::kMacHmacSha256).ok());
    ASSERT_TRUE(provisioner.GenerateKey(config.checkpoint_key, KeyKind::kCheckpointEd25519).ok());
    ASSERT_TRUE(provisioner.GenerateKey(kKey, KeyKind::kSealP256).ok());
    const auto request = provisioner.CertificateRequest(kKey, {"Test Agency", "", "", "LV"});
    ASSERT_TRUE(request.ok()) << request.error().message;
    certificate_ = tests::IssueFor(request.value());
    ASSERT_TRUE(provisioner.ImportCertificate(kKey, certificate_, {certificate_}).ok());
    EXPECT_EQ(provisioner.Describe().value().keys.size(), 4U);
  }

  base::Bytes certificate_;
};

TEST_F(KeyholderTest, ServesAllThatItsContractsPromise) {
  Provision();
  Role role(ServeKeyholder, config());
  KeyholderClient& client = role.client();
  const SealingCertificate stored = client.Certificate(kKey, kAgency).value();
  EXPECT_EQ(stored.der, certificate_);
  EXPECT_EQ(stored.chain, std::vector<base::Bytes>{certificate_});

  const tests::SmallTree tree = tests::MakeSmallTree(client).value();
  const auto opened = client.OpenKeys(KeyUse::kRead, tree.paths, {tree.Key(), tree.Key(255)});
  EXPECT_TRUE(base::EqualInConstantTime(opened.value().at(1).Reveal(), tree.keys[255].Reveal()));
  PlacedKey moved = tree.Key();
  moved.place.index += 1;
  EXPECT_EQ(tests::OpenReason(client, tree.paths, moved), "key.unwrap-failed");

  EXPECT_EQ(client.MacIdentifier("x").value(), client.MacIdentifier("x").value());
  EXPECT_TRUE(client.SignCheckpoint({5, {}}).value().starts_with("vault.example/log1\n5\n"));
  EXPECT_EQ(client.SignCheckpoint({4, {}}).error().reason, "checkpoint.smaller");
  EXPECT_TRUE(client.CheckpointVerifierKey().value().starts_with("vault.example/log1+"));
}

TEST_F(KeyholderTest, ASealOfAThousandReferencesPassesTheChannel) {
  Provision();
  Role role(ServeKeyholder, config());
  SealRequest request{kKey, {{"", "#SP", ReferenceKind::kSignedProperties, {}}}, {}, {kAgency}};
  while (request.references.size() < 1000)
    request.references.push_back(
        {"",
         "mape/" + std::string(100, 'a') + std::to_string(request.references.size()),
         ReferenceKind::kDocument,
         {}});
  const auto seal = role.client().SealReferences(request);
  ASSERT_TRUE(seal.ok()) << seal.error().message;
  EXPECT_TRUE(
      tests::OpenSslVerifies(certificate_, seal.value().signed_info, seal.value().value, true));
}

TEST_F(KeyholderTest, ACeremonyNeedsItsCustodians) {
  const tests::RequestKey alice("P-256");
  const tests::RequestKey bob("P-256");
  KeyholderConfig config = token_->config();
  config.ceremony.custodians = {alice.Public(), bob.Public()};
  config.ceremony.quorum = 2;
  Role role(ServeProvisioning, config);
  EXPECT_EQ(role.client().GenerateKey(kKey, KeyKind::kSealP256).error().reason, "ceremony.too-few");
  EXPECT_EQ(role.client().CertificateRequest(kKey, {"A", "", "", "LV"}).error().reason,
            "ceremony.too-few");
  EXPECT_EQ(role.client().ImportCertificate(kKey, {}, {}).error().reason, "ceremony.too-few");
  EXPECT_EQ(role.client().RotateKey(kKey, {"k-2"}).error().reason, "ceremony.too-few");
  EXPECT_EQ(role.client().RetireKey(kKey, {""}).error().reason, "ceremony.too-few");
  EXPECT_EQ(role.client().DestroyKey(kKey).error().reason, "ceremony.too-few");
  EXPECT_EQ(role.client().ShareVaultKeys({2, 3}).error().reason, "ceremony.too-few");
  EXPECT_EQ(role.client().RestoreVaultKeys({}).error().reason, "ceremony.too-few");
  EXPECT_TRUE(role.client().ListKeys().value().empty());

  const auto facts = role.client().Describe().value();
  const CeremonyOrder order = NewOrder(facts.vault, facts.label, ToCreate(kKey, KeyKind::kSealP256),
                                       base::SystemClock().Now() + std::chrono::hours(1));
  role.client().UseApprovals(
      {ApproveOrder(order, alice.Private()).value(), ApproveOrder(order, bob.Private()).value()});
  EXPECT_EQ(role.client().GenerateKey(kKey, KeyKind::kSealP384).error().reason,
            "ceremony.other-order");
  EXPECT_TRUE(role.client().GenerateKey(kKey, KeyKind::kSealP256).ok());
  EXPECT_EQ(role.client().GenerateKey(kKey, KeyKind::kSealP256).error().reason, "ceremony.used");
  EXPECT_EQ(role.client().ListKeys().value().size(), 1U);
}

TEST_F(KeyholderTest, SharesPassTheDoorBothWays) {
  Role role(ServeProvisioning, token_->config());
  std::vector<KeyShare> shares = role.client().ShareVaultKeys({2, 3}).value();
  ASSERT_EQ(shares.size(), 3U);
  EXPECT_EQ(shares[2].number, 3);
  EXPECT_EQ(shares[2].value.Reveal().size(), 32U);
  EXPECT_EQ(role.client().RestoreVaultKeys(shares).error().reason, "key.exists");
  shares.pop_back();
  std::swap(shares[0].value, shares[1].value);
  EXPECT_EQ(role.client().RestoreVaultKeys(shares).error().reason, "share.wrong");
  shares.pop_back();
  EXPECT_EQ(role.client().RestoreVaultKeys(shares).error().reason, "share.too-few");
  shares.push_back({"other", 2, 2, base::Secret(base::Bytes(32))});
  EXPECT_EQ(role.client().RestoreVaultKeys(shares).error().reason, "share.malformed");
}

// What readiness and the doctor go by.
TEST_F(KeyholderTest, TheServiceGoesOnWithTheSecondTokenAndSaysSo) {
  const tests::SoftToken other;
  KeyholderConfig config = token_->config();
  config.second = other.config();
  config.token_choice = token_->path() / "token-in-use";
  config.token_patience = std::chrono::seconds(0);
  {
    std::vector<KeyShare> shares =
        Role(ServeProvisioning, config).client().ShareVaultKeys({2, 2}).value();
    ASSERT_TRUE(Role(ServeProvisioning, OnToken(config, "second").value())
                    .client()
                    .RestoreVaultKeys(shares)
                    .ok());
  }
  {
    Role role(ServeKeyholder, config);
    const tests::SmallTree tree = tests::MakeSmallTree(role.client()).value();
    EXPECT_FALSE(role.client().Describe().value().second);
    token_->Remove();
    EXPECT_EQ(tests::OpenReason(role.client(), tree.paths, tree.Key()), "opened")
        << "which needs no token";
    EXPECT_EQ(role.client().NewTop().error().reason, "token.absent");
    EXPECT_TRUE(role.client().NewTop().ok());
    EXPECT_TRUE(role.client().Describe().value().second);
  }
  // A ceremony does not go elsewhere.
  Role ceremony(ServeProvisioning, config);
  for (int i = 0; i < 3; ++i)
    EXPECT_EQ(ceremony.client().ListKeys().error().reason, "token.absent");
}

TEST_F(KeyholderTest, TheServiceDoorAnswersNoProvisioning) {
  Role role(ServeKeyholder, config());
  const auto made = role.client().GenerateKey(kKey, KeyKind::kSealP256);
  ASSERT_FALSE(made.ok());
  EXPECT_EQ(made.error().code, base::ErrorCode::kDenied);
  EXPECT_EQ(made.error().reason, "call.not-allowed");
  EXPECT_EQ(role.client().CertificateRequest(kKey, {"A", "", "", "LV"}).error().reason,
            "call.not-allowed");
  EXPECT_EQ(role.client().ImportCertificate(kKey, {}, {}).error().reason, "call.not-allowed");
  EXPECT_TRUE(role.client().Describe().ok());
}

// The vault's keys are asked of the vault's token alone.
TEST_F(KeyholderTest, ATokenOfSealingKeysAnswersNothingElse) {
  Provision();
  KeyholderConfig all = config();
  all.others["riga"] = token_->config();
  all.seal_rules[kKey.text].token = "riga";
  {
    Role role(ServeKeyholder, OnToken(all, "riga").value());
    EXPECT_TRUE(role.client().Certificate(kKey, kAgency).ok());
    EXPECT_EQ(role.client().Certificate(kKey, "other-agency").error().reason, "key.unknown");
    EXPECT_TRUE(role.client().Describe().ok());
    EXPECT_EQ(role.client().NewTop().error().reason, "call.not-allowed");
    const TopKey top{1, base::Bytes(60)};
    EXPECT_EQ(role.client().KeepRoot(top).error().reason, "call.not-allowed");
    EXPECT_EQ(role.client().OpenKeys(KeyUse::kRead, {top, {}}, {}).error().reason,
              "call.not-allowed");
    EXPECT_EQ(role.client().MacIdentifier("x").error().reason, "call.not-allowed");
    EXPECT_EQ(role.client().SignCheckpoint({}).error().reason, "call.not-allowed");
    EXPECT_EQ(role.client().CheckpointVerifierKey().error().reason, "call.not-allowed");
    EXPECT_EQ(role.client().ListKeys().error().reason, "call.not-allowed");
  }
  Role vaults(ServeKeyholder, OnToken(all, "").value());
  EXPECT_EQ(vaults.client().Certificate(kKey, kAgency).error().reason, "key.unknown");
}

TEST_F(KeyholderTest, TheProvisioningDoorSealsAndOpensNothing) {
  Role role(ServeProvisioning, token_->config());
  EXPECT_EQ(role.client().SealReferences({kKey, {}}).error().reason, "call.not-allowed");
  EXPECT_EQ(role.client().OpenKeys(KeyUse::kRead, {{1, base::Bytes(60)}, {}}, {}).error().reason,
            "call.not-allowed");
  EXPECT_EQ(role.client().MacIdentifier("x").error().reason, "call.not-allowed");
  EXPECT_EQ(role.client().SignCheckpoint({}).error().reason, "call.not-allowed");
}

TEST_F(KeyholderTest, AnAbsentTokenIsAnAnswerAndNotAnEnd) {
  Provision();
  token_->Remove();
  Role role(ServeKeyholder, config());
  EXPECT_EQ(role.client().MacIdentifier("x").error().code, base::ErrorCode::kUnavailable);
  token_->PutBack();
  EXPECT_TRUE(role.client().MacIdentifier("x").ok());
}

TEST_F(KeyholderTest, GarbageIsAnsweredAndTheNextCallServed) {
  base::DoorPair door = base::MakeDoor().value();
  std::jthread server(
      [&, config = token_->config()] { EXPECT_TRUE(ServeKeyholder(config, door.server).ok()); });
  {
    const base::ChannelClient client{std::move(door.caller)};
    const auto answer =
        client.Call({base::ToBytes("{\"call\":\"format-disk\"}"), {}}, std::chrono::seconds(10));
    EXPECT_EQ(DecodeAnswer(answer.value().payload).error().reason, "call.malformed");
    const auto next =
        client.Call({base::ToBytes(EncodeCall(DescribeCall{})), {}}, std::chrono::seconds(10));
    EXPECT_TRUE(DecodeAnswer(next.value().payload).ok());
  }
}

TEST_F(KeyholderTest, ADeathInTheMiddleOfACallIsRoleDown) {
  Provision();
  const std::filesystem::path fifo = token_->Hang("C_SignInit");
  base::DoorPair door = base::MakeDoor().value();
  const KeyholderConfig config = token_->config();
  const pid_t child = ::fork();
  if (child == 0) {
    door.caller.Reset();
    static_cast<void>(ServeKeyholder(config, door.server));
    ::_exit(0);
  }
  door.server.Reset();
  std::jthread killer([&] {
    // Returns when the token call has begun.
    const base::UniqueFd begun{::open(fifo.c_str(), O_RDONLY | O_CLOEXEC)};
    ::kill(child, SIGKILL);
  });
  KeyholderClient client{base::ChannelClient(std::move(door.caller))};
  const auto mac = client.MacIdentifier("x");
  ASSERT_FALSE(mac.ok());
  EXPECT_EQ(mac.error().reason, "channel.role-down");
  int status = 0;
  EXPECT_EQ(::waitpid(child, &status, 0), child);
}

}  // namespace
}  // namespace hsm
