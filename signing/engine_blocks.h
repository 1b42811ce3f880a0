// The building blocks of EN 319 102-1, 5.2 that look at one object alone: format (FC), signer
// (ISC), signature policy (VCI), cryptographic verification (CV), acceptance (SAV).
#pragma once

#include "signing/engine_case.h"

namespace signing {

Block CheckFormat(const Case& question, Scope scope, const facts::Signature& signature);
Block IdentifySigner(const Case& question, Scope scope, const std::string& object,
                     const std::vector<facts::Id>& chain, const facts::SignerReference& reference);
Block CheckSignaturePolicy(const Case& question, Scope scope, const facts::Signature& signature);
Block VerifyCryptographically(const Case& question, Scope scope, const std::string& object,
                              const std::vector<facts::Digest>& digests, const facts::Seal& seal);
// `at`: algorithms are judged for this time.
Block AcceptSignature(const Case& question, Scope scope, const facts::Signature& signature,
                      base::Time at);
Block AcceptTimestamp(const Case& question, const facts::Timestamp& timestamp, base::Time at);

// The scope whose rules apply to the signature.
Scope ScopeOfSignature(const facts::Signature& signature);

}  // namespace signing
