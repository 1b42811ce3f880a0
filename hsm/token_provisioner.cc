#include "hsm/token_provisioner.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>

#include "base/digest.h"
#include "hsm/certificate_request.h"
#include "hsm/key_purpose.h"
#include "hsm/key_shares.h"
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

base::Result<std::vector<KeyLabel>> LabelsOf(Session& session) {
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

base::Status DestroyObjects(Session& session, CK_OBJECT_CLASS object_class, std::string_view id) {
  Attributes pattern;
  pattern.Flag(CKA_TOKEN, true).Number(CKA_CLASS, object_class).Text(CKA_ID, id);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(pattern)));
  for (const CK_OBJECT_HANDLE object : found) RETURN_IF_ERROR(session.Destroy(object));
  session.known_keys.clear();
  return base::Ok();
}

// CKA_IDs of all objects of a class, each with its handle. Foreign ones may have none.
base::Result<std::multimap<std::string, CK_OBJECT_HANDLE>> IdsOf(Session& session,
                                                                 CK_OBJECT_CLASS object_class) {
  Attributes pattern;
  pattern.Flag(CKA_TOKEN, true).Number(CKA_CLASS, object_class);
  ASSIGN_OR_RETURN(const std::vector<CK_OBJECT_HANDLE> found, session.Find(std::move(pattern)));
  std::multimap<std::string, CK_OBJECT_HANDLE> ids;
  for (const CK_OBJECT_HANDLE object : found) {
    const auto id = session.Attribute(object, CKA_ID);
    if (!id.ok() && session.lost()) return id.error();
    if (id.ok()) ids.emplace(base::ToString(id.value()), object);
  }
  return ids;
}

base::Result<std::vector<KeyFacts>> ListFacts(Session& session) {
  std::map<std::string, KeyFacts> facts;  // By label.
  for (const CK_OBJECT_CLASS object_class : {CKO_PRIVATE_KEY, CKO_SECRET_KEY}) {
    ASSIGN_OR_RETURN(const auto ids, IdsOf(session, object_class));
    for (const auto& [id, object] : ids) {
      const auto read = ReadKeyId(id);
      if (!read) continue;
      const bool certified = read->purpose == "seal" || read->purpose == "remote";
      facts[read->label.text] = {read->label, std::string(read->purpose),
                                 certified ? "uncertified" : "active", ""};
      if (read->purpose != "checkpoint") continue;
      // By it two tokens are known to have the keys of one seed.
      ASSIGN_OR_RETURN(const PublicKey half, PublicKey::FromToken(session, id));
      facts[read->label.text].fingerprint =
          base::HexEncode(base::Sha256(half.Ed25519Bytes()).bytes);
    }
  }
  ASSIGN_OR_RETURN(const auto certificates, IdsOf(session, CKO_CERTIFICATE));
  for (const auto& [id, object] : certificates) {
    const auto read = ReadKeyId(id);
    if (!read) continue;
    ASSIGN_OR_RETURN(const base::Bytes der, session.Attribute(object, CKA_VALUE));
    const bool there = facts.contains(read->label.text);
    facts[read->label.text] = {read->label, std::string(read->purpose),
                               there ? "active" : "retired",
                               base::HexEncode(base::Sha256(der).bytes)};
  }
  std::vector<KeyFacts> list;
  for (auto& [label, fact] : facts) list.push_back(std::move(fact));
  return list;
}

base::Status CheckSuccessor(Session& session, const CertifiedKey& key, const KeyLabel& successor) {
  if (successor.text.empty()) return base::Ok();
  RETURN_IF_ERROR(ReadCertificate(session, successor));
  ASSIGN_OR_RETURN(const CertifiedKey next, FindCertified(session, successor));
  const auto from = ReadKeyId(key.id);
  const auto to = ReadKeyId(next.id);
  if (from && to && from->purpose == to->purpose && next.id != key.id) return base::Ok();
  return Error{ErrorCode::kDenied, "key.other-purpose",
               successor.text + " cannot take over from " + key.id};
}

base::Status Retire(Session& session, const KeyLabel& label, const KeyLabel& successor) {
  ASSIGN_OR_RETURN(const CertifiedKey key, FindCertified(session, label));
  RETURN_IF_ERROR(ReadCertificate(session, label));
  RETURN_IF_ERROR(CheckSuccessor(session, key, successor));
  return DestroyObjects(session, CKO_PRIVATE_KEY, key.id);
}

base::Status Destroy(Session& session, const KeyLabel& label) {
  RETURN_IF_ERROR(CheckLabel(label));
  ASSIGN_OR_RETURN(const std::vector<KeyFacts> all, ListFacts(session));
  const auto facts = std::ranges::find(all, label, &KeyFacts::label);
  // The vault's own keys are no keys that anybody certified.
  if (facts == all.end() || (facts->purpose != "seal" && facts->purpose != "remote"))
    return Error{ErrorCode::kNotFound, "key.unknown", "no sealing key " + label.text};
  if (facts->state == "active")
    return Error{ErrorCode::kConflict, "key.not-retired", label.text + " is in use"};
  const std::string id = facts->purpose + ":" + label.text;
  for (const CK_OBJECT_CLASS object_class : {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY, CKO_CERTIFICATE})
    RETURN_IF_ERROR(DestroyObjects(session, object_class, id));
  return base::Ok();
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

base::Status TokenProvisioner::RotateKey(const KeyLabel& label, const KeyLabel& successor) {
  return pool_.Run([&](Session& session) -> base::Status {
    ASSIGN_OR_RETURN(const CertifiedKey key, FindCertified(session, label));
    ASSIGN_OR_RETURN(const KeyKind kind, KindOf(session, key));
    return MakeKey(session, successor, kind);
  });
}

base::Status TokenProvisioner::RetireKey(const KeyLabel& label, const KeyLabel& successor) {
  return pool_.Run([&](Session& session) { return Retire(session, label, successor); });
}

base::Status TokenProvisioner::DestroyKey(const KeyLabel& label) {
  return pool_.Run([&](Session& session) { return Destroy(session, label); });
}

base::Result<std::vector<KeyFacts>> TokenProvisioner::ListKeys() {
  return pool_.Run(ListFacts);
}

// All three or none, unless the token fails meanwhile.
base::Status TokenProvisioner::MakeFromSeed(Session& session, const base::Secret& seed) const {
  struct Row {
    const KeyLabel& label;
    KeyKind kind;
    KeyPurpose purpose;
    std::string_view use;
  };
  const auto rows = std::to_array<Row>({
      {labels_.root, KeyKind::kRootAes256, KeyPurpose::kRoot, "root"},
      {labels_.mac, KeyKind::kMacHmacSha256, KeyPurpose::kMac, "mac"},
      {labels_.checkpoint, KeyKind::kCheckpointEd25519, KeyPurpose::kCheckpoint, "checkpoint"},
  });
  for (const Row& row : rows) RETURN_IF_ERROR(RequireFree(session, row.label));
  for (const Row& row : rows) {
    const base::Status made = ImportKey(session, row.label, row.kind, KeyOfSeed(seed, row.use));
    if (made.ok()) continue;
    for (const Row& undone : rows)
      for (const CK_OBJECT_CLASS object_class : {CKO_PRIVATE_KEY, CKO_SECRET_KEY, CKO_PUBLIC_KEY})
        (void)DestroyObjects(session, object_class, KeyId(undone.purpose, undone.label));
    return made;
  }
  return base::Ok();
}

base::Result<std::vector<KeyShare>> TokenProvisioner::ShareVaultKeys(ShareCounts counts) {
  RETURN_IF_ERROR(CheckCounts(counts));
  return pool_.Run([&](Session& session) -> base::Result<std::vector<KeyShare>> {
    ASSIGN_OR_RETURN(const base::Secret seed, MixedRandom(session, kSeedSize));
    RETURN_IF_ERROR(MakeFromSeed(session, seed));
    return SplitSeed(seed, counts);
  });
}

base::Status TokenProvisioner::RestoreVaultKeys(const std::vector<KeyShare>& shares) {
  ASSIGN_OR_RETURN(const base::Secret seed, JoinSeed(shares));
  return pool_.Run([&](Session& session) { return MakeFromSeed(session, seed); });
}

base::Result<Provisioner::TokenFacts> TokenProvisioner::Describe() {
  ASSIGN_OR_RETURN(const SessionPool::Facts facts, pool_.Describe());
  TokenFacts answer{facts.module, facts.token, pool_.config().token_label, {}, {}, facts.second};
  ASSIGN_OR_RETURN(answer.keys, pool_.Run(LabelsOf));
  return answer;
}

}  // namespace hsm
