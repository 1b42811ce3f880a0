#include "api/flow/record_keys.h"

#include "base/aead.h"
#include "base/random.h"

namespace api {
namespace {

base::Secret MetadataKey(const base::Secret& record_key) {
  return base::DeriveKey(record_key, "edocvault/1 record metadata");
}

}  // namespace

base::Secret ContentKey(const base::Secret& record_key) {
  return base::DeriveKey(record_key, "edocvault/1 document content");
}

base::Bytes SealMetadata(const base::Secret& record_key, const vault::RecordId& id,
                         const base::Json& metadata) {
  base::Bytes sealed = base::RandomBytes(base::kAeadNonceSize);
  const base::Bytes nonce = sealed;
  base::Append(
      base::AeadSeal(MetadataKey(record_key), nonce, id.span(), base::AsBytes(metadata.Dump())),
      sealed);
  return sealed;
}

base::Result<base::Json> OpenMetadata(const base::Secret& record_key, const vault::Record& record) {
  const base::ByteSpan sealed = record.sealed;
  if (sealed.size() < base::kAeadNonceSize)
    return base::Error{base::ErrorCode::kCorrupted, "aead.mismatch", record.id.Text()};
  ASSIGN_OR_RETURN(const base::Bytes text,
                   base::AeadOpen(MetadataKey(record_key), sealed.first(base::kAeadNonceSize),
                                  record.id.span(), sealed.subspan(base::kAeadNonceSize)));
  return base::Json::Parse(base::AsText(text));
}

base::Result<base::Secret> OpenRecordKey(const vault::Ledger& ledger, hsm::VaultKeys& keys,
                                         const vault::RecordId& id) {
  ASSIGN_OR_RETURN(const base::Bytes wrapped, ledger.WrappedKey(id));
  ASSIGN_OR_RETURN(std::vector<base::Secret> opened,
                   keys.OpenDocumentKeys({{{id.bytes.begin(), id.bytes.end()}, wrapped}}));
  return std::move(opened.front());
}

}  // namespace api
