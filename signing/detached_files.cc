#include "signing/detached_files.h"

#include "signing/member_name.h"
#include "signing/work_budget.h"

namespace signing {

DetachedFiles::DetachedFiles(const VerifyRequest& request) {
  for (const NamedBytes& file : request.data) files_.emplace(file.name, file.bytes);
  for (const NamedDigest& digest : request.digests) digests_.emplace(digest.name, digest.sha256);
}

std::optional<std::string> DetachedFiles::Resolve(const std::optional<std::string>& uri) const {
  if (!uri) {
    if (files_.size() == 1) return files_.begin()->first;
    return files_.contains("data.bin") ? std::optional<std::string>("data.bin") : std::nullopt;
  }
  auto name = MemberNameOfUri(*uri);
  if (name && (files_.contains(*name) || digests_.contains(*name))) return name;
  return std::nullopt;
}

std::size_t DetachedFiles::SizeOf(std::string_view name) const {
  const auto found = files_.find(name);
  return found == files_.end() ? 0 : found->second.size();
}

std::size_t DetachedFiles::CostOfPass(std::string_view name) const {
  return CostOfBytes(SizeOf(name));
}

base::Status DetachedFiles::Stream(std::string_view name, const TakeBytes& take) {
  const auto found = files_.find(name);
  if (found == files_.end())
    return base::Error{base::ErrorCode::kInvalidInput, "signature.data-only-digest",
                       std::string(name)};
  take(found->second);
  return base::Ok();
}

std::optional<base::Bytes> DetachedFiles::KnownDigest(std::string_view name,
                                                      const DigestAlgorithm& algorithm) const {
  const auto found = digests_.find(name);
  if (files_.contains(name) || found == digests_.end()) return std::nullopt;
  // Of another algorithm we know nothing: an empty digest is never equal.
  if (algorithm.name != "SHA256") return base::Bytes{};
  const base::ByteSpan digest = found->second.span();
  return base::Bytes(digest.begin(), digest.end());
}

}  // namespace signing
