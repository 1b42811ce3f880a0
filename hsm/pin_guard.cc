#include "hsm/pin_guard.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <thread>

#include "base/file.h"
#include "base/log.h"
#include "base/unique_fd.h"
#include "hsm/token_error.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxPinFile = 256;
constexpr std::size_t kMarkSize = 128;
constexpr std::chrono::seconds kMaxWaitForLock{10};
constexpr std::string_view kNothingRefused = "nothing refused yet";

struct PinFile {
  base::Secret pin;
  std::string identity;  // Padded to kMarkSize.
};

std::string Padded(std::string text) {
  text.resize(kMarkSize - 1, ' ');
  return text + '\n';
}

std::string IdentityOf(const struct stat& info) {
  return Padded("refused " + std::to_string(info.st_dev) + " " + std::to_string(info.st_ino) + " " +
                std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
                std::to_string(info.st_mtim.tv_nsec));
}

Error PinUnreadable(const std::filesystem::path& path, std::string_view why) {
  return {ErrorCode::kUnavailable, "token.pin-unreadable", path.string() + ": " + std::string(why)};
}

base::Result<PinFile> ReadPinFile(const std::filesystem::path& path) {
  const base::UniqueFd fd{::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY)};
  struct stat info {};
  if (!fd.valid() || ::fstat(fd.get(), &info) != 0 || !S_ISREG(info.st_mode))
    return PinUnreadable(path, "cannot be opened");
  auto content = base::ReadFd(fd, kMaxPinFile);
  if (!content.ok()) return PinUnreadable(path, content.error().message);
  base::Bytes& pin = content.value();
  while (!pin.empty() && (pin.back() == '\n' || pin.back() == '\r')) pin.pop_back();
  if (pin.empty()) return PinUnreadable(path, "is empty");
  return PinFile{base::Secret(std::move(pin)), IdentityOf(info)};
}

Error MarkUnwritable(const std::filesystem::path& path) {
  return {ErrorCode::kUnavailable, "token.mark-unwritable",
          path.string() + ": a refused PIN could not be remembered, so none is tried"};
}

bool WriteMark(const base::UniqueFd& fd, const std::string& mark) {
  return ::pwrite(fd.get(), mark.data(), mark.size(), 0) == static_cast<ssize_t>(mark.size()) &&
         ::fdatasync(fd.get()) == 0;
}

std::string ReadMark(const base::UniqueFd& fd) {
  std::array<char, kMarkSize> mark{};
  const ssize_t got = ::pread(fd.get(), mark.data(), mark.size(), 0);
  return got > 0 ? std::string(mark.data(), static_cast<std::size_t>(got)) : std::string();
}

// The lock ends with the descriptor. Nobody holds it longer than a login lasts.
base::Status LockMark(const base::UniqueFd& fd, const std::filesystem::path& path) {
  const auto deadline = std::chrono::steady_clock::now() + kMaxWaitForLock;
  while (::flock(fd.get(), LOCK_EX | LOCK_NB) != 0) {
    if (std::chrono::steady_clock::now() > deadline)
      return Error{ErrorCode::kUnavailable, "token.busy",
                   path.string() + ": another process is logging in"};
    std::this_thread::sleep_for(std::chrono::milliseconds{20});
  }
  return base::Ok();
}

Error PinRefused(const std::filesystem::path& path, std::string_view when) {
  return {ErrorCode::kUnavailable, "token.pin-refused",
          path.string() + " was refused by the token " + std::string(when)};
}

}  // namespace

base::Status PinGuard::TryOnce(const Login& login) {
  const base::UniqueFd mark{
      ::open(mark_file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
  if (!mark.valid()) return MarkUnwritable(mark_file_);
  RETURN_IF_ERROR(LockMark(mark, mark_file_));
  ASSIGN_OR_RETURN(const PinFile file, ReadPinFile(pin_file_));
  if (file.identity == refused_ || file.identity == ReadMark(mark))
    return PinRefused(pin_file_, "before; not tried again");
  // The room for the refusal is taken before the PIN is tried: overwriting needs no space.
  if (!WriteMark(mark, Padded(std::string(kNothingRefused)))) return MarkUnwritable(mark_file_);

  const CK_RV rv = login(file.pin.Reveal());
  if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) return base::Ok();
  if (!MeansPinRefused(rv)) return TokenError(rv, "C_Login");
  refused_ = file.identity;
  if (!WriteMark(mark, file.identity)) base::LogError("token.mark", MarkUnwritable(mark_file_));
  const Error refusal = PinRefused(pin_file_, "just now");
  base::LogError("token.login", refusal);
  return refusal;
}

}  // namespace hsm
