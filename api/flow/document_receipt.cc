#include "api/flow/document_receipt.h"

#include "vault/receipt.h"

namespace api {

base::Result<DocumentReceipt::Given> DocumentReceipt::Run(const Reading& reading,
                                                          std::string_view id) {
  ASSIGN_OR_RETURN(vault::StoredRecord stored, read_document_.Entry(reading, id));
  ASSIGN_OR_RETURN(const base::Json metadata, read_document_.Metadata(stored));
  const std::uint64_t size = stored.entry.value + 1;
  ASSIGN_OR_RETURN(auto newest, publish_.Covering(size));
  vault::Ledger::Checkpoint checkpoint = endorse_.Best(size, std::move(newest));
  ASSIGN_OR_RETURN(auto proof, ledger_.InclusionProof(stored.entry, checkpoint.size));
  const auto salt = base::HexDecode(metadata.Text("salt").value_or("?"));
  if (!salt)
    return base::Error{base::ErrorCode::kCorrupted, "aead.mismatch", "metadata without salt"};
  std::vector<std::string> pending = endorse_.Pending(checkpoint);
  return Given{.text = vault::WriteReceipt({.record = std::move(stored),
                                            .salt = *salt,
                                            .proof = std::move(proof),
                                            .checkpoint = std::move(checkpoint.note),
                                            .stamp = std::move(checkpoint.stamp)}),
               .pending = std::move(pending)};
}

}  // namespace api
