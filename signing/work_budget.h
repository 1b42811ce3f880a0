// WorkBudget: how much work one verification may cost, whatever the document asks for.
//
// A reference is a few bytes and can ask for a walk over the whole document or for a file to be
// parsed. What a document will cost is estimated before (workload.h) and held against the budget;
// while the work is done it is paid for once more, so that an estimate that was too low ends it.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "signing/limits.h"

namespace signing {

class WorkBudget {
 public:
  // `input_size` is that of everything handed in for this verification, in bytes: beyond 10 MiB
  // the budget grows with it.
  explicit WorkBudget(std::size_t input_size, const Limits& limits = Limits());

  const Limits& limits() const { return limits_; }

  // A unit is about 50 ns of one core. kInvalidInput "xml.too-costly" when the budget does not
  // have that many left; nothing more is to be done then.
  base::Status Spend(std::size_t units);

  // The same for signature checks, and for decoding what is only there to be checked. They have a
  // budget of their own beside it: bytes are cheap, and one that grows with them would let a large
  // file ask for seconds. kInvalidInput "limit.public-keys" as well.
  base::Status SpendOnKeys(std::size_t units);
  // One more signature is looked at; beyond the first 20 each brings what it honestly needs.
  void AddSignature();

  // Whether work of so many units, `on_keys` of them for keys, could be paid for if so many
  // signatures are looked at. Spends nothing. Errors as of the other two.
  base::Status CheckFits(std::size_t units, std::size_t on_keys, std::size_t signatures) const;

  // As Spend(), after work that has nobody to tell: an error when something was refused.
  base::Status Check() const;

 private:
  base::Error TooCostly(std::size_t units) const;
  base::Error TooManyKeys(std::size_t units) const;

  Limits limits_;
  std::size_t left_;
  std::size_t left_for_keys_;
  std::size_t signatures_ = 0;
  std::size_t spent_ = 0;
  std::size_t spent_on_keys_ = 0;
  bool refused_ = false;
  bool by_keys_ = false;
};

inline constexpr std::size_t kUnitsInMillisecond = 20'000;

// What work costs, in units, as measured.
constexpr std::size_t CostOfBytes(std::size_t size) {  // Hashed, copied, decoded.
  return size / 16;
}
constexpr std::size_t CostOfInflating(std::size_t compressed, std::size_t size) {
  return compressed / 12 + size / 25;
}
inline constexpr std::size_t kCostOfCertificate = 800;
inline constexpr std::size_t kCostOfToken = 5'000;
inline constexpr std::size_t kCostOfResponse = 5'000;
inline constexpr std::size_t kCostOfAskedAnswer = 2;  // Whether it is about a certificate.
inline constexpr std::size_t kCostOfSignatureValue = 3'000;

// One check by a key. An RSA check is a multiplication modulo the key, quadratic in its size, for
// each bit of the exponent and another for each that is set.
inline constexpr std::size_t kCostOfFastKey = 3'000;  // P-256, Ed25519, Ed448: code of their own.
constexpr std::size_t CostOfRsaKey(std::size_t bits, std::size_t exponent_bits) {
  constexpr std::size_t kMultiplicationBy2048 = 22;
  return 2 * exponent_bits * kMultiplicationBy2048 * bits * bits / (2048 * 2048);
}
constexpr std::size_t CostOfEcKey(std::size_t bits) {
  return bits * bits / 12;
}

}  // namespace signing
