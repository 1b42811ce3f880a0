#include "hardening/walls.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <linux/futex.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <memory>

namespace hardening {
namespace {

const Walls kSmall{.cpu = std::chrono::seconds{1},
                   .memory_bytes = std::size_t{64} << 20U,
                   .result_bytes = std::size_t{8} << 20U};

std::string ReasonOf(const std::function<base::Bytes()>& work) {
  const auto result = RunInWalls(kSmall, work);
  return result.ok() ? "ok" : result.error().reason;
}

TEST(WallsTest, GivesBackWhatTheWorkReturns) {
  const auto result = RunInWalls(kSmall, [] { return base::ToBytes("sveiki"); });
  ASSERT_TRUE(result.ok()) << result.error().message;
  EXPECT_EQ(base::ToString(result.value()), "sveiki");
}

TEST(WallsTest, GivesBackAResultFarLargerThanAPipe) {
  const auto result = RunInWalls(kSmall, [] { return base::Bytes(std::size_t{5} << 20U, 7); });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value(), base::Bytes(std::size_t{5} << 20U, 7));
}

TEST(WallsTest, RefusesAResultBeyondItsLimit) {
  EXPECT_EQ(ReasonOf([] { return base::Bytes((std::size_t{8} << 20U) + 1); }),
            "walls.limit-result");
}

TEST(WallsTest, WorkSeesTheMemoryOfTheCaller) {
  const std::string text = "from before the fork";
  const auto result = RunInWalls(kSmall, [&] { return base::ToBytes(text); });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(base::ToString(result.value()), text);
}

TEST(WallsTest, WorkCannotChangeTheMemoryOfTheCaller) {
  int number = 1;
  ASSERT_TRUE(RunInWalls(kSmall, [&] {
                number = 2;
                return base::Bytes{};
              }).ok());
  EXPECT_EQ(number, 1);
}

#ifndef EDOCVAULT_SANITIZED
TEST(WallsTest, OpeningAFileKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::open("/etc/hostname", O_RDONLY));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(WallsTest, MappingCodeKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(
                  ::mmap(nullptr, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(WallsTest, TooMuchMemoryIsNamed) {
  EXPECT_EQ(ReasonOf([] { return base::Bytes(std::size_t{256} << 20U); }), "walls.limit-memory");
}

TEST(WallsTest, MemoryWithinTheLimitIsAtHand) {
  const auto result = RunInWalls(
      kSmall, [] { return base::Bytes(base::Bytes(std::size_t{32} << 20U).size() / 8); });
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result.value().size(), std::size_t{4} << 20U);
}

TEST(WallsTest, ALimitThatHoldsAlreadyIsNotRaised) {
  const pid_t child = ::fork();
  if (child == 0) {
    const rlimit narrow{std::size_t{1} << 29U, std::size_t{1} << 29U};
    ::setrlimit(RLIMIT_AS, &narrow);
    Walls wide = kSmall;
    wide.memory_bytes = std::size_t{4} << 30U;
    const auto result = RunInWalls(wide, [] { return base::Bytes(std::size_t{600} << 20U); });
    ::_exit(!result.ok() && result.error().reason == "walls.limit-memory" ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}
#endif

TEST(WallsTest, MakingASocketKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::socket(AF_INET, SOCK_STREAM, 0));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(WallsTest, StartingAProgramKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::execl("/bin/true", "true", nullptr));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(WallsTest, ForkingKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::fork());
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(WallsTest, TracingAnotherProcessKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::ptrace(PTRACE_ATTACH, ::getppid(), nullptr, nullptr));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(WallsTest, SignallingTheParentKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::kill(::getppid(), SIGTERM));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(WallsTest, EndlessComputingIsNamed) {
  EXPECT_EQ(ReasonOf([] {
              volatile bool more = true;
              while (more) {
              }
              return base::Bytes{};
            }),
            "walls.limit-cpu");
}

TEST(WallsTest, ACrashIsAnErrorAndNotAResult) {
  EXPECT_EQ(ReasonOf([]() -> base::Bytes { std::abort(); }), "walls.crashed");
}

TEST(WallsTest, AnEndThatNobodySawIsAnErrorAndNotAResult) {
  const auto before = ::signal(SIGCHLD, SIG_IGN);  // Children vanish without a word.
  const std::string reason = ReasonOf([] { return base::ToBytes("half"); });
  ::signal(SIGCHLD, before);
  EXPECT_EQ(reason, "walls.crashed");
}

TEST(WallsTest, AnExceptionIsAnErrorAndNotAResult) {
  EXPECT_EQ(ReasonOf([]() -> base::Bytes { throw 7; }), "walls.crashed");
}

TEST(WallsTest, NoDescriptorOfTheCallerIsLeftInside) {
  const int kept = ::dup(STDERR_FILENO);
  const auto result = RunInWalls(kSmall, [kept] {
    const char byte = 'x';
    return base::ToBytes(::write(kept, &byte, 1) < 0 && errno == EBADF ? "closed" : "open");
  });
  ::close(kept);
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(base::ToString(result.value()), "closed");
}

// It uses no CPU time, so no limit ends it, and nobody must wait for it.
TEST(WallsTest, WorkThatHangsUpAndSleepsIsEnded) {
  EXPECT_EQ(ReasonOf([] {
              for (int fd = 0; fd < 64; ++fd) ::close(fd);
              int word = 0;
              for (;;) ::syscall(SYS_futex, &word, FUTEX_WAIT, 0, nullptr, nullptr, 0);
              return base::Bytes{};
            }),
            "walls.limit-cpu");
}

#ifndef EDOCVAULT_SANITIZED
// Standard error may be the operator's terminal, open for both.
TEST(WallsTest, ReadingFromStandardErrorKills) {
  const base::UniqueFd before{::dup(STDERR_FILENO)};
  const base::UniqueFd file{::memfd_create("terminal", 0)};
  ASSERT_EQ(::pwrite(file.get(), "PIN", 3, 0), 3);
  ASSERT_EQ(::dup2(file.get(), STDERR_FILENO), STDERR_FILENO);
  const std::vector<std::function<base::Bytes()>> ways{
      [] {
        base::Bytes typed(3);
        return ::read(STDERR_FILENO, typed.data(), typed.size()) > 0 ? typed : base::Bytes{};
      },
      [] {
        base::Bytes typed(3);
        return ::pread(STDERR_FILENO, typed.data(), typed.size(), 0) > 0 ? typed : base::Bytes{};
      },
      [] {
        base::Bytes typed(3);
        const iovec part{typed.data(), typed.size()};
        return ::readv(STDERR_FILENO, &part, 1) > 0 ? typed : base::Bytes{};
      }};
  std::vector<std::string> reasons;
  for (const auto& way : ways) reasons.push_back(ReasonOf(way));
  ::dup2(before.get(), STDERR_FILENO);
  EXPECT_EQ(reasons, std::vector<std::string>(ways.size(), "walls.forbidden"));
}
#endif

TEST(WallsTest, LocalTimeIsUtcAndNeedsNoFile) {
  ::unsetenv("TZ");
  const auto hour = RunInWalls({}, [] {
    const std::time_t epoch = 0;
    std::tm parts{};
    ::localtime_r(&epoch, &parts);
    return base::Bytes{static_cast<std::uint8_t>(parts.tm_hour)};
  });
  ASSERT_TRUE(hour.ok()) << hour.error().message;
  EXPECT_EQ(hour.value(), base::Bytes{0});
}

}  // namespace
}  // namespace hardening
