// WorkBudget: how much work one verification may cost, whatever the document asks for.
//
// A reference is a few bytes and can ask for a walk over the whole document or for a file to be
// parsed. One budget for all of a verification, in proportion to what was handed in, keeps the
// product of both small.
#pragma once

#include <cstddef>

#include "base/result.h"

namespace signing {

class WorkBudget {
 public:
  // `input_size` is that of everything handed in for this verification, in bytes.
  explicit WorkBudget(std::size_t input_size);

  // A unit is about 50 ns of one core. kInvalidInput "xml.too-costly" when the budget does not
  // have that many left; nothing more is to be done then.
  base::Status Spend(std::size_t units);

  // The same for signature checks, and for decoding what is only there to be checked. They have a
  // budget of their own beside it: bytes are cheap, and one that grows with them would let a large
  // file ask for seconds.
  base::Status SpendOnKeys(std::size_t units);
  // One more signature is looked at; beyond the first 20 each brings what it honestly needs.
  void AddSignature();

  // As Spend(), after work that has nobody to tell: an error when something was refused.
  base::Status Check() const;

 private:
  std::size_t left_;
  std::size_t left_for_keys_;
  std::size_t signatures_ = 0;
  bool refused_ = false;
};

// What work costs, in units, as measured.
constexpr std::size_t CostOfBytes(std::size_t size) {  // Hashed, copied, decoded.
  return size / 8;
}
inline constexpr std::size_t kCostOfCertificate = 500;
inline constexpr std::size_t kCostOfToken = 6'000;
inline constexpr std::size_t kCostOfResponse = 6'000;
inline constexpr std::size_t kCostOfSignatureValue = 3'000;

}  // namespace signing
