#include "hsm/ceremony_log.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/digest.h"
#include "base/file.h"
#include "hsm/durable_append.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::size_t kMaxFile = std::size_t{16} << 20U;

Error Damaged(std::string what) {
  return {ErrorCode::kCorrupted, "ceremony.log-damaged", std::move(what)};
}

std::string HashOf(std::string_view line) {
  return base::HexEncode(base::Sha256(base::AsBytes(line)).bytes);
}

}  // namespace

base::Status CeremonyLog::Open() {
  log_ = base::UniqueFd(
      ::open(file_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!log_.valid() || ::flock(log_.get(), LOCK_EX) != 0)
    return Error{ErrorCode::kUnavailable, "disk.unwritable", file_.string()};
  return base::SyncFolder(file_.parent_path());
}

base::Status CeremonyLog::Load() {
  used_.clear();
  previous_.clear();
  ASSIGN_OR_RETURN(const base::Bytes content, base::ReadFd(log_, kMaxFile));
  std::string_view text = base::AsText(content);
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(end + 1);
    const auto json = Json::Parse(line);
    if (!json.ok() || json.value().Text("previous").value_or("-") != previous_)
      return Damaged(file_.string());
    const std::string nonce = json.value().Text("jti").value_or("");
    const std::string what = json.value().Text("log").value_or("");
    if (nonce.empty() || (what != "begun" && what != "done" && what != "failed"))
      return Damaged(file_.string());
    if (what == "failed")
      used_.erase(nonce);
    else
      used_.insert(nonce);
    previous_ = HashOf(line);
  }
  if (text.empty()) return base::Ok();
  // Half a line was never on stable storage: nothing was done under it.
  if (::ftruncate(log_.get(), static_cast<off_t>(content.size() - text.size())) == 0)
    return base::Ok();
  return Error{ErrorCode::kUnavailable, "disk.unwritable", file_.string()};
}

base::Status CeremonyLog::Write(Json line) {
  line.Set("previous", previous_);
  const std::string text = line.Dump();
  if (!AppendDurably(log_, text + "\n"))
    return Error{ErrorCode::kUnavailable, "disk.unwritable", file_.string()};
  previous_ = HashOf(text);
  return base::Ok();
}

base::Status CeremonyLog::Begin(const CeremonyOrder& order,
                                const std::vector<std::string>& custodians, base::Time at) {
  const base::Status begun = BeginLocked(order, custodians, at);
  if (!begun.ok()) log_.Reset();
  return begun;
}

base::Status CeremonyLog::BeginLocked(const CeremonyOrder& order,
                                      const std::vector<std::string>& custodians, base::Time at) {
  RETURN_IF_ERROR(Open());
  RETURN_IF_ERROR(Load());
  if (used_.contains(order.nonce)) return Error{ErrorCode::kConflict, "ceremony.used", order.nonce};
  Json line;
  line.Set("log", "begun").Set("at", base::FormatTime(at));
  const Json claims = ToJson(order);
  for (const auto& [name, value] : *claims.AsObject()) line.Set(name, value);
  Json who{Json::Array{}};
  for (const std::string& custodian : custodians) who.Push(custodian);
  line.Set("custodians", std::move(who));
  return Write(std::move(line));
}

base::Status CeremonyLog::End(const std::string& nonce, const std::string& failure, base::Time at) {
  Json line;
  line.Set("log", failure.empty() ? "done" : "failed").Set("at", base::FormatTime(at));
  line.Set("jti", nonce);
  if (!failure.empty()) line.Set("reason", failure);
  const base::Status written = Write(std::move(line));
  log_.Reset();  // And with it the lock.
  return written;
}

}  // namespace hsm
