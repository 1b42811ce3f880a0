#include "hsm/use_counter.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "hsm/durable_append.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxFile = std::size_t{1} << 30U;  // Four million lines.
constexpr std::size_t kMaxLines = 200'000;  // Then it is written anew, if much of it is over.

Error Damaged(std::string what) {
  return {ErrorCode::kCorrupted, "uses.damaged", std::move(what)};
}

std::string Line(const std::string& what, std::int64_t count, base::Time until, base::Time at) {
  return base::Json()
             .Set("what", what)
             .Set("count", count)
             .Set("until", base::FormatTime(until))
             .Set("at", base::FormatTime(at))
             .Dump() +
         "\n";
}

}  // namespace

base::Status UseCounter::Read(std::string_view line) {
  const auto json = base::Json::Parse(line);
  if (!json.ok()) return Damaged(json.error().message);
  const auto what = json.value().Text("what");
  const auto count = json.value().Integer("count");
  const auto until = base::ParseTime(json.value().Text("until").value_or(""));
  const auto at = base::ParseTime(json.value().Text("at").value_or(""));
  if (!what || !count || !until || !at) return Damaged("a line without its members");
  Add(*what, *count, *until);
  latest_ = std::max(latest_, *at);
  return base::Ok();
}

base::Status UseCounter::Load() {
  counts_.clear();
  const auto content = base::ReadFile(file_, kMaxFile);
  if (!content.ok() && content.error().code != ErrorCode::kNotFound)
    return Damaged(content.error().message);
  std::string_view text = content.ok() ? base::AsText(content.value()) : std::string_view();
  // What is behind the last end of line was never on stable storage: nobody was told of it.
  for (std::size_t end = text.find('\n'); end != std::string_view::npos; end = text.find('\n')) {
    RETURN_IF_ERROR(Read(text.substr(0, end)));
    text.remove_prefix(end + 1);
  }
  return Compact();
}

base::Status UseCounter::Compact() {
  std::erase_if(counts_, [this](const auto& entry) { return entry.second.until < latest_; });
  // The latest time outlives the uses that told it.
  std::string text = Line("", 0, latest_, latest_);
  for (const auto& [what, count] : counts_)
    if (!what.empty()) text += Line(what, count.count, count.until, latest_);
  RETURN_IF_ERROR(base::ReplaceFile(file_, base::AsBytes(text), 0600));
  log_ = base::UniqueFd(::open(file_.c_str(), O_WRONLY | O_APPEND | O_CLOEXEC));
  if (!log_.valid()) return Error{ErrorCode::kUnavailable, "disk.unwritable", file_.string()};
  lines_ = counts_.size();
  loaded_ = true;
  return base::Ok();
}

base::Status UseCounter::Write(const std::string& what, std::int64_t count, base::Time until) {
  if (!AppendDurably(log_, Line(what, count, until, latest_))) {
    loaded_ = false;  // Half a line may be there: read again, and written anew, before the next.
    return Error{ErrorCode::kUnavailable, "disk.unwritable", file_.string()};
  }
  ++lines_;
  Add(what, count, until);
  return base::Ok();
}

// As long as any of its uses is remembered, all are.
void UseCounter::Add(const std::string& what, std::int64_t count, base::Time until) {
  Count& known = counts_[what];
  known.count += count;
  known.until = std::max(known.until, until);
}

std::uint32_t UseCounter::Left(const Use& use) const {
  if (use.until < latest_) return 0;  // What was taken of it may be forgotten.
  const auto known = counts_.find(use.what);
  const std::int64_t used = known == counts_.end() ? 0 : known->second.count;
  return static_cast<std::uint32_t>(
      std::clamp<std::int64_t>(std::int64_t{use.limit} - used, 0, use.limit));
}

base::Result<std::uint32_t> UseCounter::Take(const Use& use, std::uint32_t wanted, base::Time now) {
  const std::lock_guard lock(mutex_);
  if (!loaded_) RETURN_IF_ERROR(Load());
  if (lines_ > std::max(kMaxLines, 2 * counts_.size())) RETURN_IF_ERROR(Compact());
  latest_ = std::max(latest_, now);
  const std::uint32_t taken = std::min(Left(use), wanted);
  if (taken > 0) RETURN_IF_ERROR(Write(use.what, taken, use.until));
  return taken;
}

base::Result<std::uint32_t> UseCounter::Left(const Use& use, base::Time now) {
  const std::lock_guard lock(mutex_);
  if (!loaded_) RETURN_IF_ERROR(Load());
  latest_ = std::max(latest_, now);
  return Left(use);
}

void UseCounter::GiveBack(const Use& use, std::uint32_t count) {
  const std::lock_guard lock(mutex_);
  // Failing here leaves it taken, which is the safe side.
  if (loaded_ && count > 0) (void)Write(use.what, -std::int64_t{count}, use.until);
}

base::Result<base::Time> UseCounter::NoEarlierThan(base::Time now) {
  const std::lock_guard lock(mutex_);
  if (!loaded_) RETURN_IF_ERROR(Load());
  return std::max(latest_, now);
}

}  // namespace hsm
