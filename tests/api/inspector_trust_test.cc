// The inspector as a process: what it verifies by while snapshots come and go.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/inspector.h"
#include "tests/fakes/trust_case.h"

namespace api {
namespace {

class InspectorTrustTest : public testing::Test {
 protected:
  ~InspectorTrustTest() override {
    client_.reset();  // It ends when nobody can call it.
    if (inspector_ > 0) ::waitpid(inspector_, nullptr, 0);
  }

  void Serve() {
    base::DoorPair door = base::MakeDoor().value();
    inspector_ = ::fork();
    ASSERT_GE(inspector_, 0);
    if (inspector_ == 0) {
      door.caller = base::UniqueFd();
      static_cast<void>(ServeInspector(door.server, {.trust = {}, .installed = &case_.config}));
      ::_exit(0);
    }
    client_.emplace(base::ChannelClient(std::move(door.caller)));
  }
  // The snapshot that a report names.
  std::string Used() {
    const base::Bytes document = tests::SignatureMaker(case_.signer).Container().Make();
    const auto report = client_->Verify(document, {.name = "a.edoc", .at = case_.clock.now});
    EXPECT_TRUE(report.ok());
    return report.value().Find("trust")->Text("snapshot").value_or("");
  }
  std::string ImportFetched(const trust::Files& files) {
    const auto imported = client_->ImportTrust(files);
    return imported.ok() ? imported.value().Text("snapshot").value_or("") : imported.error().reason;
  }
  // Within a few looks at the store.
  bool ComesToUse(const std::string& id) {
    for (int i = 0; i < 20000; ++i)
      if (Used() == id) return true;
    return false;
  }

  tests::TrustCase case_;
  pid_t inspector_ = -1;
  std::optional<InspectorClient> client_;
};

TEST_F(InspectorTrustTest, AReportNamesTheInstalledSnapshotFromTheFirstCall) {
  const std::string id = case_.Import(case_.Whole());
  Serve();
  EXPECT_EQ(Used(), id);
  EXPECT_EQ(client_->Trust().value().Text("snapshot"), id);
}

TEST_F(InspectorTrustTest, AnImportBesideItIsTakenUpWithoutARestart) {
  const std::string first = case_.Import(case_.Whole());
  Serve();
  EXPECT_EQ(Used(), first);
  case_.list.sequence = 8;
  EXPECT_TRUE(ComesToUse(case_.Import(case_.Whole())));
}

TEST_F(InspectorTrustTest, WhatIsFetchedIsTakenUp) {
  Serve();
  EXPECT_FALSE(client_->Trust().value().Text("snapshot").has_value());
  const std::string id = ImportFetched(case_.Fetched());
  ASSERT_TRUE(trust::IsId(id)) << id;
  EXPECT_TRUE(ComesToUse(id));
}

TEST_F(InspectorTrustTest, WhatIsFetchedAndIsNoTrustChangesNothing) {
  const std::string id = case_.Import(case_.Whole());
  Serve();
  trust::Files fetched = case_.Fetched();
  fetched[0].bytes = case_.stranger.Der();
  EXPECT_EQ(ImportFetched(fetched), "trust.fetched-other");
  EXPECT_EQ(Used(), id);
}

TEST_F(InspectorTrustTest, ABrokenSuccessorLeavesTheOldOneAndIsSaid) {
  const std::string first = case_.Import(case_.Whole());
  Serve();
  EXPECT_EQ(Used(), first);
  case_.list.sequence = 8;
  const trust::Files files = case_.Whole();
  // Broken before it comes into use: the object first, then the import that finds it there.
  ASSERT_TRUE(case_.store.Pin(first, case_.clock.now).ok());
  case_.Import(files);
  static_cast<void>(base::ReplaceFile(case_.ObjectOf(files[0].bytes), base::ToBytes("x"), 0644));
  ASSERT_TRUE(case_.store.Unpin(case_.clock.now).ok());
  std::string rejected;
  for (int i = 0; i < 20000 && rejected.empty(); ++i) {
    EXPECT_EQ(Used(), first);
    const base::Json facts = client_->Trust().value();
    rejected = facts.Find("rejected")->Text("code").value_or("");
  }
  EXPECT_EQ(rejected, "trust.store-damaged");
  EXPECT_EQ(Used(), first);
}

}  // namespace
}  // namespace api
