// WorstCases: documents that ask for as much work as we can think of, of two dozen kinds, each
// with sizes drawn anew. The same seed gives the same sizes; keys are new in each run.
#pragma once

#include <map>
#include <random>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "tests/fakes/signature_maker.h"

namespace bench {

struct Input {
  std::string description;
  base::Bytes bytes;
};

// A key and what it is called; of the RSA ones nobody has the private half.
struct HeavyKey {
  const char* name;
  tests::Key key;
};

class WorstCases {
 public:
  WorstCases();

  base::Bytes anchor() const { return ca_.Der(); }
  static base::Time At();

  Input Next(std::size_t number);

  // `count` signatures of one file in one XML.
  base::Bytes ManySignatures(std::size_t count, std::size_t references = 0);
  // The same, each in a file of its own.
  base::Bytes ManySignatureFiles(std::size_t count);
  // 20 signatures as an archive has them: chain of three, OCSP, CRL of `crl_entries`, three
  // archive time-stamps; of keys on P-384, every second with RSA of 4096 bits.
  base::Bytes HonestArchive(int crl_entries);

 private:
  using Maker = Input (WorstCases::*)();
  static const std::vector<Maker>& Makers();

  std::size_t Draw(std::size_t from, std::size_t to);
  // Over all magnitudes alike.
  std::size_t DrawMagnitude(std::size_t to);
  const HeavyKey& DrawKey();
  tests::SignatureMaker Honest() const;
  Input Repeat(const std::string& description, tests::SignatureMaker maker);
  // As Repeat(), but all after the first are copies: their digests are wrong, the work the same.
  Input Copy(const std::string& description, tests::SignatureMaker maker, std::size_t count);

  // worst_evidence.cc: keys and what is checked with them.
  Input Signatures();
  Input Heap();
  Input Responses();
  Input Lists();
  Input Tokens();
  Input Archives();
  Input Counters();
  Input NestedCounters();
  Input Records();
  Input RecordsAndLists();

  // worst_contents.cc: archives and XML.
  Input References();
  Input ManyReferences();
  Input Elements();
  Input Members();
  Input DeflatedMembers();
  Input AllowedRatio();
  Input OneBigMember();
  Input HugeText();
  Input Prefixes();
  Input Enveloped();
  Input Objects();
  Input Attributes();
  Input DeepXml();
  Input Malformed();
  Input Damaged();

  std::string Record(std::size_t hashes, std::size_t chains);
  std::string List(std::size_t entries);

  std::mt19937 random_{20261123};
  tests::Identity ca_;
  tests::Identity signer_;
  tests::Identity tsa_;
  std::vector<HeavyKey> keys_;
  std::map<std::string, std::vector<base::Bytes>> heaps_;
  std::map<std::size_t, std::string> lists_;  // Base64, by the number of entries.
};

// The container of the maker with another signature file.
base::Bytes WithXml(const tests::SignatureMaker& maker, std::string xml);
// The ds:Signature alone.
std::string SignatureElement(tests::SignatureMaker& maker, std::size_t number);
// RevocationValues and CertificateValues.
std::string ValuesOf(const std::vector<base::Bytes>& certificates, const std::string& revocation);
std::string CrlValues(const std::string& base64);
// A member whose content is deflated.
void AddDeflated(const std::string& name, const std::string& content, tests::ZipMaker& zip);

}  // namespace bench
