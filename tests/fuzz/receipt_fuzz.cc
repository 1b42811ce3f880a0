// A proof that parses is written as the same text; a receipt is accepted only under a key
// that signed it, which no input of a fuzzer has.
#include <cstdlib>

#include "vault/receipt.h"
#include "vault/signed_note.h"
#include "vault/tile.h"
#include "vault/tlog_proof.h"
#include "vault/witnessing.h"

namespace {

// The key of RFC 8032, 7.1, TEST 2, under the name of the corpus.
constexpr const char* kVerifierKey =
    "vault.example/riga+0fc96184+AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM";

// Of docs/formats/checkpoint.md; its private key is thrown away.
constexpr const char* kWitnessKey =
    "witness.example/w1+ca71a785+BFzGlEp27ZZeV16BxDkgBKNbDsD/f6ZljIt94bcukJes";
constexpr const char* kNote =
    "vault.example/riga\n3\nNmQuc8JUCrEh46a/lUWwokmCzYMOsT080Z3jzmwCHsE=\n\n"
    "\u2014 vault.example/riga "
    "HYBVdCmhOEXE2dCFuvm9cUYsKRtFQAoI5Rg9iV86Gtmn5FuW4JqadHWxngn0S0t6LGgkqpA0OrKtzmvIilzG5VIDFA0="
    "\n";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = base::AsText({data, size});
  const auto proof = vault::ParseTlogProof(text);
  if (proof && vault::WriteTlogProof(*proof) != text) std::abort();
  static_cast<void>(vault::ParseVerifierKey(text));
  const auto tile = vault::ParseTilePath(text);
  if (tile && vault::TilePath(tile->tile, tile->is_entries) != text) std::abort();
  const auto conflict = vault::SizeOfConflict(text);
  if (conflict && std::to_string(*conflict) + "\n" != text) std::abort();
  static_cast<void>(vault::NotedHead(text, "vault.example/riga"));
  static_cast<void>(vault::SignedPart(text));
  // As the answer of a witness, and as a note that it is to be put below.
  const vault::CosignatureRules rules{.now = base::Time(std::chrono::seconds(1'795'000'000))};
  if (vault::WithCosignature(kNote, text, kWitnessKey, rules).ok()) std::abort();
  if (vault::WithCosignature(text, text, kWitnessKey, rules).ok()) std::abort();
  const auto verdict = vault::VerifyReceipt(text, kVerifierKey, std::nullopt);
  if (verdict.ok() || verdict.error().reason == "receipt.bad-verifier-key") std::abort();
  return 0;
}
