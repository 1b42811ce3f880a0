// The record of a document: what is said of it, sealed, and how it is tied to the bytes.
#pragma once

#include <cstdint>
#include <string>

#include "api/flow/record_keys.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "vault/record.h"
#include "vault/segments.h"

namespace api {

struct DocumentFacts {
  std::string name;  // File name a person reads, as IsDocumentName() demands.
  std::string media_type;
  std::string direction;  // "outgoing" or "incoming".
  std::string channel;    // "electronic", "in-person", "phone" or "post".
};

// kInvalidInput "document.bad-name", "document.bad-media-type", "document.bad-direction".
base::Status CheckDocumentFacts(const DocumentFacts& facts);

struct DocumentBytes {
  vault::Written written;
  std::uint64_t size = 0;
  base::Sha256Digest sha256;  // Of the document.
};

// Adds place, commitment and sealed metadata to a record that has its id. The salt is new.
void DescribeDocument(const DocumentFacts& facts, const DocumentBytes& bytes,
                      const base::Secret& record_key, vault::Record& record);

}  // namespace api
