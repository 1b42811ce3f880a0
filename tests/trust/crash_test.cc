// Kills a process at each step of an import or a pin: the old or the new snapshot is in use.
//
// A step is a system call by which a file of the store comes about. The calls of the C library
// are defined here; in the child, the one whose turn it is ends the process instead.
#undef _FORTIFY_SOURCE
#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/temp_dir.h"
#include "trust/import.h"

namespace {

int steps_left = -1;  // Negative: nobody counts.

void Step() {
  if (steps_left == 0) ::kill(::getpid(), SIGKILL);
  if (steps_left > 0) --steps_left;
}

}  // namespace

extern "C" int fsync(int fd) {
  Step();
  return static_cast<int>(::syscall(SYS_fsync, fd));
}
extern "C" int rename(const char* from, const char* to) noexcept {
  Step();
  return static_cast<int>(::syscall(SYS_rename, from, to));
}
extern "C" int fchmod(int fd, mode_t mode) noexcept {
  Step();
  return static_cast<int>(::syscall(SYS_fchmod, fd, mode));
}
// Half of what is written is there when the process dies.
extern "C" ssize_t write(int fd, const void* bytes, size_t size) {
  if (steps_left == 0) static_cast<void>(::syscall(SYS_write, fd, bytes, size / 2));
  Step();
  return ::syscall(SYS_write, fd, bytes, size);
}

namespace trust {
namespace {

using tests::Day;
using tests::Identity;
using tests::Make;

const base::Time kNow = Day(2023, 3, 1);

class CrashTest : public testing::Test {
 protected:
  static void SetUpTestSuite() { signing::PrepareVerifier(); }

  static Files Anchor(const Identity& identity) { return {{"anchor.der", identity.Der()}}; }

  static std::string IdOfImport(const Store& store, const Files& files) {
    const auto done =
        ImportFiles(store, {.files = &files, .source = "files", .allow_older = "", .now = kNow});
    return done.ok() ? done.value().snapshot.id : done.error().reason;
  }

  // What is in use, with every byte of it read; otherwise why not.
  static std::string InUse(const Store& store) {
    const auto id = store.Current();
    if (!id.ok()) return id.error().reason;
    const auto snapshot = store.Read(id.value());
    if (!snapshot.ok()) return snapshot.error().reason;
    const auto files = store.ReadFiles(snapshot.value());
    return files.ok() ? id.value() : files.error().reason;
  }

  // Runs `change` on a store of its own, killed at step 0, 1, 2... until it is not killed any
  // more. Returns how often it was killed.
  template <typename Prepare, typename Change>
  int KillAtEachStep(Prepare prepare, Change change) {
    for (int step = 0;; ++step) {
      const tests::TempDir dir;
      const Store store(dir.path());
      const auto allowed = prepare(store);
      const pid_t child = ::fork();
      if (child == 0) {
        steps_left = step;
        change(store);
        ::_exit(0);
      }
      int status = 0;
      ::waitpid(child, &status, 0);
      const std::string now = InUse(store);
      EXPECT_TRUE(now == allowed.first || now == allowed.second) << "step " << step << ": " << now;
      change(store);  // After a restart the same succeeds.
      EXPECT_EQ(InUse(store), allowed.second) << "step " << step;
      if (!WIFSIGNALED(status)) return step;
    }
  }

  const Identity first_ = Make({.name = "CA 1", .extensions = tests::CaExtensions()});
  const Identity second_ = Make({.name = "CA 2", .extensions = tests::CaExtensions()});
};

// The description is made before: forking for it is no step of the store.
TEST_F(CrashTest, AnImportIsThereOrIsNot) {
  const Files files = Anchor(second_);
  const base::Json description = Describe(files, kNow).value();
  const base::Json before = Describe(Anchor(first_), kNow).value();
  const int kills = KillAtEachStep(
      [&](const Store& store) {
        return std::pair(IdOfImport(store, Anchor(first_)), *description.Text("snapshot"));
      },
      [&](const Store& store) {
        // Again, after a restart that came late, it is held against itself.
        const bool done = store.Latest().value() == description.Text("snapshot");
        static_cast<void>(store.Import({.files = &files,
                                        .description = &description,
                                        .latest = done ? &description : &before,
                                        .source = "files",
                                        .allow_older = "",
                                        .now = kNow}));
      });
  EXPECT_GE(kills, 15);  // Three files: each written, given its mode, synced and renamed.
}

TEST_F(CrashTest, TheFirstImportIsThereOrThereIsNone) {
  const Files files = Anchor(first_);
  const base::Json description = Describe(files, kNow).value();
  KillAtEachStep(
      [&](const Store&) { return std::pair("trust.no-snapshot", *description.Text("snapshot")); },
      [&](const Store& store) {
        const bool done = store.Latest().value().has_value();
        static_cast<void>(store.Import({.files = &files,
                                        .description = &description,
                                        .latest = done ? &description : nullptr,
                                        .source = "files",
                                        .allow_older = "",
                                        .now = kNow}));
      });
}

TEST_F(CrashTest, APinIsThereOrIsNot) {
  std::string first;
  const int kills = KillAtEachStep(
      [&](const Store& store) {
        first = IdOfImport(store, Anchor(first_));
        return std::pair(IdOfImport(store, Anchor(second_)), first);
      },
      [&](const Store& store) { static_cast<void>(store.Pin(first, kNow)); });
  EXPECT_GE(kills, 5);
}

TEST_F(CrashTest, WithoutAPinTheLatestIsThereOrIsNot) {
  KillAtEachStep(
      [&](const Store& store) {
        const std::string first = IdOfImport(store, Anchor(first_));
        const std::string second = IdOfImport(store, Anchor(second_));
        EXPECT_TRUE(store.Pin(first, kNow).ok());
        return std::pair(first, second);
      },
      [](const Store& store) { static_cast<void>(store.Unpin(kNow)); });
}

}  // namespace
}  // namespace trust
