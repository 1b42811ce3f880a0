#include "hsm/token_provisioner.h"

#include <algorithm>

#include "hsm/certificate_request.h"
#include "hsm/key_purpose.h"
#include "hsm/public_key.h"
#include "hsm/sealing_certificate.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxCertificate = std::size_t{64} * 1024;

base::Status CheckChain(const std::vector<base::Bytes>& chain) {
  const bool sound = std::ranges::all_of(chain, [](const base::Bytes& der) {
    return der.size() <= kMaxCertificate && ParseCertificate(der) != nullptr;
  });
  if (sound && chain.size() <= kMaxChain) return base::Ok();
  return Error{ErrorCode::kInvalidInput, "certificate.malformed",
               "the chain is not at most 8 X.509 certificates in DER"};
}

base::Result<std::vector<KeyLabel>> ListKeys(Session& session) {
  std::vector<KeyLabel> labels;
  for (const CK_OBJECT_CLASS object_class : {CKO_PRIVATE_KEY, CKO_SECRET_KEY}) {
    Attributes pattern;
    pattern.Flag(CKA_TOKEN, true).Number(CKA_CLASS, object_class);
    ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> keys, session.Find(std::move(pattern)));
    for (const CK_OBJECT_HANDLE key : keys) {
      ASSIGN_OR_RETURN(const base::Bytes label, session.Attribute(key, CKA_LABEL));
      labels.push_back({base::ToString(label)});
    }
  }
  std::ranges::sort(labels, {}, &KeyLabel::text);
  return labels;
}

}  // namespace

base::Status TokenProvisioner::GenerateKey(const KeyLabel& label, KeyKind kind) {
  return pool_.Run([&](Session& session) { return MakeKey(session, label, kind); });
}

base::Result<base::Bytes> TokenProvisioner::CertificateRequest(const KeyLabel& label,
                                                               const CertificateSubject& subject) {
  RETURN_IF_ERROR(CheckSubject(subject));
  return pool_.Run(
      [&](Session& session) { return SignCertificateRequest(session, label, subject); });
}

base::Status TokenProvisioner::ImportCertificate(const KeyLabel& label, base::ByteSpan certificate,
                                                 const std::vector<base::Bytes>& chain) {
  RETURN_IF_ERROR(CheckChain(chain));
  ASSIGN_OR_RETURN(const PublicKey certified, PublicKey::FromCertificate(certificate));
  return pool_.Run([&](Session& session) -> base::Status {
    ASSIGN_OR_RETURN(const CertifiedKey found, FindCertified(session, label));
    ASSIGN_OR_RETURN(const PublicKey own, PublicKey::FromToken(session, found.id));
    if (!(own == certified))
      return Error{ErrorCode::kInvalidInput, "certificate.not-for-key",
                   "the certificate is not for the key " + label.text};
    return StoreCertificates(session, label, certificate, chain);
  });
}

base::Result<Provisioner::TokenFacts> TokenProvisioner::Describe() {
  ASSIGN_OR_RETURN(const SessionPool::Facts facts, pool_.Describe());
  TokenFacts answer{facts.module, facts.token, {}};
  ASSIGN_OR_RETURN(answer.keys, pool_.Run(ListKeys));
  return answer;
}

}  // namespace hsm
