#include "api/flow/upload_files.h"

#include <sys/stat.h>
#include <unistd.h>

#include <charconv>
#include <optional>

#include "api/flow/kept_id.h"

namespace api {
namespace {

namespace fs = std::filesystem;

// The size in the name of a spool; nullopt for other files.
std::optional<std::uint64_t> SizeIn(const std::string& name) {
  const std::size_t dot = name.find('.');
  if (dot == std::string::npos) return std::nullopt;
  std::uint64_t size = 0;
  const char* const end = name.data() + name.size();
  const auto parsed = std::from_chars(name.data() + dot + 1, end, size);
  if (parsed.ec != std::errc() || parsed.ptr != end) return std::nullopt;
  return size;
}

// nullopt when it is not there.
std::optional<base::Time> ChangedAt(const fs::path& path) {
  struct ::stat facts {};
  if (::stat(path.c_str(), &facts) != 0) return std::nullopt;
  return base::Time(std::chrono::seconds(facts.st_mtime));
}

}  // namespace

base::Result<UploadFiles::Share> UploadFiles::Tidy(std::string_view agency,
                                                   base::Time oldest) const {
  std::error_code failed;
  fs::create_directories(folder_, failed);
  if (!failed) ::chmod(folder_.c_str(), S_IRWXU);
  Share share;
  for (const auto& entry : fs::directory_iterator(folder_, failed)) {
    const std::string name = entry.path().filename().string();
    const auto size = SizeIn(name);
    // A spool is as old as the file that says what it is for; that one never changes.
    auto since = size ? ChangedAt(folder_ / name.substr(0, name.find('.'))) : std::nullopt;
    if (!since) since = ChangedAt(entry.path());
    if (!since) continue;
    if (*since < oldest) {
      ::unlink(entry.path().c_str());
    } else if (size && IsKeptFor(agency, name)) {
      ++share.uploads;
      share.bytes += *size;
    }
  }
  if (failed)
    return base::Error{base::ErrorCode::kUnavailable, "disk.unwritable", folder_.string()};
  return share;
}

void UploadFiles::Remove(const std::string& id, std::uint64_t size) const {
  ::unlink(Spool(id, size).c_str());
  ::unlink(Facts(id).c_str());
}

}  // namespace api
