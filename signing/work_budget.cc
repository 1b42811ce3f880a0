#include "signing/work_budget.h"

namespace signing {
namespace {

// Some 200'000 nodes as signatures have them, and what a careful signer needs for each byte.
constexpr std::size_t kAlways = 1'600'000;
constexpr std::size_t kForEachByte = 16;

}  // namespace

WorkBudget::WorkBudget(std::size_t input_size) : left_(kAlways + kForEachByte * input_size) {}

base::Status WorkBudget::Spend(std::size_t units) {
  if (units > left_) {
    left_ = 0;
    return base::Error{base::ErrorCode::kInvalidInput, "xml.too-costly",
                       "the work budget is spent"};
  }
  left_ -= units;
  return base::Ok();
}

}  // namespace signing
