// A proof that parses is written as the same text; a receipt is accepted only under a key
// that signed it, which no input of a fuzzer has.
#include <cstdlib>

#include "vault/receipt.h"
#include "vault/signed_note.h"
#include "vault/tlog_proof.h"

namespace {

// The key of RFC 8032, 7.1, TEST 2, under the name of the corpus.
constexpr const char* kVerifierKey =
    "vault.example/riga+0fc96184+AT1AF8PoQ4lakrcKp00bfrycmCzPLsSWjMDNVfEq9GYM";

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = base::AsText({data, size});
  const auto proof = vault::ParseTlogProof(text);
  if (proof && vault::WriteTlogProof(*proof) != text) std::abort();
  static_cast<void>(vault::ParseVerifierKey(text));
  const auto verdict = vault::VerifyReceipt(text, kVerifierKey, std::nullopt);
  if (verdict.ok() || verdict.error().reason == "receipt.bad-verifier-key") std::abort();
  return 0;
}
