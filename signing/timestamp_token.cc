#include "signing/timestamp_token.h"

#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/ts.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "base/c_handle.h"
#include "signing/der_reader.h"
#include "signing/openssl_handles.h"
#include "signing/subject_key.h"

namespace signing {
namespace {

using base::Error;
using base::ErrorCode;
using Cms = base::CHandle<CMS_ContentInfo, CMS_ContentInfo_free>;
using TstInfo = base::CHandle<TS_TST_INFO, TS_TST_INFO_free>;
using BigNumber = base::CHandle<BIGNUM, BN_free>;

void FreeText(char* text) {
  OPENSSL_free(text);
}
void FreeCertificates(STACK_OF(X509) * certificates) {
  sk_X509_pop_free(certificates, X509_free);
}
using Certificates = base::CHandle<STACK_OF(X509), FreeCertificates>;

Error Malformed(const char* what) {
  ERR_clear_error();
  return {ErrorCode::kInvalidInput, "timestamp.malformed", what};
}

std::vector<Certificate> CertificatesIn(CMS_ContentInfo* cms) {
  std::vector<Certificate> found;
  const Certificates list{CMS_get1_certs(cms)};
  for (int i = 0; list && i < sk_X509_num(list.get()); ++i) {
    auto certificate = Certificate::Share(sk_X509_value(list.get(), i));
    if (certificate) found.push_back(std::move(*certificate));
  }
  return found;
}

std::string OidText(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return text.data();
}

std::string Decimal(const ASN1_INTEGER* number) {
  const BigNumber value{ASN1_INTEGER_to_BN(number, nullptr)};
  const base::CHandle<char, FreeText> text{value ? BN_bn2dec(value.get()) : nullptr};
  return text ? text.get() : "";
}

// RFC 3161, 2.4.2: "GeneralizedTime [...] can include fraction-of-second details".
std::string FractionOf(const ASN1_GENERALIZEDTIME* time) {
  const std::string text = base::ToString(ContentOf(time));
  const std::size_t point = text.find('.');
  if (point == std::string::npos) return {};
  const std::size_t end = text.find_first_not_of("0123456789", point + 1);
  return text.substr(point + 1, end - point - 1);
}

bool HasCriticalExtension(TS_TST_INFO* info) {
  for (int i = 0; i < TS_TST_INFO_get_ext_count(info); ++i)
    if (X509_EXTENSION_get_critical(TS_TST_INFO_get_ext(info, i)) == 1) return true;
  return false;
}

base::Status ReadTstInfo(base::ByteSpan der, TimestampToken& token) {
  const unsigned char* at = der.data();
  const TstInfo info{d2i_TS_TST_INFO(nullptr, &at, static_cast<long>(der.size()))};
  if (!info || at != der.data() + der.size()) return Malformed("no TSTInfo");
  // RFC 3161, 2.4.2: version 1. Its extensions are those of RFC 5280; we know none.
  if (TS_TST_INFO_get_version(info.get()) != 1 || HasCriticalExtension(info.get()))
    return Malformed("a TSTInfo that we do not understand");
  TS_MSG_IMPRINT* imprint = TS_TST_INFO_get_msg_imprint(info.get());
  const ASN1_OBJECT* algorithm = nullptr;
  X509_ALGOR_get0(&algorithm, nullptr, nullptr, TS_MSG_IMPRINT_get_algo(imprint));
  token.imprint_algorithm = FindDigestByNid(OBJ_obj2nid(algorithm));
  const base::ByteSpan bytes = ContentOf(TS_MSG_IMPRINT_get_msg(imprint));
  token.imprint.assign(bytes.begin(), bytes.end());
  const ASN1_GENERALIZEDTIME* time = TS_TST_INFO_get_time(info.get());
  const auto parsed = TimeOf(time);
  if (!parsed) return Malformed("no genTime");
  token.time = *parsed;
  token.time_fraction = FractionOf(time);
  token.policy = OidText(TS_TST_INFO_get_policy_id(info.get()));
  token.serial = Decimal(TS_TST_INFO_get_serial(info.get()));
  if (const ASN1_INTEGER* nonce = TS_TST_INFO_get_nonce(info.get())) {
    const base::ByteSpan value = ContentOf(nonce);
    token.nonce.assign(value.begin(), value.end());
  }
  return base::Ok();
}

// The DER of the only value of a signed attribute; nullptr when absent or not single.
const ASN1_TYPE* SignedAttribute(const CMS_SignerInfo* signer, int nid) {
  const int at = CMS_signed_get_attr_by_NID(signer, nid, -1);
  if (at < 0 || CMS_signed_get_attr_by_NID(signer, nid, at) >= 0) return nullptr;
  X509_ATTRIBUTE* attribute = CMS_signed_get_attr(signer, at);
  return X509_ATTRIBUTE_count(attribute) == 1 ? X509_ATTRIBUTE_get0_type(attribute, 0) : nullptr;
}

struct NamedCertificate {
  const DigestAlgorithm* algorithm = nullptr;
  base::ByteSpan digest;
};

// RFC 5035, 3: hashAlgorithm has the default SHA-256.
const DigestAlgorithm* TakeHashAlgorithm(DerReader& ess_cert_id) {
  const auto algorithm = ess_cert_id.Take(kDerSequence);
  if (!algorithm) return FindDigestByName("SHA256");
  const auto oid = DerReader(*algorithm).Take(kDerObject);
  if (!oid) return nullptr;
  base::Bytes der{kDerObject, static_cast<std::uint8_t>(oid->size())};
  base::Append(*oid, der);
  const unsigned char* at = der.data();
  const base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free> object{
      d2i_ASN1_OBJECT(nullptr, &at, static_cast<long>(der.size()))};
  return object ? FindDigestByNid(OBJ_obj2nid(object.get())) : nullptr;
}

// SigningCertificate(V2) ::= SEQUENCE { certs SEQUENCE OF ESSCertID(v2), ... }, of which
// "the first certificate identified [...] MUST be the certificate used to verify" (RFC 5035, 5).
std::optional<NamedCertificate> FirstNamed(const ASN1_TYPE* attribute, bool v2) {
  if (attribute == nullptr || attribute->type != V_ASN1_SEQUENCE) return std::nullopt;
  const auto outer = DerReader(ContentOf(attribute->value.sequence)).Take(kDerSequence);
  const auto certs = outer ? DerReader(*outer).Take(kDerSequence) : std::nullopt;
  const auto first = certs ? DerReader(*certs).Take(kDerSequence) : std::nullopt;
  if (!first) return std::nullopt;
  DerReader ess_cert_id(*first);
  NamedCertificate named;
  named.algorithm = v2 ? TakeHashAlgorithm(ess_cert_id) : FindDigestByName("SHA1");
  const auto digest = ess_cert_id.Take(kDerOctets);
  if (!digest || named.algorithm == nullptr) return std::nullopt;
  named.digest = *digest;
  return named;
}

// A token may name its signer in both attributes; both must then mean the same certificate. One
// that is there and cannot be read names nobody, whatever the other says.
std::vector<NamedCertificate> NamedSigners(const CMS_SignerInfo* signer) {
  std::vector<NamedCertificate> named;
  for (const int nid : {NID_id_smime_aa_signingCertificateV2, NID_id_smime_aa_signingCertificate}) {
    if (CMS_signed_get_attr_by_NID(signer, nid, -1) < 0) continue;
    const auto one =
        FirstNamed(SignedAttribute(signer, nid), nid == NID_id_smime_aa_signingCertificateV2);
    if (!one) return {};
    named.push_back(*one);
  }
  return named;
}

bool IsNamed(const Certificate& certificate, const std::vector<NamedCertificate>& named) {
  return !named.empty() && std::ranges::all_of(named, [&](const NamedCertificate& name) {
    return base::EqualInConstantTime(HashOf(*name.algorithm, certificate.der()), name.digest);
  });
}

std::optional<Certificate> FindSigner(CMS_SignerInfo* signer, const TimestampToken& token,
                                      const std::vector<Certificate>& others) {
  const auto named = NamedSigners(signer);
  for (const auto* list : {&token.certificates, &others})
    for (const Certificate& certificate : *list)
      if (CMS_SignerInfo_cert_cmp(signer, certificate.x509()) == 0 && IsNamed(certificate, named))
        return certificate;
  return std::nullopt;
}

// RFC 5652, 5.4: the message-digest attribute is the digest of the content, the content-type
// attribute its type.
bool CheckAttributes(CMS_SignerInfo* signer, base::ByteSpan content) {
  X509_ALGOR* digest_algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest_algorithm, nullptr);
  const DigestAlgorithm* digest = FindDigestByNid(OBJ_obj2nid(digest_algorithm->algorithm));
  const ASN1_TYPE* message_digest = SignedAttribute(signer, NID_pkcs9_messageDigest);
  const ASN1_TYPE* type = SignedAttribute(signer, NID_pkcs9_contentType);
  if (digest == nullptr || message_digest == nullptr || type == nullptr ||
      message_digest->type != V_ASN1_OCTET_STRING || type->type != V_ASN1_OBJECT ||
      OBJ_obj2nid(type->value.object) != NID_id_smime_ct_TSTInfo)
    return false;
  if (!base::EqualInConstantTime(HashOf(*digest, content),
                                 ContentOf(message_digest->value.octet_string)))
    return false;
  return true;
}

// The DER of the signed attributes, of which the signature is made: a SET OF in the order that
// they stand in.
base::Bytes SignedAttributes(const CMS_SignerInfo* signer) {
  base::Bytes content;
  for (int i = 0; i < CMS_signed_get_attr_count(signer); ++i)
    base::Append(ToDer<X509_ATTRIBUTE>(CMS_signed_get_attr(signer, i), i2d_X509_ATTRIBUTE),
                 content);
  const int size = static_cast<int>(content.size());
  base::Bytes der(static_cast<std::size_t>(ASN1_object_size(1, size, V_ASN1_SET)) - content.size());
  unsigned char* at = der.data();
  ASN1_put_object(&at, 1, size, V_ASN1_SET, V_ASN1_UNIVERSAL);
  base::Append(content, der);
  return der;
}

// By OpenSSL's own function, decoded once more in its own context: for other algorithms than most
// have.
bool IsSignedByOther(base::ByteSpan token, const Certificate& certificate) {
  const unsigned char* at = token.data();
  const Cms cms{d2i_CMS_ContentInfo(nullptr, &at, static_cast<long>(token.size()))};
  const X509Handle decoded = ParseCertificate(certificate.der());
  if (!cms || !decoded) return false;
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(CMS_get0_SignerInfos(cms.get()), 0);
  CMS_SignerInfo_set1_signer_cert(signer, decoded.get());
  return CMS_SignerInfo_verify(signer) == 1;
}

bool CheckSignature(CMS_SignerInfo* signer, const Certificate& certificate, base::ByteSpan token,
                    SignatureMemory* memory) {
  if (certificate.key() == nullptr) return false;
  X509_ALGOR* digest = nullptr;
  X509_ALGOR* algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest, &algorithm);
  const base::Bytes attributes = SignedAttributes(signer);
  const SignedBytes bytes{certificate, algorithm->algorithm, digest->algorithm, attributes,
                          ContentOf(CMS_SignerInfo_get0_signature(signer))};
  const auto claim = ClaimOf(bytes);
  return claim ? IsSignedBy(bytes, *claim, memory) : IsSignedByOther(token, certificate);
}

}  // namespace

bool TimestampToken::ImprintIs(base::ByteSpan digest) const {
  return !imprint.empty() && base::EqualInConstantTime(imprint, digest);
}

base::Result<TimestampToken> ParseTimestampToken(base::ByteSpan der,
                                                 const std::vector<Certificate>& others,
                                                 SignatureMemory* memory) {
  const unsigned char* at = der.data();
  CMS_ContentInfo* decoded = CMS_ContentInfo_new_ex(KeylessContext(), nullptr);
  // Frees `decoded` and sets it to nullptr when it fails.
  if (decoded != nullptr) d2i_CMS_ContentInfo(&decoded, &at, static_cast<long>(der.size()));
  const Cms cms{decoded};
  if (!cms || OBJ_obj2nid(CMS_get0_type(cms.get())) != NID_pkcs7_signed)
    return Malformed("no CMS SignedData");
  if (OBJ_obj2nid(CMS_get0_eContentType(cms.get())) != NID_id_smime_ct_TSTInfo)
    return Malformed("its content is no TSTInfo");
  ASN1_OCTET_STRING** content = CMS_get0_content(cms.get());
  STACK_OF(CMS_SignerInfo)* signers = CMS_get0_SignerInfos(cms.get());
  // RFC 3161, 2.4.2: "The time-stamp token MUST NOT contain any signatures other than the
  // signature of the TSA."
  if (content == nullptr || *content == nullptr || sk_CMS_SignerInfo_num(signers) != 1)
    return Malformed("no content, or not one signer");

  TimestampToken token;
  RETURN_IF_ERROR(ReadTstInfo(ContentOf(*content), token));
  token.certificates = CertificatesIn(cms.get());
  CMS_SignerInfo* signer = sk_CMS_SignerInfo_value(signers, 0);
  X509_ALGOR* digest_algorithm = nullptr;
  CMS_SignerInfo_get0_algs(signer, nullptr, nullptr, &digest_algorithm, nullptr);
  token.signed_with = FindDigestByNid(OBJ_obj2nid(digest_algorithm->algorithm));
  token.signer = FindSigner(signer, token, others);
  token.signature_ok = token.signer && CheckAttributes(signer, ContentOf(*content)) &&
                       CheckSignature(signer, *token.signer, der, memory);
  ERR_clear_error();
  return token;
}

}  // namespace signing
