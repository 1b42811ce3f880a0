// Documents too large to send: they stay here, the service signs their digests, and the container
// is put together on this machine, in bounded memory.
#pragma once

#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"
#include "signing/stored_container.h"

namespace cli {

class LargeDocuments {
 public:
  // Maps and digests them. kNotFound "file.missing", kInvalidInput "file.unreadable",
  // "document.empty".
  static base::Result<LargeDocuments> Open(const std::vector<std::string>& files);

  // {"documents":[{"name","mediaType","sha256"}]}, as the service takes it.
  base::Bytes Digests() const;

  // The container with the signature file that the service made over the digests, verified as a
  // whole before it gets its name. Never takes the place of another file.
  //
  // Errors: those of WriteNewFile() and WriteStoredContainer(), and kInternal "release.refused"
  // when our verifier, behind walls, does not find the signature intact over what is in it.
  base::Status Write(const std::string& out, const std::string& signature) const;

 private:
  std::vector<base::MappedFile> mapped_;
  std::vector<signing::StoredDocument> documents_;
};

// True when the files are better handled so: together larger than a request may be.
bool AreLarge(const std::vector<std::string>& files);

}  // namespace cli
