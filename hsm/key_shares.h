// KeyShares: the seed of a vault's own keys, in parts that custodians keep.
//
// Shamir's secret sharing over GF(2^8), modulus x^8 + x^4 + x^3 + x + 1, byte by byte: fewer
// shares than needed say nothing about the seed (A. Shamir, How to share a secret, CACM 22, 1979).
// The set's name is a hash of the seed, by which wrong shares are noticed.
#pragma once

#include <vector>

#include "base/result.h"
#include "base/secret.h"
#include "hsm/provisioner.h"

namespace hsm {

inline constexpr std::size_t kSeedSize = 32;

// kInvalidInput "share.malformed-counts" unless 2 <= needed <= all <= 16.
base::Status CheckCounts(ShareCounts counts);

// REQUIRES: CheckCounts(), a seed of kSeedSize bytes.
std::vector<KeyShare> SplitSeed(const base::Secret& seed, ShareCounts counts);

// Errors, none of which says anything of the seed:
//   kInvalidInput "share.malformed" not of one set, or one twice
//   kInvalidInput "share.too-few"
//   kInvalidInput "share.wrong"     one of them is not what it was
base::Result<base::Secret> JoinSeed(const std::vector<KeyShare>& shares);

// The vault's own keys of a seed: HKDF-SHA-256 (RFC 5869), 32 bytes for each use.
base::Secret KeyOfSeed(const base::Secret& seed, std::string_view use);

}  // namespace hsm
