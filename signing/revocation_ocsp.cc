#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ocsp.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <array>
#include <map>

#include "base/c_handle.h"
#include "signing/certificate_extensions.h"
#include "signing/digest_algorithm.h"
#include "signing/openssl_handles.h"
#include "signing/path_builder.h"
#include "signing/revocation.h"

namespace signing {
namespace {

using GeneralizedTime = base::CHandle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;

constexpr int kMaxAnswers = 1000;

base::Error Malformed(std::string what) {
  return {base::ErrorCode::kInvalidInput, "ocsp.malformed", std::move(what)};
}

std::vector<Certificate> CertificatesOf(const OCSP_BASICRESP* basic) {
  std::vector<Certificate> found;
  const STACK_OF(X509)* inside = OCSP_resp_get0_certs(basic);
  for (int i = 0; i < sk_X509_num(inside); ++i)
    if (auto certificate = Certificate::Share(sk_X509_value(inside, i)))
      found.push_back(std::move(*certificate));
  return found;
}

// RFC 6960, 4.4: unknown extensions may be ignored unless they are critical.
bool IsUnknownCritical(X509_EXTENSION* extension) {
  constexpr std::array kKnown = {NID_id_pkix_OCSP_Nonce, NID_id_pkix_OCSP_archiveCutoff,
                                 NID_id_pkix_OCSP_CrlID};
  const int nid = OBJ_obj2nid(X509_EXTENSION_get_object(extension));
  return X509_EXTENSION_get_critical(extension) == 1 &&
         std::ranges::find(kKnown, nid) == kKnown.end();
}

bool HasUnknownCritical(OCSP_BASICRESP* basic) {
  for (int i = 0; i < OCSP_BASICRESP_get_ext_count(basic); ++i)
    if (IsUnknownCritical(OCSP_BASICRESP_get_ext(basic, i))) return true;
  return false;
}

bool HasUnknownCritical(OCSP_SINGLERESP* single) {
  for (int i = 0; i < OCSP_SINGLERESP_get_ext_count(single); ++i)
    if (IsUnknownCritical(OCSP_SINGLERESP_get_ext(single, i))) return true;
  return false;
}

// RFC 6960, 4.2.1: KeyHash is the SHA-1 hash of the responder's public key, without tag,
// length and unused bits.
base::Bytes KeyHash(const Certificate& certificate, const EVP_MD* md) {
  const ASN1_BIT_STRING* key = X509_get0_pubkey_bitstr(certificate.x509());
  base::Bytes hash(EVP_MAX_MD_SIZE);
  unsigned int size = 0;
  if (key == nullptr || EVP_Digest(key->data, static_cast<std::size_t>(key->length), hash.data(),
                                   &size, md, nullptr) != 1)
    return {};
  hash.resize(size);
  return hash;
}

bool IsNamed(const OCSP_BASICRESP* basic, const Certificate& certificate) {
  const ASN1_OCTET_STRING* key = nullptr;
  const X509_NAME* name = nullptr;
  if (OCSP_resp_get0_id(basic, &key, &name) != 1) return false;
  if (name != nullptr) return X509_NAME_cmp(name, X509_get_subject_name(certificate.x509())) == 0;
  return key != nullptr && std::ranges::equal(KeyHash(certificate, EVP_sha1()), ContentOf(key));
}

base::Bytes ResponseData(const OCSP_BASICRESP* basic) {
  unsigned char* buffer = nullptr;
  const int size =
      ASN1_item_i2d(reinterpret_cast<const ASN1_VALUE*>(OCSP_resp_get0_respdata(basic)), &buffer,
                    ASN1_ITEM_rptr(OCSP_RESPDATA));
  const base::Bytes data(buffer, buffer + std::max(size, 0));
  OPENSSL_free(buffer);
  return data;
}

// The signature over ResponseData, checked with this key and no path or purpose logic.
bool IsSignedBy(const OCSP_BASICRESP* basic, const Certificate& certificate,
                SignatureMemory* memory) {
  const X509_ALGOR* algorithm = OCSP_resp_get0_tbs_sigalg(basic);
  const ASN1_BIT_STRING* value = OCSP_resp_get0_signature(basic);
  if (certificate.key() == nullptr || !IsWhole(value)) return false;
  const ASN1_OBJECT* oid = nullptr;
  X509_ALGOR_get0(&oid, nullptr, nullptr, algorithm);
  const base::Bytes data = ResponseData(basic);
  const SignedBytes bytes{certificate, oid, nullptr, data, ContentOf(value)};
  if (const auto claim = ClaimOf(bytes)) return signing::IsSignedBy(bytes, *claim, memory);
  const bool fits = ASN1_item_verify(ASN1_ITEM_rptr(OCSP_RESPDATA), algorithm, value,
                                     OCSP_resp_get0_respdata(basic), certificate.key()) == 1;
  ERR_clear_error();
  return fits;
}

// RFC 6960, 4.1.1: the CertID of one certificate, with whatever hash a response uses. Each is made
// once, for a response may hold many answers.
class CertIds {
 public:
  CertIds(const Certificate& certificate, const Certificate& issuer)
      : certificate_(certificate), issuer_(issuer) {}

  bool AreMeantBy(const OCSP_SINGLERESP* single) {
    ASN1_OBJECT* hash = nullptr;
    auto* id = const_cast<OCSP_CERTID*>(OCSP_SINGLERESP_get0_id(single));
    if (OCSP_id_get0_info(nullptr, &hash, nullptr, nullptr, id) != 1) return false;
    const OCSP_CERTID* expected = By(OBJ_obj2nid(hash));
    return expected != nullptr && OCSP_id_cmp(id, expected) == 0;
  }

 private:
  const OCSP_CERTID* By(int hash) {
    if (FindDigestByNid(hash) == nullptr) return nullptr;
    const auto [known, added] = by_hash_.try_emplace(hash);
    if (added) {
      known->second.reset(
          OCSP_cert_to_id(EVP_get_digestbynid(hash), certificate_.x509(), issuer_.x509()));
      ERR_clear_error();
    }
    return known->second.get();
  }

  const Certificate& certificate_;
  const Certificate& issuer_;
  std::map<int, OcspCertIdHandle> by_hash_;
};

std::optional<base::Time> ArchiveCutoff(OCSP_SINGLERESP* single) {
  const GeneralizedTime time{static_cast<ASN1_GENERALIZEDTIME*>(
      OCSP_SINGLERESP_get1_ext_d2i(single, NID_id_pkix_OCSP_archiveCutoff, nullptr, nullptr))};
  ERR_clear_error();
  return ToTime(time.get());
}

std::optional<RevocationEntry> Read(OCSP_SINGLERESP* single, base::Time produced_at) {
  int reason = -1;
  ASN1_GENERALIZEDTIME* revoked = nullptr;
  ASN1_GENERALIZEDTIME* from = nullptr;
  ASN1_GENERALIZEDTIME* to = nullptr;
  const int state = OCSP_single_get0_status(single, &reason, &revoked, &from, &to);
  const auto this_update = ToTime(from);
  if (!this_update) return std::nullopt;
  RevocationEntry entry;
  entry.produced_at = produced_at;
  entry.this_update = *this_update;
  entry.next_update = ToTime(to);
  entry.archive_cutoff = ArchiveCutoff(single);
  // A revocation stands whatever else the answer says.
  if (state == V_OCSP_CERTSTATUS_GOOD && !HasUnknownCritical(single))
    entry.state = RevocationState::kGood;
  if (state != V_OCSP_CERTSTATUS_REVOKED) return entry;
  entry.state = RevocationState::kRevoked;
  entry.revoked_at = ToTime(revoked);
  entry.reason = static_cast<RevocationReason>(reason);
  return entry;
}

bool IsWorse(const RevocationEntry& a, const RevocationEntry& b) {
  const auto badness = [](RevocationState state) {
    return state == RevocationState::kRevoked ? 2 : state == RevocationState::kUnknown ? 1 : 0;
  };
  if (badness(a.state) != badness(b.state)) return badness(a.state) > badness(b.state);
  return a.this_update > b.this_update;
}

bool IsServiceOf(const TrustService& service, const TrustService* issuer_service, base::Time at) {
  const TrustStatus* status = service.At(at);
  if (status == nullptr || (!IsApproved(*status, at) && !IsNational(*status))) return false;
  if (status->type != trust_uri::kOcsp && status->type != trust_uri::kOcspQc) return false;
  // A provider's responder answers for that provider's certificates, not for the whole Union's,
  // nor for those of a CA that no list has.
  return issuer_service != nullptr && service.territory == issuer_service->territory &&
         service.provider == issuer_service->provider;
}

// RFC 5280, 4.2.1.12: both extensions of a certificate bind.
bool MaySignAnswers(const Certificate& certificate) {
  const auto usage = KeyUsageOf(certificate);
  return HasExtendedKeyUsage(certificate, kOcspSigning) &&
         (!usage || (*usage & (KU_DIGITAL_SIGNATURE | KU_NON_REPUDIATION)) != 0);
}

}  // namespace

struct OcspResponse::Content {
  base::Bytes der;
  OcspBasicHandle basic;
  base::Time produced_at{};
  std::vector<Certificate> certificates;
};

OcspResponse::OcspResponse(std::shared_ptr<const Content> content) : content_(std::move(content)) {}

base::Result<OcspResponse> OcspResponse::Parse(base::ByteSpan der) {
  const unsigned char* at = der.data();
  const OcspResponseHandle response{d2i_OCSP_RESPONSE(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (!response || at != der.data() + der.size()) return Malformed("no OCSPResponse");
  if (OCSP_response_status(response.get()) != OCSP_RESPONSE_STATUS_SUCCESSFUL)
    return Malformed("its status is not successful");
  auto content = std::make_shared<Content>();
  content->basic = BasicResponseOf(response.get());
  if (!content->basic) return Malformed("no basic response");
  const auto produced_at = ToTime(OCSP_resp_get0_produced_at(content->basic.get()));
  const int answers = OCSP_resp_count(content->basic.get());
  if (HasUnknownCritical(content->basic.get())) return Malformed("a critical extension");
  if (!produced_at || answers < 1 || answers > kMaxAnswers) return Malformed("no usable answer");
  content->der.assign(der.begin(), der.end());
  content->produced_at = *produced_at;
  content->certificates = CertificatesOf(content->basic.get());
  return OcspResponse(std::move(content));
}

const base::Bytes& OcspResponse::der() const {
  return content_->der;
}

base::Time OcspResponse::produced_at() const {
  return content_->produced_at;
}

const std::vector<Certificate>& OcspResponse::certificates() const {
  return content_->certificates;
}

std::string OcspResponse::ResponderText() const {
  const ASN1_OCTET_STRING* key = nullptr;
  const X509_NAME* name = nullptr;
  if (OCSP_resp_get0_id(content_->basic.get(), &key, &name) != 1) return {};
  return name != nullptr ? NameText(name) : base::HexEncode(ContentOf(key));
}

std::string OcspResponse::SignatureDigest() const {
  int digest = NID_undef;
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, OCSP_resp_get0_tbs_sigalg(content_->basic.get()));
  OBJ_find_sigid_algs(OBJ_obj2nid(algorithm), &digest, nullptr);
  const DigestAlgorithm* known = FindDigestByNid(digest);
  return known == nullptr ? std::string() : std::string(known->name);
}

std::optional<base::Bytes> OcspResponse::Nonce() const {
  const int at = OCSP_BASICRESP_get_ext_by_NID(content_->basic.get(), NID_id_pkix_OCSP_Nonce, -1);
  if (at < 0) return std::nullopt;
  const base::ByteSpan value =
      ContentOf(X509_EXTENSION_get_data(OCSP_BASICRESP_get_ext(content_->basic.get(), at)));
  return base::Bytes(value.begin(), value.end());
}

std::size_t OcspResponse::answers() const {
  return static_cast<std::size_t>(OCSP_resp_count(content_->basic.get()));
}

std::optional<Certificate> OcspResponse::Signer(const std::vector<Certificate>& others,
                                                WorkBudget* budget, SignatureMemory* memory) const {
  std::vector<const Certificate*> tried;
  for (const auto* list : {&content_->certificates, &others}) {
    for (const Certificate& certificate : *list) {
      if (tried.size() >= kMaxSigners) return std::nullopt;
      const bool again = std::ranges::any_of(
          tried, [&](const Certificate* other) { return other->der() == certificate.der(); });
      if (again || !IsNamed(content_->basic.get(), certificate)) continue;
      if (budget != nullptr && !budget->SpendOnKeys(certificate.CostOfCheck()).ok())
        return std::nullopt;
      if (IsSignedBy(content_->basic.get(), certificate, memory)) return certificate;
      tried.push_back(&certificate);
    }
  }
  return std::nullopt;
}

std::optional<Certificate> OcspResponse::Signer(const std::vector<Certificate>& others,
                                                const TrustSnapshot& trust) const {
  if (auto signer = Signer(others)) return signer;
  const ASN1_OCTET_STRING* key = nullptr;
  const X509_NAME* name = nullptr;
  if (OCSP_resp_get0_id(content_->basic.get(), &key, &name) != 1) return std::nullopt;
  // Subject key identifiers are the same hash of the key by RFC 5280, 4.2.1.2 (1).
  std::vector<Certificate> listed;
  for (const TrustEntry& entry :
       name != nullptr ? trust.WithSubject(name) : trust.WithSubjectKeyId(ContentOf(key)))
    listed.push_back(entry.certificate);
  return Signer(listed);
}

std::optional<RevocationEntry> OcspResponse::About(const Certificate& certificate,
                                                   const Certificate& issuer) const {
  CertIds ids(certificate, issuer);
  std::optional<RevocationEntry> worst;
  for (int i = 0; i < OCSP_resp_count(content_->basic.get()); ++i) {
    OCSP_SINGLERESP* single = OCSP_resp_get0(content_->basic.get(), i);
    if (!ids.AreMeantBy(single)) continue;
    const auto entry = Read(single, content_->produced_at);
    if (entry && (!worst || IsWorse(*entry, *worst))) worst = entry;
  }
  return worst;
}

bool HasOcspNoCheck(const Certificate& responder) {
  return X509_get_ext_by_NID(responder.x509(), NID_id_pkix_OCSP_noCheck, -1) >= 0;
}

RevocationAuthority AuthorityOf(const Certificate& responder, const Certificate& issuer,
                                const TrustService* issuer_service, base::Time at,
                                PathBuilder& paths) {
  if (IsSameEntity(responder, issuer)) return RevocationAuthority::kIssuer;
  const bool for_ocsp = MaySignAnswers(responder);
  if (for_ocsp && paths.Certifies(issuer, responder)) return RevocationAuthority::kDelegated;
  bool handed_in = false;
  for (const TrustEntry& entry : paths.trust().Same(responder)) {
    if (entry.service != nullptr && IsServiceOf(*entry.service, issuer_service, at))
      return RevocationAuthority::kTrustService;
    handed_in =
        handed_in || (entry.service == nullptr && entry.certificate.der() == responder.der());
  }
  return handed_in && for_ocsp ? RevocationAuthority::kConfigured : RevocationAuthority::kNone;
}

}  // namespace signing
