#include "vault/index_state.h"

#include <fstream>
#include <string>

#include "base/file.h"

namespace vault {
namespace {

constexpr std::string_view kClean = "clean";
constexpr std::string_view kDamaged = "damaged";
// Behind the boot id: the index is in use, for the first time or again after a death.
constexpr const char* kFirst = " first";
constexpr const char* kSecond = " second";
constexpr std::size_t kMaxStateSize = 128;
constexpr unsigned kMode = 0600;

std::filesystem::path StateFile(const std::filesystem::path& directory) {
  return directory / "state";
}

// Empty when the kernel does not tell; then nothing unclean is trusted.
std::string BootId() {
  std::ifstream file("/proc/sys/kernel/random/boot_id");
  std::string id;
  file >> id;
  return id;
}

base::Status WriteState(const std::filesystem::path& directory, std::string_view state) {
  return base::ReplaceFile(StateFile(directory), base::AsBytes(state), kMode);
}

}  // namespace

IndexTrust ReadIndexTrust(const std::filesystem::path& directory) {
  const auto file = base::ReadFile(StateFile(directory), kMaxStateSize);
  if (!file.ok()) return IndexTrust::kNone;
  const std::string_view state = base::AsText(file.value());
  if (state == kClean) return IndexTrust::kClean;
  const std::string boot = BootId();
  return !boot.empty() && state == boot + kFirst ? IndexTrust::kDiedOnce : IndexTrust::kNone;
}

base::Status BeginIndexUse(const std::filesystem::path& directory, IndexTrust before) {
  return WriteState(directory, BootId() + (before == IndexTrust::kDiedOnce ? kSecond : kFirst));
}

base::Status EndIndexUse(const std::filesystem::path& directory) {
  return WriteState(directory, kClean);
}

base::Status DistrustIndex(const std::filesystem::path& directory) {
  return WriteState(directory, kDamaged);
}

}  // namespace vault
