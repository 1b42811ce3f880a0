#include "hsm/ceremony.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <optional>

#include "hsm/approval.h"
#include "hsm/ceremony_guard.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/request_key.h"
#include "tests/fakes/temp_dir.h"

namespace hsm {
namespace {

const CeremonyAct kAct = ToCreate({"agency-1"}, KeyKind::kSealP256);

class CeremonyTest : public ::testing::Test {
 protected:
  CeremonyTest() { Restart(); }

  CeremonyRules Rules() const {
    return {.custodians = {alice_.Public(), bob_.Public(), carol_.Public()},
            .quorum = 2,
            .log = folder_.path() / "ceremony-log"};
  }
  void Restart() { guard_.emplace(Rules(), "vault.example/log1", "token 1", clock_); }

  CeremonyOrder Order(const CeremonyAct& act = kAct) const {
    return NewOrder("vault.example/log1", "token 1", act, clock_.Now() + std::chrono::hours(1));
  }
  static std::string By(const tests::RequestKey& custodian, const CeremonyOrder& order) {
    return ApproveOrder(order, custodian.Private()).value();
  }
  std::vector<std::string> ByTwo(const CeremonyOrder& order) const {
    return {By(alice_, order), By(bob_, order)};
  }

  // Why it was not done; empty when it was, exactly once.
  std::string Ask(const std::vector<std::string>& approvals, const CeremonyAct& act = kAct,
                  const base::Status& outcome = base::Ok()) {
    int done = 0;
    const base::Status result = guard_->Perform(act, approvals, [&] {
      ++done;
      return outcome;
    });
    EXPECT_EQ(done, result.ok() || !outcome.ok() ? 1 : 0) << "not once, or though refused";
    return result.ok() ? "" : result.error().reason;
  }

  std::string Log() const {
    std::ifstream file(folder_.path() / "ceremony-log");
    return {std::istreambuf_iterator<char>(file), {}};
  }
  void WriteLog(const std::string& text) const {
    std::ofstream(folder_.path() / "ceremony-log") << text;
  }

  const tests::RequestKey alice_{"P-256"};
  const tests::RequestKey bob_{"ED25519"};
  const tests::RequestKey carol_{"P-384"};
  tests::FixedClock clock_;
  tests::TempDir folder_;
  std::optional<CeremonyGuard> guard_;
};

TEST_F(CeremonyTest, TwoCustodiansOfTheSameOrderAreEnough) {
  const CeremonyOrder order = Order();
  EXPECT_EQ(Ask(ByTwo(order)), "");
  const std::string log = Log();
  EXPECT_EQ(std::ranges::count(log, '\n'), 2);
  EXPECT_NE(log.find("\"log\":\"begun\""), std::string::npos);
  EXPECT_NE(log.find("\"log\":\"done\""), std::string::npos);
  EXPECT_NE(log.find(order.nonce), std::string::npos);
  EXPECT_NE(log.find(base::HexEncode(base::Sha256(alice_.Public()).bytes)), std::string::npos);
}

TEST_F(CeremonyTest, OneCustodianIsNotTwo) {
  const CeremonyOrder order = Order();
  EXPECT_EQ(Ask({}), "ceremony.too-few");
  EXPECT_EQ(Ask({By(alice_, order)}), "ceremony.too-few");
  EXPECT_EQ(Ask({By(alice_, order), By(alice_, order)}), "ceremony.too-few");
  EXPECT_EQ(Log(), "");
}

// The same public key under two names in the configuration.
TEST_F(CeremonyTest, ACustodianRegisteredTwiceIsStillOne) {
  CeremonyRules rules = Rules();
  base::Bytes again = alice_.Public();
  again.push_back('\n');
  rules.custodians.push_back(again);
  CeremonyGuard guard(rules, "vault.example/log1", "token 1", clock_);
  const CeremonyOrder order = Order();
  const auto done = guard.Perform(kAct, {By(alice_, order), By(alice_, order)},
                                  []() -> base::Status { return base::Ok(); });
  EXPECT_EQ(done.error().reason, "ceremony.too-few");
}

TEST_F(CeremonyTest, AStrangerIsNoCustodian) {
  const tests::RequestKey mallory("P-256");
  const CeremonyOrder order = Order();
  EXPECT_EQ(Ask({By(alice_, order), By(mallory, order)}), "ceremony.not-custodian");
}

TEST_F(CeremonyTest, AnOrderIsCarriedOutOnceAlsoAfterARestart) {
  const std::vector<std::string> approvals = ByTwo(Order());
  EXPECT_EQ(Ask(approvals), "");
  EXPECT_EQ(Ask(approvals), "ceremony.used");
  Restart();
  EXPECT_EQ(Ask(approvals), "ceremony.used");
}

// A third approval of an order that was used is the same order.
TEST_F(CeremonyTest, OtherCustodiansDoNotRenewAnOrder) {
  const CeremonyOrder order = Order();
  EXPECT_EQ(Ask(ByTwo(order)), "");
  EXPECT_EQ(Ask({By(bob_, order), By(carol_, order)}), "ceremony.used");
}

TEST_F(CeremonyTest, WhatFailedMayBeTriedAgainUnderTheSameOrder) {
  const std::vector<std::string> approvals = ByTwo(Order());
  const base::Error absent{base::ErrorCode::kUnavailable, "token.absent", ""};
  EXPECT_EQ(Ask(approvals, kAct, absent), "token.absent");
  Restart();
  EXPECT_EQ(Ask(approvals), "");
  EXPECT_EQ(Ask(approvals), "ceremony.used");
}

// The process ended between the act and its last line: nobody knows what came of it.
TEST_F(CeremonyTest, WhatBeganAndDidNotEndIsNotDoneAgain) {
  const std::vector<std::string> approvals = ByTwo(Order());
  EXPECT_EQ(Ask(approvals), "");
  const std::string log = Log();
  WriteLog(log.substr(0, log.find('\n') + 1));
  Restart();
  EXPECT_EQ(Ask(approvals), "ceremony.used");
}

TEST_F(CeremonyTest, NothingButWhatWasApprovedIsDone) {
  const std::vector<std::string> approvals = ByTwo(Order());
  const CertificateSubject subject{"Agency", "", "", "LV"};
  const std::vector<CeremonyAct> others{ToCreate({"agency-2"}, KeyKind::kSealP256),
                                        ToCreate({"agency-1"}, KeyKind::kSealP384),
                                        ToRequest({"agency-1"}, subject),
                                        ToRotate({"agency-1"}, {"agency-2"}),
                                        ToRetire({"agency-1"}, {""}),
                                        ToDestroy({"agency-1"}),
                                        ToImport({"agency-1"}, base::Bytes(3), {}),
                                        ToShare({2, 3}),
                                        ToTransfer("ab")};
  for (const CeremonyAct& act : others)
    EXPECT_EQ(Ask(approvals, act), "ceremony.other-order") << act.action;
  EXPECT_EQ(Ask(approvals), "");
}

TEST_F(CeremonyTest, AnImportIsOfExactlyThoseCertificates) {
  const auto approvals = ByTwo(Order(ToImport({"k"}, base::Bytes(3, 1), {base::Bytes(2)})));
  EXPECT_EQ(Ask(approvals, ToImport({"k"}, base::Bytes(3, 2), {base::Bytes(2)})),
            "ceremony.other-order");
  EXPECT_EQ(Ask(approvals, ToImport({"k"}, base::Bytes(3, 1), {})), "ceremony.other-order");
  EXPECT_EQ(Ask(approvals, ToImport({"k"}, base::Bytes(3, 1), {base::Bytes(2)})), "");
  const auto named = ByTwo(Order(ToRequest({"k"}, {"Agency", "", "", "LV"})));
  EXPECT_EQ(Ask(named, ToRequest({"k"}, {"Other", "", "", "LV"})), "ceremony.other-order");
}

TEST_F(CeremonyTest, AnOrderOfAnotherTokenOrVaultIsRefused) {
  CeremonyOrder order = Order();
  order.token = "token 2";
  EXPECT_EQ(Ask(ByTwo(order)), "ceremony.other-order");
  order = Order();
  order.vault = "other.example/log1";
  EXPECT_EQ(Ask(ByTwo(order)), "ceremony.other-order");
}

TEST_F(CeremonyTest, ApprovalsOfTwoOrdersAreNotTwoOfOne) {
  EXPECT_EQ(Ask({By(alice_, Order()), By(bob_, Order())}), "ceremony.other-order");
}

TEST_F(CeremonyTest, AnOrderEnds) {
  CeremonyOrder order = Order();
  order.expires = clock_.Now();
  EXPECT_EQ(Ask(ByTwo(order)), "approval.expired");
  order.expires = clock_.Now() + CeremonyOrder::kLongest + std::chrono::seconds(1);
  EXPECT_EQ(Ask(ByTwo(order)), "approval.too-long");
}

TEST_F(CeremonyTest, AnUnknownActionIsNobodysOrder) {
  const CeremonyAct unknown{.action = "export", .key = {"agency-1"}};
  EXPECT_EQ(Ask(ByTwo(Order(unknown))), "ceremony.other-order");
}

// An agency's approval of a document is not an approval of an order, and the other way round.
TEST_F(CeremonyTest, AnApprovalOfDocumentsIsNone) {
  Approval approval{.vault = "vault.example/log1",
                    .key = {"agency-1"},
                    .level = "B",
                    .groups = {base::Sha256Digest{}},
                    .nonce = "0123456789abcdef",
                    .expires = clock_.Now() + std::chrono::hours(1)};
  const std::string jws = SignApproval(approval, alice_.Private()).value();
  EXPECT_EQ(Ask({jws, By(bob_, Order())}), "approval.malformed");
  EXPECT_EQ(OpenApproval(By(alice_, Order()), {alice_.Public()}).error().reason,
            "approval.malformed");
  EXPECT_EQ(Ask({"", ""}), "approval.malformed");
}

TEST_F(CeremonyTest, AChangedLogStopsEveryCeremony) {
  EXPECT_EQ(Ask(ByTwo(Order())), "");
  EXPECT_EQ(Ask(ByTwo(Order())), "");
  const std::string log = Log();
  std::string changed = log;
  changed.replace(changed.find("agency-1"), 8, "agency-7");
  for (const std::string& bad : {changed, log.substr(log.find('\n') + 1), "{}\n" + log}) {
    WriteLog(bad);
    EXPECT_EQ(Ask(ByTwo(Order())), "ceremony.log-damaged");
  }
  WriteLog(log + "{\"log\":\"beg");  // A power cut.
  EXPECT_EQ(Ask(ByTwo(Order())), "");
}

TEST_F(CeremonyTest, WithoutALogNothingIsDone) {
  CeremonyRules rules = Rules();
  rules.log = folder_.path() / "no such folder" / "log";
  guard_.emplace(rules, "vault.example/log1", "token 1", clock_);
  EXPECT_EQ(Ask(ByTwo(Order())), "disk.unwritable");
}

TEST_F(CeremonyTest, WhoConfiguresNothingCanDoNothing) {
  guard_.emplace(CeremonyRules{.custodians = {}, .log = folder_.path() / "log"},
                 "vault.example/log1", "token 1", clock_);
  EXPECT_EQ(Ask({}), "ceremony.too-few");
  EXPECT_EQ(Ask(ByTwo(Order())), "ceremony.not-custodian");
}

TEST_F(CeremonyTest, AnOrderFileIsReadBackExactly) {
  const CeremonyOrder order = Order(ToRetire({"k"}, {"k-2"}));
  base::Json json = ToJson(order);
  EXPECT_EQ(CeremonyOrderFrom(json).value().act, order.act);
  json.Set("more", 1);
  EXPECT_EQ(CeremonyOrderFrom(json).error().reason, "ceremony.malformed");
  EXPECT_EQ(CeremonyOrderFrom(base::Json()).error().reason, "ceremony.malformed");
}

}  // namespace
}  // namespace hsm
