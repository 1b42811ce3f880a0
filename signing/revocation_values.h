// What embedded OCSP responses and CRLs say about themselves. Nothing is trusted here.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/clock.h"
#include "base/digest.h"

namespace signing {

struct RevocationFact {
  std::string_view type;        // "OCSP" or "CRL".
  base::Sha256Digest sha256{};  // Of the bytes, readable or not.
  bool readable = false;
  std::string issuer;  // Of a CRL; of a response its responder's name, empty when by key.
  std::optional<base::Time> produced_at;  // OCSP only.
  std::optional<base::Time> this_update;  // Of a response: of its first single response.
  std::optional<base::Time> next_update;
};

RevocationFact DescribeOcsp(base::ByteSpan der);
RevocationFact DescribeCrl(base::ByteSpan der);

}  // namespace signing
