#include "hsm/sealing_certificate.h"

#include <openssl/err.h>

#include <algorithm>
#include <string>

#include "hsm/key_purpose.h"
#include "hsm/public_key.h"

namespace hsm {
namespace {

std::string ChainId(const KeyLabel& label, std::size_t index) {
  return "chain:" + label.text + ":" + std::to_string(index);
}

base::Result<std::vector<CK_OBJECT_HANDLE>> FindCertificates(Session& session,
                                                             std::string_view id) {
  Attributes pattern;
  pattern.Flag(CKA_TOKEN, true).Number(CKA_CLASS, CKO_CERTIFICATE).Text(CKA_ID, id);
  return session.Find(std::move(pattern));
}

// `write` is one of OpenSSL's i2d functions.
template <typename Part>
base::Bytes Der(const Part* part, int (*write)(const Part*, unsigned char**)) {
  base::Bytes der(static_cast<std::size_t>(write(part, nullptr)));
  std::uint8_t* end = der.data();
  write(part, &end);
  return der;
}

base::Status StoreOne(Session& session, std::string_view label, std::string_view id,
                      base::ByteSpan der) {
  const X509Certificate certificate = ParseCertificate(der);
  if (!certificate)
    return base::Error{base::ErrorCode::kInvalidInput, "certificate.malformed",
                       "not one X.509 certificate in DER"};
  Attributes object;
  object.Flag(CKA_TOKEN, true).Flag(CKA_PRIVATE, false);
  object.Number(CKA_CLASS, CKO_CERTIFICATE).Number(CKA_CERTIFICATE_TYPE, CKC_X_509);
  object.Text(CKA_LABEL, label).Text(CKA_ID, id);
  object.Value(CKA_SUBJECT, Der(X509_get_subject_name(certificate.get()), i2d_X509_NAME));
  // Of no use to us, but softokn wants them.
  object.Value(CKA_ISSUER, Der(X509_get_issuer_name(certificate.get()), i2d_X509_NAME));
  object.Value(CKA_SERIAL_NUMBER, Der(X509_get0_serialNumber(certificate.get()), i2d_ASN1_INTEGER));
  object.Value(CKA_VALUE, der);
  RETURN_IF_ERROR(session.Create(std::move(object)));
  return base::Ok();
}

base::Status DestroyAll(Session& session, const std::vector<CK_OBJECT_HANDLE>& objects) {
  for (const CK_OBJECT_HANDLE object : objects) RETURN_IF_ERROR(session.Destroy(object));
  return base::Ok();
}

base::Status Replace(Session& session, std::string_view label, std::string_view id,
                     base::ByteSpan der) {
  ASSIGN_OR_RETURN(std::vector<CK_OBJECT_HANDLE> old, FindCertificates(session, id));
  // One that is there stays: a module may take storing it again for a change of the same object.
  for (auto same = old.begin(); same != old.end(); ++same) {
    ASSIGN_OR_RETURN(const base::Bytes stored, session.Attribute(*same, CKA_VALUE));
    if (!std::ranges::equal(stored, der)) continue;
    old.erase(same);
    return DestroyAll(session, old);
  }
  RETURN_IF_ERROR(StoreOne(session, label, id, der));
  return DestroyAll(session, old);
}

// softokn keeps a certificate once, whoever issued by it: another key's will do, and ReadChain()
// finds it.
base::Status StoreIssuer(Session& session, std::string_view id, base::ByteSpan der) {
  auto stored = Replace(session, id, id, der);
  if (stored.ok() || session.lost()) return stored;
  Attributes same;
  same.Number(CKA_CLASS, CKO_CERTIFICATE).Value(CKA_VALUE, der);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(same)));
  return found.empty() ? stored : base::Ok();
}

// Whoever is in the token and did issue it; empty: nobody, or itself.
base::Result<base::Bytes> IssuerOf(Session& session, base::ByteSpan der) {
  const X509Certificate issued = ParseCertificate(der);
  if (!issued) return base::Bytes();
  const base::Bytes name = Der(X509_get_issuer_name(issued.get()), i2d_X509_NAME);
  if (name == Der(X509_get_subject_name(issued.get()), i2d_X509_NAME)) return base::Bytes();
  Attributes named;
  named.Flag(CKA_TOKEN, true).Number(CKA_CLASS, CKO_CERTIFICATE).Value(CKA_SUBJECT, name);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(named)));
  for (const CK_OBJECT_HANDLE object : found) {
    ASSIGN_OR_RETURN(base::Bytes issuer, session.Attribute(object, CKA_VALUE));
    const X509Certificate certificate = ParseCertificate(issuer);
    if (certificate && X509_verify(issued.get(), X509_get0_pubkey(certificate.get())) == 1)
      return issuer;
  }
  ERR_clear_error();
  return base::Bytes();
}

}  // namespace

base::Result<base::Bytes> ReadCertificate(Session& session, const KeyLabel& label) {
  ASSIGN_OR_RETURN(const CertifiedKey key, FindCertified(session, label));
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, FindCertificates(session, key.id));
  if (found.empty())
    return base::Error{base::ErrorCode::kNotFound, "key.without-certificate",
                       "no certificate is stored beside " + key.id};
  // Two stand here only if an import was cut short; both certify this key.
  return session.Attribute(found.front(), CKA_VALUE);
}

base::Result<std::vector<base::Bytes>> ReadChain(Session& session, const KeyLabel& label) {
  std::vector<base::Bytes> chain;
  while (chain.size() < kMaxChain) {
    ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found,
                     FindCertificates(session, ChainId(label, chain.size())));
    if (found.empty()) break;
    ASSIGN_OR_RETURN(base::Bytes issuer, session.Attribute(found.front(), CKA_VALUE));
    chain.push_back(std::move(issuer));
  }
  if (!chain.empty()) return chain;
  ASSIGN_OR_RETURN(base::Bytes issued, ReadCertificate(session, label));
  while (chain.size() < kMaxChain) {
    ASSIGN_OR_RETURN(base::Bytes issuer, IssuerOf(session, issued));
    if (issuer.empty()) break;
    issued = issuer;
    chain.push_back(std::move(issuer));
  }
  return chain;
}

base::Status StoreCertificates(Session& session, const KeyLabel& label, base::ByteSpan certificate,
                               const std::vector<base::Bytes>& chain) {
  for (std::size_t i = 0; i < chain.size(); ++i)
    RETURN_IF_ERROR(StoreIssuer(session, ChainId(label, i), chain[i]));
  for (std::size_t i = chain.size(); i < kMaxChain; ++i) {
    ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> old,
                     FindCertificates(session, ChainId(label, i)));
    RETURN_IF_ERROR(DestroyAll(session, old));
  }
  ASSIGN_OR_RETURN(const CertifiedKey key, FindCertified(session, label));
  return Replace(session, label.text, key.id, certificate);
}

}  // namespace hsm
