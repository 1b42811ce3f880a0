// A file of the front's own, encrypted: the wrapped key, then facts and bytes under AES-256-GCM.
#pragma once

#include <filesystem>

#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"
#include "hsm/vault_keys.h"

namespace api {

struct SealedContent {
  base::Json facts;
  base::Bytes bytes;
};

// `owner`: 16 bytes that name what the file is; it opens for them only. Replaces what was there.
// Errors: those of VaultKeys and base::ReplaceFile().
base::Status WriteSealedFile(const std::filesystem::path& path, hsm::VaultKeys& keys,
                             base::ByteSpan owner, const SealedContent& content);

// kNotFound "file.missing"; kCorrupted "aead.mismatch"; those of VaultKeys.
base::Result<SealedContent> ReadSealedFile(const std::filesystem::path& path, hsm::VaultKeys& keys,
                                           base::ByteSpan owner);

}  // namespace api
