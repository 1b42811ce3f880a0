// A process that reads hostile bytes has no library by which it could reach a network.
#include <gtest/gtest.h>
#include <link.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <string>
#include <string_view>

#include "hardening/walls.h"
#include "hardening/zygote.h"

namespace api {
namespace {

struct Wanted {
  std::string_view name;
  const volatile char* code = nullptr;
};

int Note(dl_phdr_info* info, std::size_t /*size*/, void* context) {
  auto& wanted = *static_cast<Wanted*>(context);
  if (std::string_view(info->dlpi_name).find(wanted.name) != std::string_view::npos)
    wanted.code = reinterpret_cast<const volatile char*>(info->dlpi_addr);
  return 0;
}

// Whether walled work can read the first byte of the library.
bool ChildHas(const hardening::Zygote& zygote, std::string_view library) {
  Wanted wanted{library};
  ::dl_iterate_phdr(Note, &wanted);
  EXPECT_NE(wanted.code, nullptr) << library;
  const auto read = hardening::RunInWalls(
      {.zygote = &zygote}, [&] { return base::Bytes{static_cast<std::uint8_t>(*wanted.code)}; });
  return read.ok() && read.value() == base::Bytes{0x7F};
}

TEST(LeftLibrariesTest, ChildrenOfAProgramThatIsBoundDoNotHaveThem) {
#ifdef EDOCVAULT_SANITIZED
  GTEST_SKIP() << "the sanitizers look at all libraries";
#endif
  const hardening::Zygote zygote;
  EXPECT_TRUE(ChildHas(zygote, "libxml2"));
  EXPECT_TRUE(ChildHas(zygote, "libcrypto"));
  const bool bound = std::getenv("LD_BIND_NOW") != nullptr;
  EXPECT_EQ(ChildHas(zygote, "libcurl"), !bound);
  EXPECT_EQ(ChildHas(zygote, "libldap"), !bound);
  if (bound) return;
  // Once more, started as the supervisor starts the inspector.
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  std::string filter =
      "--gtest_filter=" + std::string(test->test_suite_name()) + "." + test->name();
  std::string name = "self";
  std::string environment = "LD_BIND_NOW=1";
  const std::array<char*, 3> arguments{name.data(), filter.data(), nullptr};
  const std::array<char*, 2> variables{environment.data(), nullptr};
  pid_t child = -1;
  ASSERT_EQ(
      ::posix_spawn(&child, "/proc/self/exe", nullptr, nullptr, arguments.data(), variables.data()),
      0);
  int status = -1;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

}  // namespace
}  // namespace api
