// Time-stamp tokens in the outer forms that authorities give them (RFC 5652): what is signed stays
// as it was, and an honest verifier must not mind.
#pragma once

#include <cstdlib>
#include <utility>
#include <vector>

#include "base/bytes.h"

namespace tests {

// One element: its tag, and what stands in it.
struct DerElement {
  std::uint8_t tag = 0;
  base::Bytes content;
};

inline base::Bytes EncodeDer(const DerElement& element) {
  base::Bytes der{element.tag};
  const std::size_t size = element.content.size();
  if (size < 0x80) {
    der.push_back(static_cast<std::uint8_t>(size));
  } else {
    der.push_back(0x82);
    der.push_back(static_cast<std::uint8_t>(size >> 8U));
    der.push_back(static_cast<std::uint8_t>(size));
  }
  base::Append(element.content, der);
  return der;
}

// Elements of definite length, below 64 KiB, as OpenSSL writes them.
inline std::vector<DerElement> DecodeDer(base::ByteSpan der) {
  std::vector<DerElement> elements;
  while (der.size() >= 2) {
    std::size_t head = 2;
    std::size_t size = der[1];
    if (size > 0x80) {
      head += size - 0x80;
      if (head > 4 || head > der.size()) std::abort();
      size = 0;
      for (std::size_t i = 2; i < head; ++i) size = size << 8U | der[i];
    }
    if (head + size > der.size()) std::abort();
    const base::ByteSpan content = der.subspan(head, size);
    elements.push_back({der[0], {content.begin(), content.end()}});
    der = der.subspan(head + size);
  }
  return elements;
}

inline base::Bytes EncodeAll(const std::vector<DerElement>& elements) {
  base::Bytes der;
  for (const DerElement& element : elements) base::Append(EncodeDer(element), der);
  return der;
}

// A token, open at its SignedData.
class TokenParts {
 public:
  explicit TokenParts(base::ByteSpan token) {
    outer_ = DecodeDer(DecodeDer(token).at(0).content);
    fields_ = DecodeDer(DecodeDer(outer_.at(1).content).at(0).content);
  }

  // certificates, the element [0]; signerInfos comes last.
  DerElement& Certificates() { return fields_.at(3); }
  std::vector<DerElement> SignerInfo() const {
    return DecodeDer(DecodeDer(fields_.back().content).at(0).content);
  }
  void SetSignerInfo(const std::vector<DerElement>& signer) {
    fields_.back().content = EncodeDer({0x30, EncodeAll(signer)});
  }

  base::Bytes Make() const {
    return EncodeDer({0x30, EncodeAll({outer_.at(0), {0xA0, SignedData()}})});
  }
  // The two outer elements in BER of indefinite length (X.690, 8.1.3.6).
  base::Bytes MakeIndefinite() const {
    base::Bytes ber{0x30, 0x80};
    base::Append(EncodeDer(outer_.at(0)), ber);
    base::Append(base::Bytes{0xA0, 0x80}, ber);
    base::Append(SignedData(), ber);
    base::Append(base::Bytes(4, 0x00), ber);
    return ber;
  }

 private:
  base::Bytes SignedData() const { return EncodeDer({0x30, EncodeAll(fields_)}); }

  std::vector<DerElement> outer_;
  std::vector<DerElement> fields_;
};

// With an attribute certificate of version 1, [1], among the certificates (RFC 5652, 10.2.2).
inline base::Bytes WithAttributeCertificate(base::ByteSpan token) {
  TokenParts parts(token);
  base::Append(EncodeDer({0xA1, {0x02, 0x01, 0x00}}), parts.Certificates().content);
  return parts.Make();
}

inline base::Bytes WithIndefiniteLength(base::ByteSpan token) {
  return TokenParts(token).MakeIndefinite();
}

// With this AlgorithmIdentifier as signatureAlgorithm (`field` 4) or digestAlgorithm (2).
inline base::Bytes WithAlgorithm(base::ByteSpan token, std::size_t field,
                                 const base::Bytes& algorithm) {
  TokenParts parts(token);
  std::vector<DerElement> signer = parts.SignerInfo();
  signer.at(field) = {0x30, algorithm};
  parts.SetSignerInfo(signer);
  return parts.Make();
}

}  // namespace tests
