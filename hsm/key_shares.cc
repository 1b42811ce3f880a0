#include "hsm/key_shares.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>

#include <array>
#include <cstdlib>
#include <set>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/digest.h"
#include "base/random.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;
using Kdf = base::CHandle<EVP_KDF, EVP_KDF_free>;
using KdfContext = base::CHandle<EVP_KDF_CTX, EVP_KDF_CTX_free>;

constexpr std::uint8_t kMostShares = 16;
constexpr std::size_t kSetBytes = 16;

// No tables and no branches on secrets: their time tells nothing.
std::uint8_t Times(std::uint8_t a, std::uint8_t b) {
  std::uint8_t product = 0;
  for (int bit = 0; bit < 8; ++bit) {
    product = static_cast<std::uint8_t>(product ^ (-(b & 1) & a));
    a = static_cast<std::uint8_t>((a << 1) ^ (-(a >> 7) & 0x1b));
    b = static_cast<std::uint8_t>(b >> 1);
  }
  return product;
}

// a^254 is 1/a: the field has 255 elements besides zero.
std::uint8_t Inverse(std::uint8_t a) {
  std::uint8_t power = 1;
  for (int i = 0; i < 254; ++i) power = Times(power, a);
  return power;
}

std::string SetOf(const base::Secret& seed) {
  base::Bytes text = base::ToBytes("edocvault seed of vault keys");
  text.reserve(text.size() + kSeedSize);  // Growth would leave copies.
  base::Append(seed.Reveal(), text);
  const base::Sha256Digest digest = base::Sha256(text);
  base::WipeBytes(text);
  return base::HexEncode(digest.span().first(kSetBytes));
}

// Of the polynomial that is 1 at `number` and 0 at all others: its value at 0.
std::uint8_t WeightAtZero(std::uint8_t number, const std::set<std::uint8_t>& numbers) {
  std::uint8_t weight = 1;
  for (const std::uint8_t other : numbers) {
    if (other == number) continue;
    weight = Times(weight, Times(other, Inverse(static_cast<std::uint8_t>(number ^ other))));
  }
  return weight;
}

}  // namespace

base::Status CheckCounts(ShareCounts counts) {
  if (counts.needed >= 2 && counts.needed <= counts.all && counts.all <= kMostShares)
    return base::Ok();
  return Error{ErrorCode::kInvalidInput, "share.malformed-counts",
               std::to_string(counts.needed) + " of " + std::to_string(counts.all)};
}

std::vector<KeyShare> SplitSeed(const base::Secret& seed, ShareCounts counts) {
  // The coefficients of x, x^2... for each byte; the seed is that of 1.
  const base::Secret coefficients{base::RandomBytes((counts.needed - 1U) * kSeedSize)};
  std::vector<KeyShare> shares;
  for (std::uint8_t number = 1; number <= counts.all; ++number) {
    base::Bytes value(kSeedSize);
    for (std::size_t power = counts.needed - 1U; power > 0; --power)
      for (std::size_t i = 0; i < kSeedSize; ++i)
        value[i] = Times(value[i] ^ coefficients.Reveal()[(power - 1) * kSeedSize + i], number);
    for (std::size_t i = 0; i < kSeedSize; ++i) value[i] ^= seed.Reveal()[i];
    shares.push_back({SetOf(seed), counts.needed, number, base::Secret(std::move(value))});
  }
  return shares;
}

base::Result<base::Secret> JoinSeed(const std::vector<KeyShare>& shares) {
  const Error malformed{ErrorCode::kInvalidInput, "share.malformed", "not different ones of a set"};
  std::set<std::uint8_t> numbers;
  for (const KeyShare& share : shares) {
    const bool fits = share.set == shares[0].set && share.needed == shares[0].needed &&
                      share.needed >= 2 && share.value.Reveal().size() == kSeedSize;
    if (!fits || share.number == 0 || !numbers.insert(share.number).second) return malformed;
  }
  if (shares.empty() || shares.size() < shares[0].needed)
    return Error{ErrorCode::kInvalidInput, "share.too-few", std::to_string(shares.size())};
  base::Bytes joined(kSeedSize);
  for (const KeyShare& share : shares) {
    const std::uint8_t weight = WeightAtZero(share.number, numbers);
    for (std::size_t i = 0; i < kSeedSize; ++i) joined[i] ^= Times(share.value.Reveal()[i], weight);
  }
  base::Secret seed{std::move(joined)};
  if (SetOf(seed) != shares[0].set)
    return Error{ErrorCode::kInvalidInput, "share.wrong", "of set " + shares[0].set};
  return seed;
}

base::Secret KeyOfSeed(const base::Secret& seed, std::string_view use) {
  const Kdf kdf{EVP_KDF_fetch(nullptr, "HKDF", nullptr)};
  const KdfContext context{EVP_KDF_CTX_new(kdf.get())};
  std::string digest = "SHA256";
  std::string info = "edocvault vault key 1 " + std::string(use);
  const std::array<OSSL_PARAM, 4> parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY,
                                        const_cast<std::uint8_t*>(seed.Reveal().data()),
                                        seed.Reveal().size()),
      OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, info.data(), info.size()),
      OSSL_PARAM_construct_end()};
  base::Bytes key(kSeedSize);
  if (!context || EVP_KDF_derive(context.get(), key.data(), key.size(), parameters.data()) != 1)
    std::abort();  // Out of memory.
  return base::Secret(std::move(key));
}

}  // namespace hsm
