// ContainerWriter: writes ASiC-E containers (ETSI EN 319 162-1), strictly.
//
// "mimetype" first, stored, without extra field; then the documents, META-INF/manifest.xml
// (ODF 1.2) and the signatures. The same input gives the same bytes.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/result.h"

namespace signing {

inline constexpr std::string_view kAsicMediaType = "application/vnd.etsi.asic-e+zip";

struct ContainerDocument {
  std::string name;  // As IsDocumentName() of xades_writer.h demands.
  std::string media_type;
  base::ByteSpan bytes;  // Borrowed for the call.
};

struct ContainerSignature {
  std::string name;  // Such as "META-INF/signatures001.xml".
  std::string xml;
};

struct ContainerParts {
  std::vector<ContainerDocument> documents;
  std::vector<ContainerSignature> signatures;  // May be empty: documents on their way to be signed.
  base::Time modified;                         // Time written beside each entry, UTC.
};

// kInvalidInput "document.bad-name", "document.duplicate-name" (also when names differ only in
// case), "document.none"; kUnavailable "memory.short".
base::Result<base::Bytes> WriteContainer(const ContainerParts& parts);

// What WriteContainer() refuses names for.
base::Status CheckContainerNames(const ContainerParts& parts);
// META-INF/manifest.xml of such a container (ODF 1.2, part 3, 4).
std::string ContainerManifestText(const ContainerParts& parts);

// By the ending of the name, from a small table; application/octet-stream otherwise.
std::string MediaTypeOf(std::string_view name);

}  // namespace signing
