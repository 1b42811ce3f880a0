// Workload: what verifying a document will cost, counted before any of it is verified.
//
// Three looks, each dearer and taken only when the one before says that the rest may fit: at the
// archive's directory, at the bytes of the XML, at the trees that passed the gate. No key is used
// and no data file is read. Where a count cannot be sure (path search, the keys of signers) it is
// an upper bound.
#pragma once

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "signing/digest_algorithm.h"
#include "signing/key_work.h"
#include "signing/signed_files.h"
#include "signing/work_budget.h"
#include "signing/xml_census.h"
#include "signing/xml_document.h"
#include "signing/zip_structure.h"

namespace signing {

// Declared sizes alone: that all members may be inflated, and read once, at `budget`'s expense
// (which nothing is taken from), and none is a bomb. `is_metadata` tells what is no data file.
//
// Errors, all kInvalidInput: "zip.bomb", "zip.too-many-entries", "limit.metadata-bytes",
// "limit.inflated-bytes", "xml.too-costly".
base::Status CheckDirectory(const std::vector<ZipEntry>& entries,
                            bool (*is_metadata)(const ZipEntry&), const WorkBudget& budget);

// What one pass over the member costs, in units of WorkBudget: inflating, CRC and a digest.
std::size_t CostOfMember(const ZipEntry& entry);

class Workload {
 public:
  explicit Workload(std::shared_ptr<const WorkBudget> budget) : budget_(std::move(budget)) {}

  // Second look: a document that may hold signatures. Errors, all kInvalidInput: one for each of
  // the limits that it may pass (limits.h), "xml.too-costly" for its gate. What was counted is for
  // the gate.
  base::Result<XmlCensus> AddText(base::ByteSpan xml);
  // An evidence record. Errors: as of AddText().
  base::Status AddRecord(base::ByteSpan record);

  // Third look: one of those documents, which has passed the gate. What it refers to is found in
  // `files`. Errors: as above.
  base::Status AddTree(const XmlDocument& document, const SignedFiles& files);

  // That everything added fits into the budget. Reading each of `files` once is added to it.
  // kInvalidInput "xml.too-costly" or "limit.public-keys".
  base::Status Check(const SignedFiles& files, const std::vector<std::string>& names) const;

  // Signatures that are none of counter-signatures: the budget grows with them.
  std::size_t signatures() const;

  // By file: the algorithms that references to it ask for.
  using Digests = std::map<std::string, std::set<const DigestAlgorithm*>, std::less<>>;
  const Digests& digests() const { return digests_; }

 private:
  void AddSignature(const XmlDocument& document, const xmlNode* signature,
                    const SignedFiles& files);
  // What the references below `parent` ask for.
  std::size_t AddReferences(const XmlDocument& document, const xmlNode* parent,
                            const SignedFiles& files);
  std::size_t CostOfReference(const XmlDocument& document, const xmlNode* reference,
                              const SignedFiles& files);
  base::Status AddEvidence(const xmlNode* signature, KeyMaterial& material);
  void AddTimestamps(const XmlDocument& document, const xmlNode* signature,
                     const SignedFiles& files, std::size_t of_references);
  base::Status CheckSoFar() const;

  std::shared_ptr<const WorkBudget> budget_;
  XmlCensus census_;
  std::size_t behind_gate_ = 0;  // At most, as far as the bytes tell.
  std::size_t behind_gate_but_texts_ = 0;
  std::size_t signatures_ = 0;  // As found in the trees.
  std::size_t crl_entries_ = 0;
  std::size_t records_ = 0;
  std::size_t record_tokens_ = 0;
  std::size_t units_ = 0;  // Beside keys and files.
  std::size_t most_references_ = 0;
  KeyWork keys_;
  Digests digests_;
  std::set<std::vector<std::string>> orders_;  // Of files that archive time-stamps are over.
};

}  // namespace signing
