#include "api/flow/remote_signing.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>

#include "api/flow/sealing_entry.h"
#include "api/flow/sign_document.h"
#include "base/c_handle.h"
#include "hsm/approval.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using X509Certificate = base::CHandle<X509, X509_free>;
using Bio = base::CHandle<BIO, BIO_free_all>;

std::string NameText(X509_NAME* name) {
  const Bio bio{BIO_new(BIO_s_mem())};
  X509_NAME_print_ex(bio.get(), name, 0, XN_FLAG_RFC2253 & ~ASN1_STRFLGS_ESC_MSB);
  char* data = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &data);
  return std::string(data, static_cast<std::size_t>(size));
}

std::string SerialText(const ASN1_INTEGER* serial) {
  const base::CHandle<BIGNUM, BN_free> number{ASN1_INTEGER_to_BN(serial, nullptr)};
  char* const hex = number ? BN_bn2hex(number.get()) : nullptr;
  const std::string text = hex == nullptr ? "" : hex;
  OPENSSL_free(hex);
  return text;
}

std::string TimeText(const ASN1_TIME* time) {
  const base::CHandle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free> general{
      ASN1_TIME_to_generalizedtime(time, nullptr)};
  if (!general) return "";
  return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(general.get())),
                     static_cast<std::size_t>(ASN1_STRING_length(general.get())));
}

std::string CurveOid(EVP_PKEY* key) {
  std::array<char, 32> group{};
  if (EVP_PKEY_get_group_name(key, group.data(), group.size(), nullptr) != 1) return "";
  std::array<char, 64> oid{};
  const ASN1_OBJECT* object = OBJ_nid2obj(OBJ_txt2nid(group.data()));
  return OBJ_obj2txt(oid.data(), oid.size(), object, 1) > 0 ? oid.data() : "";
}

base::Result<CertificateFacts> FactsOf(base::ByteSpan der, base::Time now) {
  const unsigned char* at = der.data();
  const X509Certificate x509{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  EVP_PKEY* const key = x509 ? X509_get0_pubkey(x509.get()) : nullptr;
  ERR_clear_error();
  if (key == nullptr)
    return Error{ErrorCode::kInvalidInput, "certificate.malformed", "of a remote key"};
  std::time_t when = std::chrono::system_clock::to_time_t(now);
  CertificateFacts facts{.subject = NameText(X509_get_subject_name(x509.get())),
                         .issuer = NameText(X509_get_issuer_name(x509.get())),
                         .serial = SerialText(X509_get0_serialNumber(x509.get())),
                         .valid_from = TimeText(X509_get0_notBefore(x509.get())),
                         .valid_to = TimeText(X509_get0_notAfter(x509.get())),
                         .curve = CurveOid(key),
                         .bits = EVP_PKEY_get_bits(key),
                         .in_time = X509_cmp_time(X509_get0_notAfter(x509.get()), &when) > 0 &&
                                    X509_cmp_time(X509_get0_notBefore(x509.get()), &when) < 0};
  ERR_clear_error();
  return facts;
}

// All hashes of one call are one group of the approval.
hsm::HashBatch BatchOf(const Caller& caller, const RemoteSigning::Order& order,
                       hsm::SignatureAlgorithm algorithm) {
  hsm::HashBatch batch{.key = {order.key},
                       .hashes = order.hashes,
                       .algorithm = algorithm,
                       .mandate = {.agency = caller.agency,
                                   .level = "hash",
                                   .approval = order.approval,
                                   .group = 0,
                                   .items = {}}};
  for (const base::Bytes& hash : order.hashes)
    batch.mandate.items.push_back(hsm::ItemDigest(base::ByteSpan(hash)));
  return batch;
}

}  // namespace

base::Status RemoteSigning::RequireRemoteKey(const Caller& caller, const std::string& key) const {
  const auto rule = rules_.find(key);
  const bool own = std::ranges::find(caller.keys, key) != caller.keys.end();
  if (own && rule != rules_.end() && rule->second.signs_hashes) return base::Ok();
  return Error{ErrorCode::kNotFound, "key.unknown", "no remote key " + key + " of yours"};
}

std::vector<std::string> RemoteSigning::List(const Caller& caller) const {
  std::vector<std::string> labels;
  std::ranges::copy_if(caller.keys, std::back_inserter(labels),
                       [&](const std::string& key) { return RequireRemoteKey(caller, key).ok(); });
  return labels;
}

base::Result<RemoteSigning::Credential> RemoteSigning::Find(const Caller& caller,
                                                            const std::string& key) const {
  RETURN_IF_ERROR(RequireRemoteKey(caller, key));
  ASSIGN_OR_RETURN(hsm::SealingCertificate certificate, signer_.Certificate({key}, caller.agency));
  ASSIGN_OR_RETURN(CertificateFacts facts, FactsOf(certificate.der, clock_.Now()));
  return Credential{std::move(certificate), std::move(facts)};
}

base::Result<base::Time> RemoteSigning::Check(const Caller& caller, const Order& order) const {
  ASSIGN_OR_RETURN(const Credential credential, Find(caller, order.key));
  return signer_.CheckApproval(BatchOf(caller, order, credential.certificate.algorithm));
}

base::Result<std::vector<base::Bytes>> RemoteSigning::Sign(const Caller& caller, const Order& order,
                                                           hsm::SignatureAlgorithm algorithm) {
  ASSIGN_OR_RETURN(const Credential credential, Find(caller, order.key));
  RETURN_IF_ERROR(RequireUsable(credential.certificate.der, clock_.Now()));
  const hsm::HashBatch batch = BatchOf(caller, order, algorithm);
  // What would be refused leaves no entry.
  RETURN_IF_ERROR(signer_.CheckApproval(batch));
  RETURN_IF_ERROR(RecordSealing(ledger_, keys_, clock_.Now(),
                                {.id = vault::RecordId::New(),
                                 .agency = caller.agency,
                                 .commitment = hsm::GroupDigest(batch.mandate.items),
                                 .metadata = base::Json()
                                                 .Set("reason", "remote")
                                                 .Set("count", order.hashes.size())
                                                 .Set("key", order.key)
                                                 .Set("system", caller.name)}));
  return signer_.SignHashes(batch);
}

}  // namespace api
