// What each key of ours may do, written into the token.
//
// A key's CKA_ID is "purpose:label". Every search names class, type and that id, so a key
// made for one purpose is never found for another, even under the same label.
#pragma once

#include <string>

#include "base/result.h"
#include "hsm/attributes.h"
#include "hsm/provisioner.h"
#include "hsm/session.h"
#include "hsm/signer.h"

namespace hsm {

enum class KeyPurpose { kSeal, kCheckpoint, kRoot, kMac };

// "seal:agency-1"
std::string KeyId(KeyPurpose purpose, const KeyLabel& label);

// kInvalidInput "key.malformed-label" unless `label` is [a-z0-9-], 1 to 64 characters.
base::Status CheckLabel(const KeyLabel& label);

// The private or secret key of this purpose and label. Remembered by the session.
//
// Errors:
//   kInvalidInput "key.malformed-label"
//   kNotFound "key.unknown"      no such key for this purpose
//   kCorrupted "key.ambiguous"   two keys carry the label: the token was tampered with
//   kUnavailable "token.*"
base::Result<CK_OBJECT_HANDLE> FindKey(Session& session, KeyPurpose purpose, const KeyLabel& label);

// As FindKey(), of a public key or certificate object.
base::Result<CK_OBJECT_HANDLE> FindOne(Session& session, CK_OBJECT_CLASS object_class,
                                       std::string_view id);

// Makes the key with the usages of its purpose alone: private, sensitive, never extractable,
// not modifiable, not copyable. Checks the token's word for it afterwards.
base::Status MakeKey(Session& session, const KeyLabel& label, KeyKind kind);

}  // namespace hsm
