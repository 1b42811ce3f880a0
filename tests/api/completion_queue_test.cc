#include "api/flow/completion_queue.h"

#include <gtest/gtest.h>

#include <functional>

#include "base/file.h"
#include "tests/fakes/fake_sealing.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

using std::chrono::seconds;

class CompletionQueueTest : public ::testing::Test {
 protected:
  CompletionQueueTest() {
    inspector_.timestamp_time = clock_.now;
    // What the fake verifier says of the document before and after.
    inspector_.report = Report("XAdES-BASELINE-T");
  }

  static base::Json Report(std::string_view format) {
    return tests::FakeInspector::GoodReport(format, tests::FakeSigner().certificate);
  }
  std::unique_ptr<CompletionQueue> Queue() {
    return std::make_unique<CompletionQueue>(folder_.path() / "completions", extend_, record_keys_,
                                             clock_);
  }
  static CompletionQueue::Order Order() {
    return {.document = base::ToBytes("signed at B"),
            .target = {"", "S1"},
            .level = SignatureLevel::kLTA,
            .issuers = {}};
  }
  CompletionQueue::Progress Until(CompletionQueue& queue, const std::string& id,
                                  const std::function<bool(const CompletionQueue::Progress&)>& is) {
    CompletionQueue::Progress progress = queue.Look(caller_, id).value();
    for (int i = 0; i < 200 && !is(progress); ++i)
      progress = queue.Look(caller_, id, std::chrono::milliseconds(50)).value();
    return progress;
  }

  const tests::TempDir folder_;
  const Caller caller_{"agency", CallerRole::kAgency, "vid", {}};
  tests::FakeInspector inspector_;
  tests::FakeOutbound outbound_;
  tests::FakeVaultKeys keys_;
  std::unique_ptr<vault::KeyStore> key_store_ = tests::OpenKeys(folder_.path());
  RecordKeys record_keys_{*key_store_, keys_};
  const tests::FixedClock clock_;
  const TimestampTrust trust_{
      .tsa_certificates = {base::HexEncode(base::Sha256(base::AsBytes("tsa")).bytes)}};
  EvidenceDesk desk_{inspector_, outbound_, trust_, clock_};
  ExtendSignature extend_{inspector_, desk_, clock_};
};

TEST_F(CompletionQueueTest, WhatIsRefusedIsOverAndSaysWhy) {
  inspector_.report = base::Json().Set("verdict", "refused");
  const auto queue = Queue();
  queue->Start();
  const std::string id = queue->Submit(caller_, Order()).value();
  const auto progress = Until(*queue, id, [](const auto& one) { return one.done; });
  ASSERT_TRUE(progress.error.has_value());
  EXPECT_EQ(progress.error->reason, "extend.broken");
  EXPECT_EQ(queue->Document(caller_, id).value(), Order().document) << "what came is still had";
  // Also after a restart, and it is not tried again.
  const auto second = Queue();
  EXPECT_EQ(second->Look(caller_, id).value().error->reason, "extend.broken");
}

TEST_F(CompletionQueueTest, WhatIsAwayIsWaitedForAlsoByTheNextProcess) {
  outbound_.down = {"tsa", "ocsp"};
  std::string id;
  {
    const auto queue = Queue();
    queue->Start();
    id = queue->Submit(caller_, Order()).value();
    const auto progress =
        Until(*queue, id, [](const auto& one) { return one.done || !one.waiting_for.empty(); });
    EXPECT_FALSE(progress.done);
    EXPECT_EQ(progress.waiting_for, "courier.no-answer");
    EXPECT_EQ(queue->Document(caller_, id).value(), Order().document);
  }
  outbound_.down.clear();
  const auto queue = Queue();
  queue->Start();
  EXPECT_TRUE(Until(*queue, id, [](const auto& one) { return one.done; }).done);
}

TEST_F(CompletionQueueTest, AnotherCallersIsUnknown) {
  const auto queue = Queue();
  const std::string id = queue->Submit(caller_, Order()).value();
  const Caller other{"other", CallerRole::kAgency, "vid", {}};
  EXPECT_EQ(queue->Look(other, id).error().reason, "completion.unknown");
  EXPECT_EQ(queue->Document(other, id).error().reason, "completion.unknown");
  for (const char* name : {"", "..", "zz", "00000000000000000000000000000000"})
    EXPECT_EQ(queue->Look(caller_, name).error().reason, "completion.unknown") << name;
}

TEST_F(CompletionQueueTest, NothingIsInClearOnDiskAndOutcomesAreBound) {
  inspector_.report = base::Json().Set("verdict", "refused");
  const auto queue = Queue();
  queue->Start();
  const std::string one = queue->Submit(caller_, Order()).value();
  const std::string two = queue->Submit(caller_, Order()).value();
  Until(*queue, two, [](const auto& progress) { return progress.done; });
  Until(*queue, one, [](const auto& progress) { return progress.done; });
  const auto folder = folder_.path() / "completions";
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    EXPECT_EQ(base::AsText(base::ReadFile(entry.path(), 1 << 20).value()).find("signed at B"),
              std::string_view::npos);
  // An outcome put in another's place opens nowhere.
  std::filesystem::rename(folder / (one + ".done"), folder / (two + ".done"));
  EXPECT_EQ(queue->Document(caller_, two).error().reason, "aead.mismatch");
}

TEST_F(CompletionQueueTest, AnAgencyThatFillsItsShareTakesNothingFromAnother) {
  const auto queue = Queue();
  const std::string id = queue->Submit(caller_, Order()).value();
  const auto folder = folder_.path() / "completions";
  for (std::size_t i = 1; i < CompletionQueue::kMostKept; ++i)
    std::filesystem::copy_file(folder / id, folder / (id + "-" + std::to_string(i)));
  EXPECT_EQ(queue->Submit(caller_, Order()).error().reason, "completion.too-many");
  const Caller other{"other", CallerRole::kAgency, "csdd", {}};
  EXPECT_TRUE(queue->Submit(other, Order()).ok());
}

TEST_F(CompletionQueueTest, AgenciesTakeTurnsHoweverManyOneOfThemHasWaiting) {
  outbound_.down = {"tsa", "ocsp"};
  // Whichever of the two has the lower ids.
  for (const auto& [many, one] : {std::pair("vid", "csdd"), std::pair("csdd", "vid")}) {
    std::filesystem::remove_all(folder_.path() / "completions");
    const Caller busy{"busy", CallerRole::kAgency, many, {}};
    const Caller other{"other", CallerRole::kAgency, one, {}};
    const auto queue = Queue();
    std::vector<std::string> ids;
    for (int i = 0; i < 100; ++i) ids.push_back(queue->Submit(busy, Order()).value());
    const std::string id = queue->Submit(other, Order()).value();
    queue->Start();
    const auto is_asked = [&](const Caller& caller, const std::string& which) {
      return !queue->Look(caller, which).value().waiting_for.empty();
    };
    while (!is_asked(other, id)) std::this_thread::yield();
    EXPECT_LE(std::ranges::count_if(ids, [&](const auto& which) { return is_asked(busy, which); }),
              2 * static_cast<long>(CompletionQueue::kAtOnce));
  }
}

TEST_F(CompletionQueueTest, WithoutKeysNothingIsTaken) {
  const auto queue = Queue();
  keys_.next_error = base::Error{base::ErrorCode::kUnavailable, "token.absent", ""};
  EXPECT_EQ(queue->Submit(caller_, Order()).error().reason, "token.absent");
}

}  // namespace
}  // namespace api
