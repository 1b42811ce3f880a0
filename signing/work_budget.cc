#include "signing/work_budget.h"

#include <algorithm>

namespace signing {
namespace {

constexpr std::size_t kSizeOfOne = std::size_t{10} << 20U;
constexpr std::size_t kFreeSignatures = 20;
// 10 ms: a signature with all its evidence needs some 6 checks, with archive time-stamps a dozen.
constexpr std::size_t kForEachSignature = 200'000;
constexpr std::size_t kKeysOfEachSignature = 150'000;

std::size_t Extra(std::size_t signatures) {
  return signatures > kFreeSignatures ? signatures - kFreeSignatures : 0;
}

std::uint64_t Milliseconds(std::size_t units) {
  return (units + kUnitsInMillisecond - 1) / kUnitsInMillisecond;
}

}  // namespace

WorkBudget::WorkBudget(std::size_t input_size, const Limits& limits)
    : limits_(limits), left_for_keys_(limits.key_milliseconds * kUnitsInMillisecond) {
  const std::size_t units = limits.work_milliseconds * kUnitsInMillisecond;
  left_ = input_size <= kSizeOfOne ? units : units * (input_size / (kSizeOfOne / 1024)) / 1024;
}

base::Error WorkBudget::TooCostly(std::size_t units) const {
  return PassedLimit(limits_, &Limits::work_milliseconds, Milliseconds(spent_ + units));
}

base::Error WorkBudget::TooManyKeys(std::size_t units) const {
  return PassedLimit(limits_, &Limits::key_milliseconds, Milliseconds(spent_on_keys_ + units));
}

base::Status WorkBudget::SpendOnKeys(std::size_t units) {
  by_keys_ = by_keys_ || (!refused_ && units > left_for_keys_);
  refused_ = refused_ || by_keys_;
  left_for_keys_ = refused_ ? 0 : left_for_keys_ - units;
  spent_on_keys_ += units;
  return Spend(units);
}

void WorkBudget::AddSignature() {
  if (++signatures_ <= kFreeSignatures) return;
  left_ += kForEachSignature;
  left_for_keys_ += kKeysOfEachSignature;
}

base::Status WorkBudget::Spend(std::size_t units) {
  refused_ = refused_ || units > left_;
  left_ = refused_ ? 0 : left_ - units;
  spent_ += units;
  return Check();
}

base::Status WorkBudget::CheckFits(std::size_t units, std::size_t on_keys,
                                   std::size_t signatures) const {
  const std::size_t extra = Extra(std::max(signatures, signatures_)) - Extra(signatures_);
  if (on_keys > left_for_keys_ + extra * kKeysOfEachSignature) return TooManyKeys(on_keys);
  if (units > left_ + extra * kForEachSignature) return TooCostly(units);
  return Check();
}

base::Status WorkBudget::Check() const {
  if (!refused_) return base::Ok();
  return by_keys_ ? TooManyKeys(0) : TooCostly(0);
}

}  // namespace signing
