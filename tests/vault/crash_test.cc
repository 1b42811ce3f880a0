// Kills a process that appends, at a random point, and asks whether everything it
// acknowledged is still there.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <random>
#include <thread>

#include "base/unique_fd.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/merkle.h"

namespace vault {
namespace {

constexpr int kKills = 40;
constexpr int kThreads = 4;

// What the child says of an append it was told is done; small enough to be written whole.
struct Ack {
  std::uint64_t entry;
  RecordId id;
  base::Sha256Digest leaf;
};

[[noreturn]] void AppendUntilKilled(const std::filesystem::path& data, int pipe) {
  const auto ledger = Ledger::Open(data, tests::kSmallLedger);
  if (!ledger.ok()) ::_exit(3);
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&] {
      for (;;) {
        const Record record = tests::DocumentOf(ClientId::New());
        const auto appended = ledger.value()->Append(record);
        if (!appended.ok()) ::_exit(4);
        const Ack ack{appended.value().entry.value, record.id, appended.value().leaf_hash};
        if (::write(pipe, &ack, sizeof ack) != sizeof ack) ::_exit(5);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  ::_exit(6);
}

class CrashTest : public testing::Test {
 protected:
  // Kills the child after `count` acknowledgements, and takes what it still had sent.
  void RunAndKillAfter(unsigned count) {
    std::array<int, 2> ends{};
    ASSERT_EQ(::pipe(ends.data()), 0);
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) AppendUntilKilled(data_, ends[1]);
    ::close(ends[1]);
    const base::UniqueFd reading{ends[0]};
    Ack ack{};
    for (unsigned seen = 0; ::read(reading.get(), &ack, sizeof ack) == sizeof ack; ++seen) {
      if (seen == count) ::kill(child, SIGKILL);
      acknowledged_[ack.entry] = ack;
    }
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself: " << WEXITSTATUS(status);
  }

  void ExpectEverythingAcknowledged() {
    const auto opened = Ledger::Open(data_, tests::kSmallLedger);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    const Ledger& ledger = *opened.value();
    for (const auto& [entry, ack] : acknowledged_) {
      const auto stored = ledger.Find(ack.id);
      ASSERT_TRUE(stored.ok()) << entry << ": " << stored.error().message;
      ASSERT_EQ(stored.value().entry.value, entry);
      ASSERT_EQ(LeafHash(stored.value().encoded), ack.leaf);
    }
    Edge edge;
    const TreeHead head = ledger.Head().value();
    while (edge.size() < head.size)
      edge.Append(LeafHash(ledger.Read({edge.size()}).value().encoded));
    ASSERT_EQ(edge.Root(), head.root);
  }

  tests::TempDir folder_;
  const std::filesystem::path data_ = folder_.path() / "data";
  std::map<std::uint64_t, Ack> acknowledged_;
};

TEST_F(CrashTest, KeepsEveryAcknowledgedEntryThroughKills) {
  std::mt19937 random(20261123);
  for (int i = 0; i < kKills; ++i) {
    ASSERT_NO_FATAL_FAILURE(RunAndKillAfter(static_cast<unsigned>(random() % 60)));
    ASSERT_NO_FATAL_FAILURE(ExpectEverythingAcknowledged()) << "after kill " << i;
  }
  EXPECT_GE(acknowledged_.size(), std::size_t{kKills});
}

}  // namespace
}  // namespace vault
