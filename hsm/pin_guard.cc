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
constexpr std::chrono::seconds kMaxWaitForLock{2};

// What became of the PIN file that a mark names.
constexpr std::string_view kRefused = "refused";
constexpr std::string_view kAccepted = "accepted";
constexpr std::string_view kTrying = "trying";
constexpr std::string_view kNothing = "nothing refused yet";

struct PinFile {
  base::Secret pin;
  std::string identity;
};

std::string Mark(std::string_view what, std::string_view identity = "") {
  std::string text = std::string(what) + ' ' + std::string(identity);
  text.resize(kMarkSize - 1, ' ');
  return text + '\n';
}

std::string IdentityOf(const struct stat& info) {
  return std::to_string(info.st_dev) + " " + std::to_string(info.st_ino) + " " +
         std::to_string(info.st_size) + " " + std::to_string(info.st_mtim.tv_sec) + "." +
         std::to_string(info.st_mtim.tv_nsec);
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

Error Unanswered(const std::filesystem::path& path) {
  return {ErrorCode::kUnavailable, "token.pin-unanswered",
          path.string() + " was tried, and the token never said whether it is right"};
}

}  // namespace

base::Status PinGuard::TryOnce(const Login& login) {
  const base::UniqueFd mark{
      ::open(mark_file_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, S_IRUSR | S_IWUSR)};
  if (!mark.valid()) return MarkUnwritable(mark_file_);
  RETURN_IF_ERROR(LockMark(mark, mark_file_));
  ASSIGN_OR_RETURN(const PinFile file, ReadPinFile(pin_file_));
  const std::string last = ReadMark(mark);
  if (file.identity == refused_ || last == Mark(kRefused, file.identity))
    return PinRefused(pin_file_, "before; not tried again");
  if (last == Mark(kTrying, file.identity)) return Unanswered(pin_file_);
  // The room for the refusal is taken before the PIN is tried: overwriting needs no space. A PIN
  // that the token took before is not a wrong one when it does not answer this time.
  const bool is_proven = last == Mark(kAccepted, file.identity);
  if (!is_proven && !WriteMark(mark, Mark(kTrying, file.identity)))
    return MarkUnwritable(mark_file_);

  const CK_RV rv = login(file.pin.Reveal());
  const bool is_refused = MeansPinRefused(rv);
  if (is_refused) refused_ = file.identity;
  const std::string outcome = is_refused     ? Mark(kRefused, file.identity)
                              : rv == CKR_OK ? Mark(kAccepted, file.identity)
                                             : Mark(kNothing);
  if ((is_refused || !is_proven) && !WriteMark(mark, outcome))
    base::LogError("token.mark", MarkUnwritable(mark_file_));
  if (rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN) return base::Ok();
  if (!is_refused) return TokenError(rv, "C_Login");
  const Error refusal = PinRefused(pin_file_, "just now");
  base::LogError("token.login", refusal);
  return refusal;
}

}  // namespace hsm
