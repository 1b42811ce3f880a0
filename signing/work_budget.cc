#include "signing/work_budget.h"

namespace signing {
namespace {

// Some 200'000 nodes as signatures have them, and what a careful signer needs for each byte.
constexpr std::size_t kAlways = 1'600'000;
constexpr std::size_t kForEachByte = 16;

// 160 ms: 260 checks by P-384. A signature with all its evidence needs some 6, with archive
// time-stamps a dozen.
constexpr std::size_t kForKeys = 3'200'000;
constexpr std::size_t kFreeSignatures = 20;
constexpr std::size_t kForEachSignature = 150'000;

}  // namespace

WorkBudget::WorkBudget(std::size_t input_size)
    : left_(kAlways + kForEachByte * input_size), left_for_keys_(kForKeys) {}

base::Status WorkBudget::SpendOnKeys(std::size_t units) {
  refused_ = refused_ || units > left_for_keys_;
  left_for_keys_ = refused_ ? 0 : left_for_keys_ - units;
  return Spend(units);
}

void WorkBudget::AddSignature() {
  if (++signatures_ > kFreeSignatures) left_for_keys_ += kForEachSignature;
}

base::Status WorkBudget::Spend(std::size_t units) {
  refused_ = refused_ || units > left_;
  left_ = refused_ ? 0 : left_ - units;
  return Check();
}

base::Status WorkBudget::Check() const {
  if (!refused_) return base::Ok();
  return base::Error{base::ErrorCode::kInvalidInput, "xml.too-costly", "the work budget is spent"};
}

}  // namespace signing
