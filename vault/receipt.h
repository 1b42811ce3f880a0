// Receipt: proves offline that the vault took a document.
//
// A receipt is one C2SP tlog-proof text. Its `extra` line holds the ledger entry and the
// salt that ties the entry to the document, so that the file needs nothing beside it but
// the vault's verifier key (docs/formats/receipt.md).
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "vault/ledger.h"

namespace vault {

struct ReceiptParts {
  StoredRecord record;
  base::Bytes salt;                       // Of the document's commitment; may be empty.
  std::vector<base::Sha256Digest> proof;  // Audit path in the checkpoint's tree.
  std::string checkpoint;                 // Signed note.
  base::Bytes stamp{};                    // RFC 3161 token over it; empty: none.
};

std::string WriteReceipt(const ReceiptParts& parts);

// SHA-256(salt || document digest): what Record::commitment holds for a document.
base::Sha256Digest DocumentCommitment(base::ByteSpan salt, const base::Sha256Digest& document);

struct ReceiptVerdict {
  Record record;
  EntryNumber entry;
  std::uint64_t tree_size = 0;
  std::string origin;
  bool covers_document = false;        // Always false when no document digest was given.
  std::vector<base::Time> cosigned{};  // When each of the witnesses asked for saw the checkpoint.
  base::Bytes stamp{};           // Unopened: whoever opens tokens has to hold it against `stamped`.
  base::Sha256Digest stamped{};  // What the token covers, if it is this receipt's.
};

// Checks signature, root, inclusion, the document when it is given, and that each of `witnesses`
// (verifier keys) cosigned, with no server and no trust but in `verifier_key`
// ("origin+keyid+base64") and those.
//
// Errors, all kInvalidInput: "receipt.malformed", "receipt.wrong-key",
// "receipt.bad-signature", "receipt.not-included", "receipt.other-document",
// "receipt.bad-verifier-key", "receipt.not-cosigned", "witness.bad-key".
base::Result<ReceiptVerdict> VerifyReceipt(std::string_view receipt, std::string_view verifier_key,
                                           const std::optional<base::Sha256Digest>& document,
                                           const std::vector<std::string>& witnesses = {});

}  // namespace vault
