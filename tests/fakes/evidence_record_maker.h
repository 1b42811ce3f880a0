// EvidenceRecordMaker: RFC 4998 evidence records, with handles for everything an attacker would
// turn. Computes its own hash trees: a mistake shared with the checker would stay hidden.
#pragma once

#include <openssl/bio.h>
#include <openssl/ts.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/c_handle.h"
#include "base/clock.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/test_keys.h"

namespace tests {

inline base::Bytes HashBy(const std::string& algorithm, base::ByteSpan data) {
  base::Bytes digest(EVP_MAX_MD_SIZE);
  unsigned size = 0;
  const EVP_MD* md = EVP_get_digestbyname(algorithm.c_str());
  if (md == nullptr || EVP_Digest(data.data(), data.size(), digest.data(), &size, md, nullptr) != 1)
    std::abort();
  digest.resize(size);
  return digest;
}
inline base::Bytes HashBy(const std::string& algorithm, const std::string& text) {
  return HashBy(algorithm, base::AsBytes(text));
}

inline base::Bytes Der(std::uint8_t tag, base::ByteSpan content) {
  base::Bytes out{tag};
  if (content.size() < 0x80) {
    out.push_back(static_cast<std::uint8_t>(content.size()));
  } else {
    base::Bytes length;
    for (std::size_t rest = content.size(); rest != 0; rest >>= 8U)
      length.insert(length.begin(), static_cast<std::uint8_t>(rest));
    out.push_back(static_cast<std::uint8_t>(0x80U | length.size()));
    base::Append(length, out);
  }
  base::Append(content, out);
  return out;
}

// A TSA whose certificate is valid in these times, trusted by nobody yet.
inline Identity MakeTsa(base::Time from = Day(2015, 1, 1), base::Time to = Day(2035, 1, 1)) {
  CertificateSpec spec;
  spec.name = "Test TSA";
  spec.extensions = {{"extendedKeyUsage", "critical,timeStamping"},
                     {"keyUsage", "critical,digitalSignature"}};
  spec.from = from;
  spec.to = to;
  return Make(spec);
}

namespace token_time {
inline int Set(TS_RESP_CTX* /*context*/, void* at, long* seconds, long* microseconds) {
  *seconds = static_cast<const base::Time*>(at)->time_since_epoch().count();
  *microseconds = 0;
  return 1;
}
}  // namespace token_time

// The DER of a token over a digest, as of any time.
inline base::Bytes MakeTokenOver(const Identity& tsa, const std::string& algorithm,
                                 const base::Bytes& digest, base::Time at) {
  const EVP_MD* md = EVP_get_digestbyname(algorithm.c_str());
  const base::CHandle<TS_REQ, TS_REQ_free> request{TS_REQ_new()};
  const base::CHandle<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free> imprint{TS_MSG_IMPRINT_new()};
  const base::CHandle<X509_ALGOR, X509_ALGOR_free> method{X509_ALGOR_new()};
  X509_ALGOR_set_md(method.get(), md);
  TS_MSG_IMPRINT_set_algo(imprint.get(), method.get());
  TS_MSG_IMPRINT_set_msg(imprint.get(), const_cast<unsigned char*>(digest.data()),
                         static_cast<int>(digest.size()));
  TS_REQ_set_version(request.get(), 1);
  TS_REQ_set_msg_imprint(request.get(), imprint.get());
  TS_REQ_set_cert_req(request.get(), 1);
  const base::CHandle<BIO, BIO_free> der{BIO_new(BIO_s_mem())};
  i2d_TS_REQ_bio(der.get(), request.get());

  const base::CHandle<TS_RESP_CTX, TS_RESP_CTX_free> context{TS_RESP_CTX_new()};
  const base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free> policy{OBJ_txt2obj("1.2.3.4", 1)};
  TS_RESP_CTX_set_signer_cert(context.get(), tsa.certificate.get());
  TS_RESP_CTX_set_signer_key(context.get(), tsa.key.get());
  TS_RESP_CTX_set_signer_digest(context.get(), EVP_sha256());
  TS_RESP_CTX_set_ess_cert_id_digest(context.get(), EVP_sha256());
  TS_RESP_CTX_set_def_policy(context.get(), policy.get());
  TS_RESP_CTX_add_md(context.get(), md);
  TS_RESP_CTX_set_time_cb(context.get(), token_time::Set, &at);
  const base::CHandle<TS_RESP, TS_RESP_free> response{
      TS_RESP_create_response(context.get(), der.get())};
  PKCS7* token = response ? TS_RESP_get_token(response.get()) : nullptr;
  if (token == nullptr) std::abort();
  base::Bytes bytes(static_cast<std::size_t>(i2d_PKCS7(token, nullptr)));
  unsigned char* out = bytes.data();
  i2d_PKCS7(token, &out);
  return bytes;
}

class EvidenceRecordMaker {
 public:
  using List = std::vector<base::Bytes>;
  using Tree = std::vector<List>;  // Written in this order; empty: no reducedHashtree.

  explicit EvidenceRecordMaker(const Identity& tsa) : tsa_(&tsa) {}

  std::uint8_t version = 1;
  bool state_algorithm = true;  // digestAlgorithm [0] in what is added next.
  base::Bytes imprint_instead;  // Stamped next in place of the root.

  // A new chain (the first one, or a hash-tree renewal) over these first lists.
  EvidenceRecordMaker& AddChain(const std::string& algorithm, const Tree& tree, base::Time at,
                                const base::Bytes& single = {}) {
    chains_.emplace_back();
    return Add(algorithm, tree, at, single);
  }
  // One more archive time-stamp in the last chain.
  EvidenceRecordMaker& Add(std::string algorithm, const Tree& tree, base::Time at,
                           const base::Bytes& single = {}) {
    algorithms_.push_back(algorithm);
    base::Bytes imprint = tree.empty() ? single : Root(algorithm, tree);
    if (!imprint_instead.empty()) imprint = imprint_instead;
    token_ = MakeTokenOver(*tsa_, algorithm, imprint, at);
    base::Bytes content;
    if (state_algorithm) base::Append(Der(0xA0, Algorithm(algorithm)), content);
    if (!tree.empty()) base::Append(Der(0xA2, Lists(tree)), content);
    base::Append(token_, content);
    chains_.back().push_back(Der(0x30, content));
    return *this;
  }
  EvidenceRecordMaker& Start(const std::string& content, base::Time at) {
    return AddChain("SHA256", {}, at, HashBy("SHA256", content));
  }
  EvidenceRecordMaker& RenewTimestamp(base::Time at) {
    return Add(algorithms_.back(), {}, at, PreviousToken(algorithms_.back()));
  }
  EvidenceRecordMaker& RenewHashTree(const std::string& algorithm, const std::string& content,
                                     base::Time at) {
    return AddChain(algorithm, {}, at, Renewed(algorithm, content));
  }
  void Use(const Identity& tsa) { tsa_ = &tsa; }
  void SwapChains(std::size_t a, std::size_t b) { std::swap(chains_.at(a), chains_.at(b)); }
  void DropChain(std::size_t at) { chains_.erase(chains_.begin() + static_cast<long>(at)); }
  void DropTimestamp(std::size_t chain, std::size_t at) {
    chains_.at(chain).erase(chains_.at(chain).begin() + static_cast<long>(at));
  }

  // What a renewal has to cover.
  base::Bytes PreviousToken(const std::string& algorithm) const {
    return HashBy(algorithm, token_);
  }
  base::Bytes Renewed(const std::string& algorithm, const std::string& content) const {
    base::Bytes both = HashBy(algorithm, content);
    base::Append(HashBy(algorithm, Chains()), both);
    return HashBy(algorithm, both);
  }

  base::Bytes Make() const {
    base::Bytes content{0x02, 0x01, version};
    base::Bytes algorithms;
    for (const std::string& name : algorithms_)
      base::Append(Der(0x30, Algorithm(name)), algorithms);
    base::Append(Der(0x30, algorithms), content);
    base::Append(Chains(), content);
    return Der(0x30, content);
  }

 private:
  // The content of an AlgorithmIdentifier.
  static base::Bytes Algorithm(const std::string& name) {
    const ASN1_OBJECT* oid = OBJ_nid2obj(EVP_MD_get_type(EVP_get_digestbyname(name.c_str())));
    base::Bytes content = Der(0x06, {OBJ_get0_data(oid), OBJ_length(oid)});
    base::Append(base::Bytes{0x05, 0x00}, content);
    return content;
  }
  static base::Bytes Lists(const Tree& tree) {
    base::Bytes lists;
    for (const List& list : tree) {
      base::Bytes hashes;
      for (const base::Bytes& hash : list) base::Append(Der(0x04, hash), hashes);
      base::Append(Der(0x30, hashes), lists);
    }
    return lists;
  }
  static base::Bytes Root(const std::string& algorithm, const Tree& tree) {
    base::Bytes root;
    for (List list : tree) {
      if (!root.empty()) list.push_back(root);
      std::ranges::sort(list);
      base::Bytes all;
      for (const base::Bytes& hash : list) base::Append(hash, all);
      root = list.size() == 1 ? list[0] : HashBy(algorithm, all);
    }
    return root;
  }
  base::Bytes Chains() const {
    base::Bytes chains;
    for (const List& chain : chains_) {
      base::Bytes content;
      for (const base::Bytes& timestamp : chain) base::Append(timestamp, content);
      base::Append(Der(0x30, content), chains);
    }
    return Der(0x30, chains);
  }

  const Identity* tsa_;
  std::vector<std::string> algorithms_;
  std::vector<List> chains_;
  base::Bytes token_;  // The last one.
};

}  // namespace tests
