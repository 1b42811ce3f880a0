// StoredContainer: writes an ASiC-E container of any size in bounded memory.
//
// Documents are stored, not deflated: they are read twice, once for digest and check sum, once to
// be copied, and held never. ZIP64 (APPNOTE 4.5.3) where a size or an offset needs it.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"
#include "base/result.h"
#include "signing/container_writer.h"

namespace signing {

// One pass over a document that may be larger than memory. `bytes` is best a MappedFile: its
// pages are given back behind the reader.
struct DocumentSums {
  base::Sha256Digest sha256;
  std::uint32_t crc = 0;
};
DocumentSums SumsOf(base::ByteSpan bytes);

struct StoredDocument {
  ContainerDocument document;  // Borrowed bytes.
  DocumentSums sums;           // Of them.
};

// Hands over the container in pieces: mimetype, documents, manifest, and the signature file.
// Errors: as WriteContainer(); nothing was handed over then.
base::Status WriteStoredContainer(const std::vector<StoredDocument>& documents,
                                  const ContainerSignature& signature, base::Time modified,
                                  const std::function<void(base::ByteSpan)>& take);

}  // namespace signing
