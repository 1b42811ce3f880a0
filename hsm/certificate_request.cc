#include "hsm/certificate_request.h"

#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "base/c_handle.h"
#include "hsm/key_purpose.h"
#include "hsm/public_key.h"
#include "hsm/seal_signature.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

using Asn1Object = base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free>;
using BitString = base::CHandle<ASN1_BIT_STRING, ASN1_BIT_STRING_free>;
using AlgorithmId = base::CHandle<X509_ALGOR, X509_ALGOR_free>;
using Request = base::CHandle<X509_REQ, X509_REQ_free>;

struct NamePart {
  const char* oid;
  std::string CertificateSubject::*text;
};
constexpr auto kNameParts = std::to_array<NamePart>({
    {"2.5.4.6", &CertificateSubject::country},
    {"2.5.4.10", &CertificateSubject::organization},
    {"2.5.4.97", &CertificateSubject::organization_identifier},
    {"2.5.4.3", &CertificateSubject::common_name},
});

bool AddSubject(const CertificateSubject& subject, X509_NAME* name) {
  return std::ranges::all_of(kNameParts, [&](const NamePart& part) {
    const std::string& text = subject.*part.text;
    if (text.empty()) return true;
    const Asn1Object type{OBJ_txt2obj(part.oid, 1)};
    const base::ByteSpan bytes = base::AsBytes(text);
    return type && X509_NAME_add_entry_by_OBJ(name, type.get(), MBSTRING_UTF8, bytes.data(),
                                              static_cast<int>(bytes.size()), -1, 0) == 1;
  });
}

Error OpenSslFailed(std::string_view attempted) {
  ERR_clear_error();
  return {ErrorCode::kUnavailable, "memory.short",
          "OpenSSL could not do " + std::string(attempted)};
}

template <typename Write>
base::Bytes ToDer(Write write) {
  base::Bytes der(static_cast<std::size_t>(std::max(write(nullptr), 0)));
  std::uint8_t* end = der.data();
  if (!der.empty()) write(&end);
  return der;
}

base::Result<Request> Unsigned(const PublicKey& key, const CertificateSubject& subject) {
  Request request{X509_REQ_new()};
  const bool built = request && X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                     AddSubject(subject, X509_REQ_get_subject_name(request.get())) &&
                     X509_REQ_set_pubkey(request.get(), key.evp()) == 1;
  if (!built) return OpenSslFailed("a certificate request");
  return request;
}

// RFC 4055, 5: RSA has a NULL as parameters; RFC 5758, 3.2, and RFC 8410, 3: the others have none.
struct AlgorithmRow {
  SignatureAlgorithm algorithm;
  int nid;
  int parameters;
};
constexpr auto kAlgorithmRows = std::to_array<AlgorithmRow>({
    {SignatureAlgorithm::kRsaSha256, NID_sha256WithRSAEncryption, V_ASN1_NULL},
    {SignatureAlgorithm::kEcdsaSha256, NID_ecdsa_with_SHA256, V_ASN1_UNDEF},
    {SignatureAlgorithm::kEcdsaSha384, NID_ecdsa_with_SHA384, V_ASN1_UNDEF},
    {SignatureAlgorithm::kEcdsaSha512, NID_ecdsa_with_SHA512, V_ASN1_UNDEF},
    {SignatureAlgorithm::kEd25519, NID_ED25519, V_ASN1_UNDEF},
});

bool SetAlgorithm(X509_REQ* request, SignatureAlgorithm algorithm) {
  const auto* const row = std::ranges::find(kAlgorithmRows, algorithm, &AlgorithmRow::algorithm);
  const AlgorithmId id{X509_ALGOR_new()};
  if (!id || row == kAlgorithmRows.end()) return false;
  X509_ALGOR_set0(id.get(), OBJ_nid2obj(row->nid), row->parameters, nullptr);
  return X509_REQ_set1_signature_algo(request, id.get()) == 1;
}

bool SetValue(X509_REQ* request, base::ByteSpan value) {
  BitString bits{ASN1_BIT_STRING_new()};
  if (!bits || ASN1_BIT_STRING_set(bits.get(), const_cast<std::uint8_t*>(value.data()),
                                   static_cast<int>(value.size())) != 1)
    return false;
  // Whole bytes: otherwise DER would drop trailing zero bits of the value.
  bits->flags = (bits->flags & ~0x07L) | ASN1_STRING_FLAG_BITS_LEFT;
  X509_REQ_set0_signature(request, bits.release());
  return true;
}

}  // namespace

base::Status CheckSubject(const CertificateSubject& subject) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool country = subject.country.size() == 2 && std::ranges::all_of(subject.country, upper);
  const Request scratch{X509_REQ_new()};
  // OpenSSL knows the upper bounds of X.520 and what is UTF-8.
  const bool fits = scratch && AddSubject(subject, X509_REQ_get_subject_name(scratch.get()));
  ERR_clear_error();
  if (country && fits && !subject.common_name.empty()) return base::Ok();
  return Error{ErrorCode::kInvalidInput, "subject.malformed",
               "a subject needs a common name and a country of two capital letters, in UTF-8"};
}

base::Result<base::Bytes> SignCertificateRequest(Session& session, const KeyLabel& label,
                                                 const CertificateSubject& subject) {
  ASSIGN_OR_RETURN(const CertifiedKey certified, FindCertified(session, label));
  ASSIGN_OR_RETURN(const PublicKey public_key, PublicKey::FromToken(session, certified.id));
  ASSIGN_OR_RETURN(const SignatureAlgorithm algorithm, AlgorithmOf(public_key));
  ASSIGN_OR_RETURN(const Request request, Unsigned(public_key, subject));
  if (!SetAlgorithm(request.get(), algorithm)) return OpenSslFailed("a certificate request");

  const base::Bytes text =
      ToDer([&](std::uint8_t** out) { return i2d_re_X509_REQ_tbs(request.get(), out); });
  ASSIGN_OR_RETURN(const base::Bytes raw, SignData(session, certified.key, algorithm, text));
  const bool is_ecdsa = public_key.kind().starts_with("P-");
  if (!SetValue(request.get(), is_ecdsa ? EcdsaDer(public_key, raw) : raw))
    return OpenSslFailed("a certificate request");
  if (X509_REQ_verify(request.get(), public_key.evp()) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::kUnavailable, "token.bad-signature",
                 "the token's signature of the certificate request does not verify"};
  }
  return ToDer([&](std::uint8_t** out) { return i2d_X509_REQ(request.get(), out); });
}

}  // namespace hsm
