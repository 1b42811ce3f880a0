// A file of the front's own, encrypted: the slot of its key, then facts and bytes under
// AES-256-GCM.
#pragma once

#include <filesystem>

#include "api/flow/record_keys.h"
#include "base/bytes.h"
#include "base/json.h"
#include "base/result.h"

namespace api {

struct SealedContent {
  base::Json facts;
  base::Bytes bytes;
};

// `owner`: 16 bytes that name what the file is; it opens for them only. Replaces what was there.
// Errors: those of RecordKeys and base::ReplaceFile().
base::Status WriteSealedFile(const std::filesystem::path& path, RecordKeys& keys,
                             base::ByteSpan owner, const SealedContent& content);
// Under a key that something else is under too, so that both are erased at once.
base::Status WriteSealedFile(const std::filesystem::path& path, const NewKey& key,
                             base::ByteSpan owner, const SealedContent& content);

// kNotFound "file.missing"; kCorrupted "aead.mismatch"; those of RecordKeys.
base::Result<SealedContent> ReadSealedFile(const std::filesystem::path& path, RecordKeys& keys,
                                           base::ByteSpan owner);

struct OpenedFile {
  SealedContent content;
  NewKey key;
};
// The same, with the key that it is under.
base::Result<OpenedFile> OpenSealedFile(const std::filesystem::path& path, RecordKeys& keys,
                                        base::ByteSpan owner);

}  // namespace api
