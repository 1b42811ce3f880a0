#include "signing/trust_snapshot.h"

#include <openssl/x509.h>

#include <algorithm>
#include <map>

#include "signing/certificate_extensions.h"
#include "signing/trust_selection.h"

namespace signing {
namespace {

// OpenSSL's hash of the name's canonical form: equal names have equal hashes.
unsigned long HashOfName(const X509_NAME* name) {
  int ok = 0;
  return X509_NAME_hash_ex(name, nullptr, nullptr, &ok);
}

bool SignsLists(const Certificate& certificate, const std::vector<Certificate>& list_signers) {
  const bool listed = std::ranges::any_of(
      list_signers, [&](const Certificate& signer) { return signer.der() == certificate.der(); });
  return listed || HasExtendedKeyUsage(certificate, kTslSigning);
}

TrustListUse UseOf(const VerifiedList& list) {
  return {list.name,
          list.digest,
          list.header.territory,
          list.header.IsListOfLists(),
          list.header.sequence,
          list.header.issued,
          list.header.next_update,
          list.signer};
}

}  // namespace

struct TrustSnapshot::Content {
  std::vector<TrustService> services;
  std::vector<Certificate> anchors;
  std::vector<TrustListUse> lists;
  base::Sha256Digest id;
  std::size_t files = 0;
  std::multimap<unsigned long, TrustEntry> by_subject;
  std::multimap<base::Bytes, TrustEntry> by_key_id;

  void Add(const Certificate& certificate, const TrustService* service) {
    const TrustEntry entry{certificate, service};
    by_subject.emplace(HashOfName(X509_get_subject_name(certificate.x509())), entry);
    if (auto id_of = SubjectKeyIdOf(certificate)) by_key_id.emplace(std::move(*id_of), entry);
  }

  void Index() {
    for (const TrustService& service : services)
      for (const Certificate& certificate : service.certificates) Add(certificate, &service);
    for (const Certificate& anchor : anchors) Add(anchor, nullptr);
  }
};

TrustSnapshot::TrustSnapshot() : TrustSnapshot(Read({}, base::Time(), nullptr)) {}

TrustSnapshot::TrustSnapshot(std::shared_ptr<const Content> content)
    : content_(std::move(content)) {}

TrustSnapshot TrustSnapshot::Read(const std::vector<NamedBytes>& inputs, base::Time at,
                                  TrustFindings* findings) {
  TrustFindings found;
  CertificateStore store;
  const TrustInputs sorted = SortTrustInputs(inputs, store, found);
  TrustSelection selection = SelectLists(sorted, at, store, found);
  auto content = std::make_shared<Content>();
  for (VerifiedList& list : selection.lists) {
    content->lists.push_back(UseOf(list));
    std::ranges::move(list.services, std::back_inserter(content->services));
  }
  for (const Certificate& certificate : sorted.certificates)
    if (!SignsLists(certificate, selection.list_signers)) content->anchors.push_back(certificate);
  base::Sha256Stream id;
  for (const base::Sha256Digest& digest : sorted.digests) id.Update(digest.span());
  content->id = std::move(id).Finish();
  content->files = sorted.digests.size();
  content->Index();
  if (findings != nullptr) std::ranges::move(found, std::back_inserter(*findings));
  return TrustSnapshot(std::move(content));
}

const std::vector<TrustService>& TrustSnapshot::services() const {
  return content_->services;
}

const std::vector<Certificate>& TrustSnapshot::anchors() const {
  return content_->anchors;
}

const std::vector<TrustListUse>& TrustSnapshot::lists() const {
  return content_->lists;
}

std::string TrustSnapshot::Id() const {
  return base::HexEncode(content_->id.span());
}

bool TrustSnapshot::IsEmpty() const {
  return content_->files == 0;
}

std::optional<base::Time> TrustSnapshot::issued() const {
  std::optional<base::Time> newest;
  for (const TrustListUse& list : content_->lists)
    if (!newest || list.issued > *newest) newest = list.issued;
  return newest;
}

std::vector<TrustEntry> TrustSnapshot::WithSubject(const X509_NAME* name) const {
  std::vector<TrustEntry> found;
  const auto [begin, end] = content_->by_subject.equal_range(HashOfName(name));
  for (auto at = begin; at != end; ++at)
    if (X509_NAME_cmp(X509_get_subject_name(at->second.certificate.x509()), name) == 0)
      found.push_back(at->second);
  return found;
}

std::vector<TrustEntry> TrustSnapshot::WithSubjectKeyId(base::ByteSpan id) const {
  std::vector<TrustEntry> found;
  const auto [begin, end] = content_->by_key_id.equal_range(base::Bytes(id.begin(), id.end()));
  for (auto at = begin; at != end; ++at) found.push_back(at->second);
  return found;
}

std::vector<TrustEntry> TrustSnapshot::Same(const Certificate& certificate) const {
  std::vector<TrustEntry> found = WithSubject(X509_get_subject_name(certificate.x509()));
  std::erase_if(found, [&](const TrustEntry& entry) {
    return !IsSameEntity(entry.certificate, certificate);
  });
  return found;
}

}  // namespace signing
