// ContainerReader: the documents of an ASiC-E container that nobody signed yet.
//
// Opens untrusted bytes: call it inside hardening's walls only.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"

namespace signing {

struct ReadDocument {
  std::string name;
  std::string media_type;  // From the manifest, or by the name's ending.
  base::Bytes bytes;
};

// In the order of the archive. kInvalidInput "container.not-zip" and others of the verifier,
// "container.already-signed", "document.none".
base::Result<std::vector<ReadDocument>> ReadUnsignedContainer(base::ByteSpan container);

}  // namespace signing
