// Digest algorithms by their names in XML, CMS and OpenSSL: a closed list.
#pragma once

#include <openssl/types.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace signing {

struct DigestAlgorithm {
  std::string_view uri;   // Of ds:DigestMethod.
  std::string_view name;  // For reports: "SHA256".
  const EVP_MD* (*md)();
  std::size_t size;
};

// nullptr for anything not on the list: MD5 is not, whatever a policy says.
const DigestAlgorithm* FindDigestByUri(std::string_view uri);
// By OpenSSL's numeric id of the object identifier.
const DigestAlgorithm* FindDigestByNid(int nid);
const DigestAlgorithm* FindDigestByName(std::string_view name);
// By the content octets of the object identifier's DER.
const DigestAlgorithm* FindDigestByOid(base::ByteSpan oid);

// One computation. Movable.
class Hasher {
 public:
  explicit Hasher(const DigestAlgorithm& algorithm);
  ~Hasher();
  Hasher(Hasher&&) noexcept;
  Hasher& operator=(Hasher&&) noexcept;
  Hasher(const Hasher&) = delete;
  Hasher& operator=(const Hasher&) = delete;

  void Update(base::ByteSpan data);
  // Another computation that has taken the same data.
  Hasher Clone() const;
  base::Bytes Finish() &&;

 private:
  struct Context;
  explicit Hasher(std::unique_ptr<Context> context);
  std::unique_ptr<Context> context_;
};

base::Bytes HashOf(const DigestAlgorithm& algorithm, base::ByteSpan data);

}  // namespace signing
