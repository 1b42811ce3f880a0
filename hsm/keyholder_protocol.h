// The words in which the keyholder is asked and answers.
//
// A call is one JSON object: {"call":"mac","identifier":"..."}; bytes are base64. An answer
// is {"answer":{...}} or {"error":{...}}. Where secrets are handed over, either way, a zero byte
// follows and the secrets one after another, 32 bytes each. So a secret never becomes a JSON
// string and its one buffer can be wiped.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/channel.h"
#include "base/json.h"
#include "base/result.h"
#include "base/secret.h"
#include "hsm/provisioner.h"
#include "hsm/signer.h"
#include "hsm/vault_keys.h"

namespace hsm {

struct CertificateCall {
  KeyLabel key;
  std::string agency;
};
struct CheckApprovalCall {
  HashBatch batch;
};
struct NewTopCall {};
struct MakeLeafCall {
  KeyPaths paths;
  std::uint32_t leaf = 0;
};
struct OpenKeysCall {
  KeyUse use = KeyUse::kRead;
  KeyPaths paths;
  std::vector<PlacedKey> keys;
};
struct NewRootCall {
  TopKey top;
  ErasureOrder order;
};
struct RekeyCall {
  KeyPaths before;
  KeyPaths after;
  std::vector<NodeToRekey> nodes;
};
struct KeepRootCall {
  TopKey top;
};
struct MacCall {
  std::string identifier;
};
struct VerifierKeyCall {};
struct GenerateKeyCall {
  KeyLabel label;
  KeyKind kind;
  std::vector<std::string> approvals{};
};
struct CertificateRequestCall {
  KeyLabel label;
  CertificateSubject subject;
  std::vector<std::string> approvals{};
};
struct ImportCertificateCall {
  KeyLabel label;
  base::Bytes certificate;
  std::vector<base::Bytes> chain;
  std::vector<std::string> approvals{};
};
struct TwoKeysCall {
  KeyLabel label;
  KeyLabel successor;
  std::vector<std::string> approvals{};
};
struct RotateKeyCall : TwoKeysCall {};
struct RetireKeyCall : TwoKeysCall {};
struct DestroyKeyCall {
  KeyLabel label;
  std::vector<std::string> approvals{};
};
struct ListKeysCall {};
struct ShareVaultKeysCall {
  ShareCounts counts;
  std::vector<std::string> approvals{};
};
// The shares' values follow the call as secrets, in the order of the numbers.
struct RestoreVaultKeysCall {
  std::string set;
  std::uint8_t needed = 0;
  base::Bytes numbers;
  std::vector<std::string> approvals{};
};
struct DescribeCall {};

using KeyholderCall =
    std::variant<CertificateCall, SealRequest, SealBatch, CheckApprovalCall, HashBatch, NewTopCall,
                 MakeLeafCall, OpenKeysCall, NewRootCall, RekeyCall, KeepRootCall, MacCall,
                 CheckpointBody, VerifierKeyCall, GenerateKeyCall, CertificateRequestCall,
                 ImportCertificateCall, RotateKeyCall, RetireKeyCall, DestroyKeyCall, ListKeysCall,
                 ShareVaultKeysCall, RestoreVaultKeysCall, DescribeCall>;

// What a door is for. Describe is answered at both.
enum class DoorPurpose {
  kService = 1,       // Of the vault's token.
  kSealing = 2,       // Of a token with sealing keys alone.
  kProvisioning = 4,  // To `init`, `key` and `doctor`.
};
bool IsAnsweredAt(DoorPurpose door, const KeyholderCall& call);

std::string EncodeCall(const KeyholderCall& call);

// Strict: accepts only what EncodeCall() writes, up to white space.
// kInvalidInput "call.malformed".
base::Result<KeyholderCall> DecodeCall(std::string_view text);

// A message's text, and the secrets behind it. The caller wipes `bytes`.
struct TextAndSecrets {
  std::string_view text;  // Lives as long as the bytes.
  std::vector<base::Secret> secrets;
};
// nullopt when they are not whole.
std::optional<TextAndSecrets> SplitSecrets(base::ByteSpan bytes);
// The caller wipes the bytes once sent.
base::Bytes JoinSecrets(std::string_view text, const std::vector<base::Secret>& secrets);

// What a call is answered with. The secrets are wiped when this dies.
struct KeyholderAnswer {
  base::Json body;
  std::vector<base::Secret> secrets;
};

// The caller wipes the bytes once sent.
base::Bytes EncodeAnswer(const base::Result<KeyholderAnswer>& answer);

// The error inside, or kInternal "channel.malformed" for what is no answer.
// The caller wipes `bytes`.
base::Result<KeyholderAnswer> DecodeAnswer(base::ByteSpan bytes);

// Bodies of answers. Reading one fails with kInternal "channel.malformed".
base::Json ToJson(const SealingCertificate& certificate);
base::Json ToJson(const Seal& seal);
base::Json ToJson(const SealedBatch& sealed);
base::Json ToJson(const TopKey& top);
// Without the leaf's keys, which are the answer's secrets.
base::Json ToJson(const NewLeaf& leaf);
base::Json ToJson(const Provisioner::TokenFacts& facts);
base::Json ToJson(const std::vector<KeyFacts>& keys);
// Without their values, which are the answer's secrets.
base::Json ToJson(const std::vector<KeyShare>& shares);
base::Result<SealingCertificate> SealingCertificateFrom(const base::Json& body);
base::Result<Seal> SealFrom(const base::Json& body);
base::Result<SealedBatch> SealedBatchFrom(const base::Json& body);
base::Result<TopKey> TopKeyFrom(const base::Json& body);
base::Result<NewLeaf> NewLeafFrom(KeyholderAnswer answer);
base::Result<Provisioner::TokenFacts> TokenFactsFrom(const base::Json& body);
base::Result<std::vector<KeyFacts>> KeyFactsFrom(const base::Json& body);
base::Result<std::vector<KeyShare>> KeySharesFrom(KeyholderAnswer answer);
base::Json BytesToJson(base::ByteSpan bytes);
base::Result<base::Bytes> BytesFrom(const base::Json& body);
base::Json ListToJson(const std::vector<base::Bytes>& list);
base::Result<std::vector<base::Bytes>> ListFrom(const base::Json& body);
base::Json TextToJson(std::string_view text);
base::Result<std::string> TextFrom(const base::Json& body);

// A message that carries `bytes`: itself, or in a memory file when it is long. Secrets are
// always short. Errors of Pack: kUnavailable; of Unpack: kInvalidInput.
base::Result<base::Message> Pack(base::Bytes bytes);
base::Result<base::Bytes> Unpack(base::Message message);

}  // namespace hsm
