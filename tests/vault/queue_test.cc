// What happens to appends while the writer cannot write: another process holds LMDB's lock.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/lmdb.h"

namespace vault {
namespace {

constexpr std::size_t kLimit = 2;
constexpr int kAppends = 10;

// A process that holds the write lock of an environment while it lives.
class LockHolder {
 public:
  explicit LockHolder(const std::filesystem::path& environment) {
    if (::pipe(start_.data()) != 0 || ::pipe(held_.data()) != 0) std::abort();
    child_ = ::fork();
    if (child_ == 0) Hold(environment);
    ::close(start_[0]);
    ::close(held_[1]);
  }
  ~LockHolder() {
    ::close(start_[1]);
    ::waitpid(child_, nullptr, 0);
  }
  LockHolder(const LockHolder&) = delete;
  LockHolder& operator=(const LockHolder&) = delete;

  void Take() {
    char byte = 1;
    ASSERT_EQ(::write(start_[1], &byte, 1), 1);
    ASSERT_EQ(::read(held_[0], &byte, 1), 1);
  }

 private:
  [[noreturn]] void Hold(const std::filesystem::path& path) {
    ::close(start_[1]);
    char byte = 0;
    if (::read(start_[0], &byte, 1) != 1) ::_exit(0);
    {
      auto environment = LmdbEnvironment::Open(path, {.max_bytes = tests::kSmallLedger.max_bytes});
      const auto transaction = environment.value().BeginWrite();
      if (!transaction.ok() || ::write(held_[1], &byte, 1) != 1) ::_exit(1);
      while (::read(start_[0], &byte, 1) > 0) {
      }
    }
    ::_exit(0);
  }

  std::array<int, 2> start_{};
  std::array<int, 2> held_{};
  pid_t child_ = -1;
};

TEST(QueueTest, RefusesAppendsBeyondItsLimitAndKeepsTheOthers) {
  const tests::TempDir folder;
  const auto data = folder.path() / "data";
  auto holder = std::make_unique<LockHolder>(data / "ledger");  // Forks before there are threads.
  const auto ledger =
      Ledger::Open(data, {.max_bytes = tests::kSmallLedger.max_bytes, .queue_limit = kLimit});
  ASSERT_TRUE(ledger.ok());
  ASSERT_NO_FATAL_FAILURE(holder->Take());

  std::atomic<int> kept{0};
  std::atomic<int> busy{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < kAppends; ++i) {
    threads.emplace_back([&] {
      const auto appended = ledger.value()->Append(tests::DocumentOf(ClientId::New()));
      if (appended.ok()) ++kept;
      if (appended.ok()) return;
      EXPECT_EQ(appended.error().reason, "vault.busy");
      ++busy;
      busy.notify_all();
    });
  }
  // The writer holds one group of at most kLimit, and kLimit more wait: the rest is refused
  // at once, while nothing can be written.
  const int refused_at_least = kAppends - 2 * static_cast<int>(kLimit);
  for (int seen = busy; seen < refused_at_least; seen = busy) busy.wait(seen);
  EXPECT_EQ(kept, 0);
  EXPECT_TRUE(ledger.value()->Head().ok()) << "reads do not wait";
  holder.reset();
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(kept + busy, kAppends);
  EXPECT_GE(kept, 1);
  EXPECT_EQ(ledger.value()->Head().value().size, static_cast<std::uint64_t>(kept));
}

TEST(QueueTest, CommitsWhatIsQueuedBeforeItEnds) {
  const tests::TempDir folder;
  const auto data = folder.path() / "data";
  std::atomic<std::uint64_t> kept{0};
  {
    auto opened = Ledger::Open(data, tests::kSmallLedger);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&] {
        if (opened.value()->Append(tests::DocumentOf(ClientId::New())).ok()) ++kept;
      });
    }
    for (std::thread& thread : threads) thread.join();
  }
  EXPECT_EQ(kept, 8U);
  EXPECT_EQ(Ledger::Open(data, tests::kSmallLedger).value()->Head().value().size, 8U);
}

}  // namespace
}  // namespace vault
