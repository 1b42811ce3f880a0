#include "signing/signed_files.h"

namespace signing {

base::Result<base::Bytes> SignedFiles::DigestOf(std::string_view name,
                                                const DigestAlgorithm& algorithm) {
  const std::pair key{std::string(name), algorithm.name};
  const auto known = digests_.find(key);
  if (known != digests_.end()) return known->second;
  const DigestAlgorithm& sha256 = *FindDigestByName("SHA256");
  const bool is_sha256 = algorithm.name == sha256.name;
  Hasher asked(algorithm);
  Hasher beside(sha256);
  RETURN_IF_ERROR(Stream(name, [&](base::ByteSpan piece) {
    asked.Update(piece);
    if (!is_sha256) beside.Update(piece);
  }));
  base::Bytes digest = std::move(asked).Finish();
  digests_.emplace(key, digest);
  if (!is_sha256) digests_.emplace(std::pair{key.first, sha256.name}, std::move(beside).Finish());
  return digest;
}

}  // namespace signing
