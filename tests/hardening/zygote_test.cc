// The walls of a process whose parent had their parts ready are the same walls.
#include "hardening/zygote.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cstdlib>

#include "hardening/walls.h"

namespace hardening {
namespace {

std::string ReasonOf(const std::function<base::Bytes()>& work) {
  static const Zygote zygote;
  const auto result = RunInWalls({.cpu = std::chrono::seconds{1},
                                  .memory_bytes = std::size_t{64} << 20U,
                                  .result_bytes = std::size_t{8} << 20U,
                                  .zygote = &zygote},
                                 work);
  return result.ok() ? base::ToString(result.value()) : result.error().reason;
}

TEST(ZygoteTest, GivesBackWhatTheWorkReturns) {
  EXPECT_EQ(ReasonOf([] { return base::ToBytes("sveiki"); }), "sveiki");
}

#ifndef EDOCVAULT_SANITIZED
TEST(ZygoteTest, OpeningAFileKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::open("/etc/hostname", O_RDONLY));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(ZygoteTest, TooMuchMemoryIsNamed) {
  EXPECT_EQ(ReasonOf([] { return base::Bytes(std::size_t{256} << 20U); }), "walls.limit-memory");
}

// The limit is of the moment of the fork, not of that when the zygote was made.
TEST(ZygoteTest, MemoryMappedSinceDoesNotCount) {
  const Zygote zygote;
  const base::Bytes since(std::size_t{128} << 20U);
  const auto result = RunInWalls({.memory_bytes = std::size_t{64} << 20U, .zygote = &zygote}, [] {
    return base::ToBytes(std::to_string(base::Bytes(std::size_t{32} << 20U).size()));
  });
  EXPECT_TRUE(result.ok());
}
#endif

TEST(ZygoteTest, EachProcessMayAbortItself) {
  EXPECT_EQ(ReasonOf([]() -> base::Bytes { std::abort(); }), "walls.crashed");
}

TEST(ZygoteTest, SignallingTheParentAsAbortDoesKills) {
  EXPECT_EQ(ReasonOf([] {
              static_cast<void>(::syscall(SYS_tgkill, ::getppid(), ::getppid(), SIGUSR1));
              return base::Bytes{};
            }),
            "walls.forbidden");
}

TEST(ZygoteTest, NoDescriptorOfTheZygoteIsLeftInside) {
  EXPECT_EQ(ReasonOf([] {
              // Standard error is kept, and the pipe to the parent.
              for (int fd = STDERR_FILENO + 1; fd < 256; ++fd) {
                struct stat info {};
                if (::syscall(SYS_fstat, fd, &info) == 0 && !S_ISFIFO(info.st_mode))
                  return base::ToBytes(std::to_string(fd));
              }
              return base::ToBytes("none");
            }),
            "none");
}

}  // namespace
}  // namespace hardening
