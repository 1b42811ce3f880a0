#include <algorithm>
#include <chrono>
#include <utility>

#include "hsm/keyholder.h"
#include "hsm/keyholder_protocol.h"

namespace hsm {
namespace {

// Longer than the pool's patience, so that the keyholder's own answer comes first.
constexpr std::chrono::seconds kServiceTimeout{30};
// Making an RSA key in a token takes its time.
constexpr std::chrono::seconds kProvisioningTimeout{180};

base::Result<KeyholderAnswer> Ask(const base::ChannelClient& channel, const KeyholderCall& call,
                                  std::chrono::milliseconds timeout = kServiceTimeout,
                                  const std::vector<base::Secret>& secrets = {}) {
  ASSIGN_OR_RETURN(base::Message request, Pack(JoinSecrets(EncodeCall(call), secrets)));
  auto reply = channel.Call(request, timeout);
  base::WipeBytes(request.payload);
  if (!reply.ok()) return reply.error();
  ASSIGN_OR_RETURN(base::Bytes bytes, Unpack(std::move(reply).value()));
  auto answer = DecodeAnswer(bytes);
  base::WipeBytes(bytes);
  return answer;
}

base::Error Malformed() {
  return {base::ErrorCode::kInternal, "channel.malformed", "the keyholder's answer does not read"};
}

}  // namespace

KeyholderClient::KeyholderClient(base::ChannelClient channel) : channel_(std::move(channel)) {}

base::Result<SealingCertificate> KeyholderClient::Certificate(const KeyLabel& key,
                                                              const std::string& agency) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, CertificateCall{key, agency}));
  return SealingCertificateFrom(answer.body);
}

base::Result<Seal> KeyholderClient::SealReferences(const SealRequest& request) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, request));
  return SealFrom(answer.body);
}

base::Result<SealedBatch> KeyholderClient::SealAll(const SealBatch& batch) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, batch));
  ASSIGN_OR_RETURN(SealedBatch sealed, SealedBatchFrom(answer.body));
  const bool fits = sealed.stopped ? sealed.seals.size() < batch.signatures.size()
                                   : sealed.seals.size() == batch.signatures.size();
  if (!fits) return Malformed();
  return sealed;
}

base::Result<base::Time> KeyholderClient::CheckApproval(const HashBatch& batch) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, CheckApprovalCall{batch}));
  ASSIGN_OR_RETURN(const std::string text, TextFrom(answer.body));
  const auto time = base::ParseTime(text);
  if (!time) return Malformed();
  return *time;
}

base::Result<std::vector<base::Bytes>> KeyholderClient::SignHashes(const HashBatch& batch) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, batch));
  ASSIGN_OR_RETURN(std::vector<base::Bytes> values, ListFrom(answer.body));
  if (values.size() != batch.hashes.size()) return Malformed();
  return values;
}

base::Result<TopKey> KeyholderClient::NewTop() {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, NewTopCall{}));
  return TopKeyFrom(answer.body);
}

base::Result<NewLeaf> KeyholderClient::MakeLeaf(const KeyPaths& paths, std::uint32_t leaf) {
  ASSIGN_OR_RETURN(KeyholderAnswer answer, Ask(channel_, MakeLeafCall{paths, leaf}));
  return NewLeafFrom(std::move(answer));
}

base::Result<std::vector<base::Secret>> KeyholderClient::OpenKeys(
    KeyUse use, const KeyPaths& paths, const std::vector<PlacedKey>& keys) {
  ASSIGN_OR_RETURN(KeyholderAnswer answer, Ask(channel_, OpenKeysCall{use, paths, keys}));
  if (answer.secrets.size() != keys.size()) return Malformed();
  return std::move(answer.secrets);
}

base::Result<TopKey> KeyholderClient::NewRoot(const TopKey& top, const ErasureOrder& order) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, NewRootCall{top, order}));
  return TopKeyFrom(answer.body);
}

base::Result<std::vector<base::Bytes>> KeyholderClient::Rekey(
    const KeyPaths& before, const KeyPaths& after, const std::vector<NodeToRekey>& nodes) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, RekeyCall{before, after, nodes}));
  ASSIGN_OR_RETURN(std::vector<base::Bytes> rows, ListFrom(answer.body));
  const bool fits = std::ranges::all_of(
      rows, [](const base::Bytes& row) { return row.size() == kFanOut * kWrappedKeySize; });
  if (!fits || rows.size() != nodes.size()) return Malformed();
  return rows;
}

base::Status KeyholderClient::KeepRoot(const TopKey& top) {
  RETURN_IF_ERROR(Ask(channel_, KeepRootCall{top}));
  return base::Ok();
}

base::Result<base::Sha256Digest> KeyholderClient::MacIdentifier(std::string_view identifier) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, MacCall{std::string(identifier)}));
  ASSIGN_OR_RETURN(const base::Bytes bytes, BytesFrom(answer.body));
  const auto mac = base::ToSha256Digest(bytes);
  if (!mac) return Malformed();
  return *mac;
}

base::Result<std::string> KeyholderClient::SignCheckpoint(const CheckpointBody& body) {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, body));
  return TextFrom(answer.body);
}

base::Result<std::string> KeyholderClient::CheckpointVerifierKey() {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, VerifierKeyCall{}));
  return TextFrom(answer.body);
}

base::Status KeyholderClient::GenerateKey(const KeyLabel& label, KeyKind kind) {
  RETURN_IF_ERROR(Ask(channel_, GenerateKeyCall{label, kind, approvals_}, kProvisioningTimeout));
  return base::Ok();
}

base::Result<base::Bytes> KeyholderClient::CertificateRequest(const KeyLabel& label,
                                                              const CertificateSubject& subject) {
  ASSIGN_OR_RETURN(
      const KeyholderAnswer answer,
      Ask(channel_, CertificateRequestCall{label, subject, approvals_}, kProvisioningTimeout));
  return BytesFrom(answer.body);
}

base::Status KeyholderClient::ImportCertificate(const KeyLabel& label, base::ByteSpan certificate,
                                                const std::vector<base::Bytes>& chain) {
  const ImportCertificateCall call{
      label, {certificate.begin(), certificate.end()}, chain, approvals_};
  RETURN_IF_ERROR(Ask(channel_, call, kProvisioningTimeout));
  return base::Ok();
}

base::Status KeyholderClient::RotateKey(const KeyLabel& label, const KeyLabel& successor) {
  RETURN_IF_ERROR(
      Ask(channel_, RotateKeyCall{{label, successor, approvals_}}, kProvisioningTimeout));
  return base::Ok();
}

base::Status KeyholderClient::RetireKey(const KeyLabel& label, const KeyLabel& successor) {
  RETURN_IF_ERROR(
      Ask(channel_, RetireKeyCall{{label, successor, approvals_}}, kProvisioningTimeout));
  return base::Ok();
}

base::Status KeyholderClient::DestroyKey(const KeyLabel& label) {
  RETURN_IF_ERROR(Ask(channel_, DestroyKeyCall{label, approvals_}, kProvisioningTimeout));
  return base::Ok();
}

base::Result<std::vector<KeyFacts>> KeyholderClient::ListKeys() {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, ListKeysCall{}));
  return KeyFactsFrom(answer.body);
}

base::Result<std::vector<KeyShare>> KeyholderClient::ShareVaultKeys(ShareCounts counts) {
  ASSIGN_OR_RETURN(KeyholderAnswer answer,
                   Ask(channel_, ShareVaultKeysCall{counts, approvals_}, kProvisioningTimeout));
  return KeySharesFrom(std::move(answer));
}

base::Status KeyholderClient::RestoreVaultKeys(const std::vector<KeyShare>& shares) {
  RestoreVaultKeysCall call{"", 0, {}, approvals_};
  std::vector<base::Secret> values;
  for (const KeyShare& share : shares) {
    // One call speaks of one set.
    if (values.empty()) call.set = share.set;
    if (values.empty()) call.needed = share.needed;
    if (share.set != call.set || share.needed != call.needed)
      return base::Error{base::ErrorCode::kInvalidInput, "share.malformed", "of two sets"};
    call.numbers.push_back(share.number);
    const base::ByteSpan value = share.value.Reveal();
    values.emplace_back(base::Bytes(value.begin(), value.end()));
  }
  RETURN_IF_ERROR(Ask(channel_, call, kProvisioningTimeout, values));
  return base::Ok();
}

base::Result<Provisioner::TokenFacts> KeyholderClient::Describe() {
  ASSIGN_OR_RETURN(const KeyholderAnswer answer, Ask(channel_, DescribeCall{}));
  return TokenFactsFrom(answer.body);
}

}  // namespace hsm
