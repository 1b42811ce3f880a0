// The checks of one signature that need no policy, no trust and no time: its structure, what it
// refers to, and its value. The verdict is SignatureJudge's, the engine's checks are in engine.h.
//
// Pure functions; they never fail.
#pragma once

#include <string>
#include <vector>

#include "signing/verify_report.h"
#include "signing/xml_signature.h"

namespace signing {

// The checks of VerifyReport but the last: Check::kCertificatePath is left unrecorded.
VerifyReport CheckStructure(const SignatureFacts& facts);

// Digests and signature value alone: every reference found and right, the value valid.
bool IsIntact(const VerifyReport& report);

// "XAdES-BASELINE-B", "-T", "-LT", "-LTA", by the properties present, or "XMLDSIG" without any.
// An empty element raises no level, and a signature time-stamp only one whose imprint fits; what
// level LT has once stands there once (EN 319 132-1, 6.3).
std::string_view LevelOf(const SignatureFacts& facts);

// The reference by which the signature covers its own SignedProperties as EN 319 132-1, 4.3.6
// demands; nullptr when there is none, or not exactly one.
const Reference* SignedPropertiesReference(const SignatureFacts& facts);

// True when some reference takes only a part out of a document or file: what stands beside that
// part is not signed.
bool CoversPartOnly(const SignatureFacts& facts);

// Names of what intact references cover: files, "#id" of elements, "" for the whole document,
// "#id (part)" or "file#id (part)" for what a filter took out of one.
std::vector<std::string> ScopeOf(const SignatureFacts& facts);

}  // namespace signing
