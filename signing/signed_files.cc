#include "signing/signed_files.h"

namespace signing {

base::Result<base::Bytes> SignedFiles::DigestOf(std::string_view name,
                                                const DigestAlgorithm& algorithm) {
  ASSIGN_OR_RETURN(Hasher hasher, HashOf({std::string(name)}, algorithm));
  return std::move(hasher).Finish();
}

base::Result<Hasher> SignedFiles::HashOf(const std::vector<std::string>& names,
                                         const DigestAlgorithm& algorithm) {
  if (names.empty()) return Hasher(algorithm);
  const std::pair key{names, algorithm.name};
  const auto known = known_.find(key);
  if (known != known_.end()) return known->second.Clone();

  const std::vector<std::string> first{names.front()};
  const auto start = known_.find({first, algorithm.name});
  const bool started = names.size() > 1 && start != known_.end();
  Hasher asked = started ? start->second.Clone() : Hasher(algorithm);
  const DigestAlgorithm& sha256 = *FindDigestByName("SHA256");
  const bool with_sha256 = names.size() == 1 && algorithm.name != sha256.name;
  Hasher beside(sha256);
  for (std::size_t i = started ? 1 : 0; i < names.size(); ++i)
    RETURN_IF_ERROR(Stream(names[i], [&](base::ByteSpan piece) {
      asked.Update(piece);
      if (with_sha256) beside.Update(piece);
    }));
  if (with_sha256) known_.emplace(std::pair{names, sha256.name}, std::move(beside));
  return known_.emplace(key, std::move(asked)).first->second.Clone();
}

}  // namespace signing
