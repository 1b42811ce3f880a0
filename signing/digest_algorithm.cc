#include "signing/digest_algorithm.h"

#include <openssl/evp.h>
#include <openssl/objects.h>

#include <algorithm>
#include <array>
#include <cstdlib>

#include "base/c_handle.h"

namespace signing {
namespace {

// Fetched once: with what `named` gives OpenSSL 3 searches for the algorithm at each use.
template <const EVP_MD* (*named)()>
const EVP_MD* Fetched() {
  static const EVP_MD* const fetched = EVP_MD_fetch(nullptr, EVP_MD_get0_name(named()), nullptr);
  return fetched != nullptr ? fetched : named();
}

constexpr std::array<DigestAlgorithm, 8> kDigests{{
    {"http://www.w3.org/2000/09/xmldsig#sha1", "SHA1", Fetched<EVP_sha1>, 20},
    {"http://www.w3.org/2001/04/xmldsig-more#sha224", "SHA224", Fetched<EVP_sha224>, 28},
    {"http://www.w3.org/2001/04/xmlenc#sha256", "SHA256", Fetched<EVP_sha256>, 32},
    {"http://www.w3.org/2001/04/xmldsig-more#sha384", "SHA384", Fetched<EVP_sha384>, 48},
    {"http://www.w3.org/2001/04/xmlenc#sha512", "SHA512", Fetched<EVP_sha512>, 64},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-256", "SHA3-256", Fetched<EVP_sha3_256>, 32},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-384", "SHA3-384", Fetched<EVP_sha3_384>, 48},
    {"http://www.w3.org/2007/05/xmldsig-more#sha3-512", "SHA3-512", Fetched<EVP_sha3_512>, 64},
}};

template <typename Predicate>
const DigestAlgorithm* FindDigest(Predicate predicate) {
  const auto found = std::ranges::find_if(kDigests, predicate);
  return found == kDigests.end() ? nullptr : &*found;
}

}  // namespace

const DigestAlgorithm* FindDigestByUri(std::string_view uri) {
  return FindDigest([&](const DigestAlgorithm& digest) { return digest.uri == uri; });
}

const DigestAlgorithm* FindDigestByNid(int nid) {
  return FindDigest(
      [&](const DigestAlgorithm& digest) { return EVP_MD_get_type(digest.md()) == nid; });
}

const DigestAlgorithm* FindDigestByName(std::string_view name) {
  return FindDigest([&](const DigestAlgorithm& digest) { return digest.name == name; });
}

const DigestAlgorithm* FindDigestByOid(base::ByteSpan oid) {
  return FindDigest([&](const DigestAlgorithm& digest) {
    const ASN1_OBJECT* object = OBJ_nid2obj(EVP_MD_get_type(digest.md()));
    const base::ByteSpan own(OBJ_get0_data(object), OBJ_length(object));
    return std::ranges::equal(own, oid);
  });
}

struct Hasher::Context {
  base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> md{EVP_MD_CTX_new()};
};

Hasher::Hasher(const DigestAlgorithm& algorithm) : context_(std::make_unique<Context>()) {
  if (!context_->md || EVP_DigestInit_ex(context_->md.get(), algorithm.md(), nullptr) != 1)
    std::abort();
}
Hasher::Hasher(std::unique_ptr<Context> context) : context_(std::move(context)) {}
Hasher::~Hasher() = default;
Hasher::Hasher(Hasher&&) noexcept = default;
Hasher& Hasher::operator=(Hasher&&) noexcept = default;

void Hasher::Update(base::ByteSpan data) {
  if (EVP_DigestUpdate(context_->md.get(), data.data(), data.size()) != 1) std::abort();
}

Hasher Hasher::Clone() const {
  auto context = std::make_unique<Context>();
  if (!context->md || EVP_MD_CTX_copy_ex(context->md.get(), context_->md.get()) != 1) std::abort();
  return Hasher(std::move(context));
}

base::Bytes Hasher::Finish() && {
  base::Bytes digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  if (EVP_DigestFinal_ex(context_->md.get(), digest.data(), &size) != 1) std::abort();
  digest.resize(size);
  return digest;
}

base::Bytes HashOf(const DigestAlgorithm& algorithm, base::ByteSpan data) {
  Hasher hasher(algorithm);
  hasher.Update(data);
  return std::move(hasher).Finish();
}

}  // namespace signing
