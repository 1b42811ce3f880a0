#include "api/flow/document_receipt.h"

#include "vault/receipt.h"

namespace api {

base::Result<std::string> DocumentReceipt::Run(const Reading& reading, std::string_view id) {
  ASSIGN_OR_RETURN(vault::StoredRecord stored, read_document_.Entry(reading, id));
  ASSIGN_OR_RETURN(const base::Json metadata, read_document_.Metadata(stored));
  ASSIGN_OR_RETURN(vault::Ledger::Checkpoint checkpoint, publish_.Covering(stored.entry.value + 1));
  ASSIGN_OR_RETURN(auto proof, ledger_.InclusionProof(stored.entry, checkpoint.size));
  const auto salt = base::HexDecode(metadata.Text("salt").value_or("?"));
  if (!salt)
    return base::Error{base::ErrorCode::kCorrupted, "aead.mismatch", "metadata without salt"};
  return vault::WriteReceipt({.record = std::move(stored),
                              .salt = *salt,
                              .proof = std::move(proof),
                              .checkpoint = std::move(checkpoint.note)});
}

}  // namespace api
