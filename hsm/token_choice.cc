#include "hsm/token_choice.h"

#include <algorithm>

#include "base/bytes.h"
#include "base/file.h"
#include "base/json.h"
#include "base/log.h"

namespace hsm {
namespace {

constexpr std::size_t kMaxMark = 1024;
// Who was not asked for so long was not away, but not needed.
constexpr std::chrono::minutes kForgotten{5};
// The last try is remembered no finer than that, to spare the disk.
constexpr std::chrono::seconds kGrain{1};

}  // namespace

void TokenChoice::Load() {
  loaded_ = true;
  const auto content = base::ReadFile(mark_, kMaxMark);
  const auto json = base::Json::Parse(content.ok() ? base::AsText(content.value()) : "");
  if (!json.ok()) return;
  second_ = json.value().Text("use").value_or("") == "second";
  failing_ = base::ParseTime(json.value().Text("failing").value_or(""));
  last_ = base::ParseTime(json.value().Text("last").value_or("")).value_or(base::Time{});
}

void TokenChoice::Save() {
  const std::string text = base::Json()
                               .Set("use", second_ ? "second" : "first")
                               .Set("failing", failing_ ? base::FormatTime(*failing_) : "")
                               .Set("last", base::FormatTime(last_))
                               .Dump() +
                           "\n";
  const auto saved = base::ReplaceFile(mark_, base::AsBytes(text), 0600);
  // Then a restart begins with the first again: slower, not wrong.
  if (!saved.ok()) base::LogError("token.choice-not-saved", saved.error());
  saved_ = last_;
}

bool TokenChoice::Try(base::Time now) {
  if (mark_.empty()) return false;
  if (!loaded_) Load();
  const bool forgotten = !failing_ || now < last_ ||
                         now - last_ > std::max<std::chrono::seconds>(kForgotten, patience_);
  const bool too_long = !forgotten && now - *failing_ >= patience_;
  last_ = now;
  if (too_long) second_ = !second_;
  if (too_long || forgotten) failing_ = now;
  if (too_long || forgotten || now - saved_ >= kGrain) Save();
  return too_long;
}

void TokenChoice::Worked() {
  if (mark_.empty() || !failing_) return;
  failing_.reset();
  Save();
}

}  // namespace hsm
