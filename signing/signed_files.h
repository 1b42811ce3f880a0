// SignedFiles: where a reference to a file finds its bytes. Nothing else is ever opened.
//
// Not thread-safe: digests once computed are kept.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/canonical.h"
#include "signing/digest_algorithm.h"

namespace signing {

class SignedFiles {
 public:
  SignedFiles() = default;
  virtual ~SignedFiles() = default;
  SignedFiles(SignedFiles&&) = default;
  SignedFiles& operator=(SignedFiles&&) = default;

  // The name of the file that the reference means; nullopt when there is none.
  // `uri` is nullopt for a reference without URI attribute.
  virtual std::optional<std::string> Resolve(const std::optional<std::string>& uri) const = 0;

  // Hands over the bytes of a file that Resolve() named, in pieces.
  // kInvalidInput "zip.content" or "zip.bomb" when the container turns out broken: then nothing in
  // it is to be believed.
  virtual base::Status Stream(std::string_view name, const TakeBytes& take) = 0;

  // What is known of such a file without reading it: its size, and what one pass over it costs in
  // units of WorkBudget, a digest included.
  virtual std::size_t SizeOf(std::string_view name) const = 0;
  virtual std::size_t CostOfPass(std::string_view name) const = 0;

  // The digest of such a file. Many signatures over one file do not read it many times, and
  // its SHA-256 comes out of the same pass. Errors: as Stream().
  base::Result<base::Bytes> DigestOf(std::string_view name, const DigestAlgorithm& algorithm);
  // A computation that has taken these files one after the other, for a digest over them and
  // more. Cheap where their digests or the same files were asked for before. Errors: as Stream().
  base::Result<Hasher> HashOf(const std::vector<std::string>& names,
                              const DigestAlgorithm& algorithm);

  // The digest of a file whose bytes stay with their owner; nullopt when the bytes are here.
  virtual std::optional<base::Bytes> KnownDigest(std::string_view name,
                                                 const DigestAlgorithm& algorithm) const = 0;

 private:
  // By names and algorithm: computations that have taken those files.
  std::map<std::pair<std::vector<std::string>, std::string_view>, Hasher> known_;
};

}  // namespace signing
