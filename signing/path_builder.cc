#include "signing/path_builder.h"

#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <span>

#include "signing/certificate_extensions.h"
#include "signing/path_checks.h"

namespace signing {
namespace {

using Types = std::span<const std::string_view>;

// Certificates of one name that a document may bring, copies included.
constexpr int kMaxOfOneName = 256;

constexpr std::array kCaTypes = {trust_uri::kCaQc, trust_uri::kCaPkc, trust_uri::kNationalRoot};
constexpr std::array kTsaTypes = {trust_uri::kQtst, trust_uri::kTsa, trust_uri::kTssQc,
                                  trust_uri::kTssAdes};
// A CA answers for its own certificates as well.
constexpr std::array kOcspTypes = {trust_uri::kOcsp, trust_uri::kOcspQc, trust_uri::kCaQc,
                                   trust_uri::kCaPkc, trust_uri::kNationalRoot};
constexpr std::array kCrlTypes = {trust_uri::kCrl, trust_uri::kCrlQc, trust_uri::kCaQc,
                                  trust_uri::kCaPkc, trust_uri::kNationalRoot};

// As what a service may vouch for the leaf itself; it certifies others only as a CA.
Types OwnTypes(PathPurpose purpose) {
  switch (purpose) {
    case PathPurpose::kSigner: return {};
    case PathPurpose::kTimestamp: return kTsaTypes;
    case PathPurpose::kOcsp: return kOcspTypes;
    case PathPurpose::kCrl: return kCrlTypes;
  }
  return {};
}

bool WasEver(const TrustService& service, Types types) {
  return std::ranges::any_of(service.history, [&](const TrustStatus& status) {
    return std::ranges::find(types, status.type) != types.end();
  });
}

const TrustStatus* StatusAt(const TrustService& service, Types types, base::Time time) {
  const TrustStatus* status = service.At(time);
  if (status == nullptr || std::ranges::find(types, status->type) == types.end()) return nullptr;
  return status;
}

bool IsInForce(const TrustStatus* status, base::Time time) {
  return status != nullptr && (IsApproved(*status, time) || IsNational(*status));
}

// Handed in, it may vouch for others; a service says by its type what it is.
bool MayCertify(const TrustEntry& entry) {
  return entry.service != nullptr ? WasEver(*entry.service, kCaTypes) : MayBeCa(entry.certificate);
}

// What a certificate handed in is trusted to sign itself.
bool IsMeantFor(PathPurpose purpose, const Certificate& certificate) {
  switch (purpose) {
    case PathPurpose::kSigner: return true;
    case PathPurpose::kTimestamp: return IsOnlyForTimestamps(certificate);
    case PathPurpose::kOcsp:
      return HasExtendedKeyUsage(certificate, kOcspSigning) || MayBeCa(certificate);
    case PathPurpose::kCrl: return MayBeCa(certificate);
  }
  return false;
}

bool IsInTime(const Certificate& certificate, base::Time time) {
  const auto from = certificate.NotBefore();
  const auto to = certificate.NotAfter();
  return from && to && *from <= time && time <= *to;
}

// Approved before national, national before everything else.
int RankOf(const TrustStatus* status, base::Time time) {
  if (status == nullptr) return 3;
  if (IsApproved(*status, time)) return 0;
  return IsNational(*status) ? 1 : 2;
}

}  // namespace

// One search; the deepest recursion is kMaxLength.
class PathSearch {
 public:
  PathSearch(PathBuilder& builder, const PathRequest& request)
      : builder_(builder), request_(request) {}

  CertificatePath Run() {
    chain_.push_back(request_.leaf);
    if (auto own = LeafAnchor()) return Finish(std::move(*own));
    Extend();
    if (best_) return std::move(*best_);
    CertificatePath path;
    path.certificates = longest_.empty() ? chain_ : longest_;
    path.problems.push_back(
        {checks_left_ > 0 ? PathProblemKind::kNoAnchor : PathProblemKind::kSearchGivenUp,
         path.certificates.size() - 1, path.certificates.back().IssuerText()});
    return Finish(std::move(path));
  }

 private:
  // What is trusted about the leaf itself.
  std::optional<CertificatePath> LeafAnchor() const {
    const Types types = OwnTypes(request_.purpose);
    CertificatePath path;
    bool handed_in = false;
    bool in_time = false;
    for (const TrustEntry& entry : builder_.trust_.Same(request_.leaf)) {
      const bool is_service = entry.service != nullptr && WasEver(*entry.service, types);
      // A service is its name and key, in whatever certificate; else a leaf is trusted as it is.
      const bool is_handed_in = entry.service == nullptr &&
                                entry.certificate.der() == request_.leaf.der() &&
                                IsMeantFor(request_.purpose, entry.certificate);
      if (is_service) AddService(entry.service, path);
      handed_in = handed_in || is_handed_in;
      in_time =
          in_time || ((is_service || is_handed_in) && IsInTime(entry.certificate, request_.time));
    }
    if (!handed_in && path.services.empty()) return std::nullopt;
    Anchor(types, handed_in, path);
    // Nobody checked who issued a leaf of a trusted name and key, so the dates of the trusted
    // certificate bind as well. A service that is not approved stays what it is.
    in_time = in_time && IsInTime(request_.leaf, request_.time);
    if (!in_time && !path.Has(PathProblemKind::kServiceNotApproved)) return std::nullopt;
    return path;
  }

  // What is trusted about the CA at the end of the chain.
  std::optional<CertificatePath> CaAnchor() const {
    CertificatePath path;
    bool handed_in = false;
    for (const TrustEntry& entry : builder_.trust_.Same(chain_.back())) {
      if (!MayCertify(entry)) continue;
      if (entry.service != nullptr) AddService(entry.service, path);
      handed_in = handed_in || entry.service == nullptr;
    }
    if (!handed_in && path.services.empty()) return std::nullopt;
    Anchor(kCaTypes, handed_in, path);
    return path;
  }

  void Anchor(Types types, bool handed_in, CertificatePath& path) const {
    path.certificates = chain_;
    path.anchor = path.services.empty() ? AnchorKind::kCertificate : AnchorKind::kService;
    if (!path.services.empty()) ChooseService(types, handed_in, path);
  }

  static void AddService(const TrustService* service, CertificatePath& path) {
    if (std::ranges::find(path.services, service) == path.services.end())
      path.services.push_back(service);
  }

  void ChooseService(Types types, bool handed_in, CertificatePath& path) const {
    std::ranges::stable_sort(path.services, {}, [&](const TrustService* service) {
      return RankOf(StatusAt(*service, types, request_.time), request_.time);
    });
    path.service = path.services.front();
    path.status = StatusAt(*path.service, types, request_.time);
    // Who hands in the certificate itself trusts it whatever a list says.
    if (!handed_in && !IsInForce(path.status, request_.time))
      path.problems.push_back({PathProblemKind::kServiceNotApproved, path.certificates.size() - 1,
                               path.status == nullptr ? "" : path.status->status});
  }

  CertificatePath Finish(CertificatePath path) {
    CheckPath(request_.time, path);
    const std::size_t count = path.certificates.size();
    for (std::size_t i = 0; i < count; ++i) {
      if (i + 1 == count && i > 0 && path.HasAnchor()) break;
      path.links.push_back(
          LinkOf(path.certificates[i], i + 1 < count ? &path.certificates[i + 1] : nullptr));
    }
    return path;
  }

  void Offer(CertificatePath path) {
    path = Finish(std::move(path));
    if (!best_ || path.problems.size() < best_->problems.size()) best_ = std::move(path);
  }

  bool Done() const { return best_ && best_->problems.empty(); }

  // Tries all issuers of the chain's last certificate, trusted ones first.
  void Extend() {
    if (chain_.size() > longest_.size()) longest_ = chain_;
    if (chain_.size() >= PathBuilder::kMaxLength) return;
    const std::vector<Certificate> candidates = Candidates();
    for (const Certificate& issuer : candidates) {
      if (Done() || checks_left_ == 0) return;
      if (IsInChain(issuer) || !Check(issuer)) continue;
      chain_.push_back(issuer);
      if (auto anchored = CaAnchor())
        Offer(std::move(*anchored));
      else
        Extend();
      chain_.pop_back();
    }
  }

  std::vector<Certificate> Candidates() const {
    const Certificate& last = chain_.back();
    std::vector<Certificate> found;
    const auto add = [&](const Certificate& candidate) {
      const bool known = std::ranges::any_of(
          found, [&](const Certificate& other) { return other.der() == candidate.der(); });
      if (!known) found.push_back(candidate);
    };
    for (const TrustEntry& entry : builder_.trust_.WithSubject(X509_get_issuer_name(last.x509())))
      add(entry.certificate);
    const auto listed = static_cast<std::ptrdiff_t>(found.size());
    int of_the_name = 0;
    for (const Certificate& other : request_.others) {
      if (!IsIssuedInTheNameOf(last, other)) continue;
      if (++of_the_name > kMaxOfOneName) break;
      if (!IsCopyOfAnchor(other)) add(other);
    }
    // An honest certificate says which of its issuer's keys it is from.
    const auto names_key = [&](const Certificate& issuer) { return NamesKeyOf(last, issuer); };
    std::stable_partition(found.begin(), found.begin() + listed, names_key);
    std::stable_partition(found.begin() + listed, found.end(), names_key);
    return found;
  }

  // Another certificate of a CA that is trusted: it would come with extensions of its own.
  bool IsCopyOfAnchor(const Certificate& certificate) const {
    return std::ranges::any_of(builder_.trust_.Same(certificate), MayCertify);
  }

  bool IsInChain(const Certificate& certificate) const {
    return std::ranges::any_of(
        chain_, [&](const Certificate& other) { return IsSameEntity(other, certificate); });
  }

  bool Check(const Certificate& issuer) {
    // All that is left of the document's is none of this path's either.
    if (builder_.failures_left_ == 0) checks_left_ = 0;
    if (checks_left_ == 0) return false;
    --checks_left_;
    return builder_.Certifies(issuer, chain_.back());
  }

  PathBuilder& builder_;
  const PathRequest& request_;
  int checks_left_ = PathBuilder::kMaxChecks;
  std::vector<Certificate> chain_;
  std::vector<Certificate> longest_;
  std::optional<CertificatePath> best_;
};

bool CertificatePath::Has(PathProblemKind kind) const {
  return std::ranges::any_of(problems, [&](const PathProblem& p) { return p.kind == kind; });
}

const Certificate* CertificatePath::Issuer() const {
  if (certificates.size() > 1) return &certificates[1];
  if (certificates.empty()) return nullptr;
  return IsIssuedInTheNameOf(certificates[0], certificates[0]) ? &certificates[0] : nullptr;
}

CertificatePath PathBuilder::Build(const PathRequest& request) {
  return PathSearch(*this, request).Run();
}

bool PathBuilder::Certifies(const Certificate& issuer, const Certificate& certificate) {
  if (!IsIssuedInTheNameOf(certificate, issuer)) return false;
  const std::pair link{issuer.Sha256(), certificate.Sha256()};
  const auto known = checked_.find(link);
  if (known != checked_.end()) return known->second;
  const bool fits = IsSigned(issuer, certificate);
  if (!fits && failures_left_ > 0) --failures_left_;
  checked_.emplace(link, fits);
  return fits;
}

bool PathBuilder::IsSigned(const Certificate& issuer, const Certificate& certificate) {
  // Paid for although it may be known: what is refused must not depend on what came before.
  if (means_.budget != nullptr && !means_.budget->SpendOnKeys(issuer.CostOfCheck()).ok()) {
    failures_left_ = 0;
    return false;
  }
  return IsIssuedBy(certificate, issuer, means_.memory);
}

}  // namespace signing
