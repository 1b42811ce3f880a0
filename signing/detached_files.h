// DetachedFiles: data handed in beside a bare XML signature.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "signing/signed_files.h"
#include "signing/verifier.h"

namespace signing {

// Borrows the request. Files are found by their path below the data folder. A reference
// without URI means the only file there is, or the one called "data.bin".
class DetachedFiles final : public SignedFiles {
 public:
  explicit DetachedFiles(const VerifyRequest& request);

  std::optional<std::string> Resolve(const std::optional<std::string>& uri) const override;
  std::size_t SizeOf(std::string_view name) const override;
  std::size_t CostOfPass(std::string_view name) const override;
  base::Status Stream(std::string_view name, const TakeBytes& take) override;
  std::optional<base::Bytes> KnownDigest(std::string_view name,
                                         const DigestAlgorithm& algorithm) const override;

 private:
  std::map<std::string, base::ByteSpan, std::less<>> files_;
  std::map<std::string, base::Sha256Digest, std::less<>> digests_;
};

}  // namespace signing
