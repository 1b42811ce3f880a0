#include "hsm/keyholder_protocol.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/base64.h"
#include "base/file.h"
#include "hsm/json_fields.h"
#include "hsm/key_tree_words.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

constexpr std::size_t kInlineLimit = std::size_t{96} * 1024;
constexpr std::size_t kMaxBytes = std::size_t{4} * 1024 * 1024;
constexpr std::size_t kSecretSize = 32;

std::string Encoded(base::ByteSpan bytes) {
  return base::Base64Encode(bytes);
}

Json ListOfBytes(const std::vector<base::Bytes>& list) {
  Json array{Json::Array{}};
  for (const base::Bytes& item : list) {
    Json one;
    one.Set("der", Encoded(item));
    array.Push(std::move(one));
  }
  return array;
}

std::vector<base::Bytes> BytesIn(JsonFields& fields, std::string_view name) {
  return fields.List<base::Bytes>(name, [](JsonFields& item) { return item.Bytes("der"); });
}

Json ListOfReferences(const std::vector<Reference>& references) {
  Json list{Json::Array{}};
  for (const Reference& reference : references) {
    Json one;  // Named, so that it is moved: a chain of Set() would be copied.
    one.Set("id", reference.id)
        .Set("uri", reference.uri)
        .Set("kind", NameOf(reference.kind))
        .Set("sha256", Encoded(reference.digest.span()));
    list.Push(std::move(one));
  }
  return list;
}

Json AlgorithmToJson(std::optional<SignatureAlgorithm> algorithm) {
  return algorithm ? AlgorithmName(*algorithm) : "";
}

Json MandateToJson(const Mandate& mandate) {
  base::Bytes items;
  for (const base::Sha256Digest& item : mandate.items) base::Append(item.span(), items);
  return Json()
      .Set("agency", mandate.agency)
      .Set("level", mandate.level)
      .Set("approval", mandate.approval)
      .Set("group", mandate.group)
      .Set("items", Encoded(items));
}

Json HashBatchToJson(const HashBatch& batch) {
  return Json()
      .Set("key", batch.key.text)
      .Set("hashes", ListOfBytes(batch.hashes))
      .Set("algorithm", AlgorithmName(batch.algorithm))
      .Set("mandate", MandateToJson(batch.mandate));
}

Json ListOfTexts(const std::vector<std::string>& texts) {
  Json list{Json::Array{}};
  for (const std::string& text : texts) list.Push(Json().Set("text", text));
  return list;
}

std::vector<std::string> TextsIn(JsonFields& fields, std::string_view name) {
  return fields.List<std::string>(name, [](JsonFields& item) { return item.Text("text"); });
}

Json TwoKeysToJson(const TwoKeysCall& call) {
  return Json()
      .Set("label", call.label.text)
      .Set("successor", call.successor.text)
      .Set("approvals", ListOfTexts(call.approvals));
}

// How each call is written. Members keep this order.
struct Writer {
  Json operator()(const CertificateCall& call) const {
    return Json().Set("key", call.key.text).Set("agency", call.agency);
  }
  Json operator()(const SealRequest& call) const {
    return Json()
        .Set("key", call.key.text)
        .Set("references", ListOfReferences(call.references))
        .Set("algorithm", AlgorithmToJson(call.algorithm))
        .Set("mandate", MandateToJson(call.mandate));
  }
  Json operator()(const SealBatch& call) const {
    Json signatures{Json::Array{}};
    for (const auto& references : call.signatures) {
      Json one;
      one.Set("references", ListOfReferences(references));
      signatures.Push(std::move(one));
    }
    Json json;
    json.Set("key", call.key.text)
        .Set("signatures", std::move(signatures))
        .Set("algorithm", AlgorithmToJson(call.algorithm))
        .Set("mandate", MandateToJson(call.mandate));
    return json;
  }
  Json operator()(const CheckApprovalCall& call) const { return HashBatchToJson(call.batch); }
  Json operator()(const HashBatch& call) const { return HashBatchToJson(call); }
  Json operator()(const NewTopCall&) const { return Json(Json::Object{}); }
  Json operator()(const MakeLeafCall& call) const {
    return Json()
        .Set("paths", PathsToJson(call.paths))
        .Set("leaf", static_cast<std::int64_t>(call.leaf));
  }
  Json operator()(const OpenKeysCall& call) const {
    return Json()
        .Set("use", NameOf(call.use))
        .Set("paths", PathsToJson(call.paths))
        .Set("keys", KeysToJson(call.keys));
  }
  Json operator()(const NewRootCall& call) const {
    return Json()
        .Set("top", TopToJson(call.top))
        .Set("records", Encoded(call.order.records.span()))
        .Set("approvals", ListOfTexts(call.order.approvals));
  }
  Json operator()(const RekeyCall& call) const {
    return Json()
        .Set("before", PathsToJson(call.before))
        .Set("after", PathsToJson(call.after))
        .Set("nodes", NodesToJson(call.nodes));
  }
  Json operator()(const KeepRootCall& call) const { return Json().Set("top", TopToJson(call.top)); }
  Json operator()(const MacCall& call) const {
    return Json().Set("identifier", Encoded(base::AsBytes(call.identifier)));
  }
  Json operator()(const CheckpointBody& call) const {
    return Json()
        .Set("size", static_cast<std::int64_t>(call.size))
        .Set("root", Encoded(call.root.span()));
  }
  Json operator()(const VerifierKeyCall&) const { return Json(Json::Object{}); }
  Json operator()(const GenerateKeyCall& call) const {
    return Json()
        .Set("label", call.label.text)
        .Set("kind", NameOf(call.kind))
        .Set("approvals", ListOfTexts(call.approvals));
  }
  Json operator()(const CertificateRequestCall& call) const {
    return Json()
        .Set("label", call.label.text)
        .Set("commonName", call.subject.common_name)
        .Set("organization", call.subject.organization)
        .Set("organizationIdentifier", call.subject.organization_identifier)
        .Set("country", call.subject.country)
        .Set("approvals", ListOfTexts(call.approvals));
  }
  Json operator()(const ImportCertificateCall& call) const {
    return Json()
        .Set("label", call.label.text)
        .Set("certificate", Encoded(call.certificate))
        .Set("chain", ListOfBytes(call.chain))
        .Set("approvals", ListOfTexts(call.approvals));
  }
  Json operator()(const RotateKeyCall& call) const { return TwoKeysToJson(call); }
  Json operator()(const RetireKeyCall& call) const { return TwoKeysToJson(call); }
  Json operator()(const DestroyKeyCall& call) const {
    return Json().Set("label", call.label.text).Set("approvals", ListOfTexts(call.approvals));
  }
  Json operator()(const ListKeysCall&) const { return Json(Json::Object{}); }
  Json operator()(const ShareVaultKeysCall& call) const {
    return Json()
        .Set("needed", int{call.counts.needed})
        .Set("all", int{call.counts.all})
        .Set("approvals", ListOfTexts(call.approvals));
  }
  Json operator()(const RestoreVaultKeysCall& call) const {
    return Json()
        .Set("set", call.set)
        .Set("needed", int{call.needed})
        .Set("numbers", Encoded(call.numbers))
        .Set("approvals", ListOfTexts(call.approvals));
  }
  Json operator()(const DescribeCall&) const { return Json(Json::Object{}); }
};

base::Sha256Digest DigestIn(JsonFields& fields, std::string_view name) {
  const auto digest = base::ToSha256Digest(fields.Bytes(name));
  if (!digest) fields.Fail();
  return digest.value_or(base::Sha256Digest{});
}

KeyholderCall ReadCertificate(JsonFields& in) {
  return CertificateCall{{in.Text("key")}, in.Text("agency")};
}
std::vector<Reference> ReferencesIn(JsonFields& in) {
  return in.List<Reference>("references", [](JsonFields& item) {
    const auto kind = FindReferenceKind(item.Text("kind"));
    if (!kind) item.Fail();
    return Reference{item.Text("id"), item.Text("uri"), kind.value_or(ReferenceKind::kDocument),
                     DigestIn(item, "sha256")};
  });
}
std::optional<SignatureAlgorithm> AlgorithmIn(JsonFields& in) {
  const std::string name = in.Text("algorithm");
  const auto algorithm = FindAlgorithm(name);
  if (!name.empty() && !algorithm) in.Fail();
  return algorithm;
}
Mandate MandateIn(JsonFields& in) {
  const Json& object = in.Object("mandate");
  JsonFields fields(object);
  Mandate mandate{.agency = fields.Text("agency"),
                  .level = fields.Text("level"),
                  .approval = fields.Text("approval"),
                  .group = static_cast<std::size_t>(fields.Integer("group")),
                  .items = {}};
  const base::Bytes items = fields.Bytes("items");
  constexpr std::size_t kDigest = sizeof(base::Sha256Digest::bytes);
  for (base::ByteSpan rest = items; rest.size() >= kDigest; rest = rest.subspan(kDigest))
    mandate.items.push_back(*base::ToSha256Digest(rest.first(kDigest)));
  if (!fields.ok()) in.Fail();
  return mandate;
}
KeyholderCall ReadSeal(JsonFields& in) {
  return SealRequest{{in.Text("key")}, ReferencesIn(in), AlgorithmIn(in), MandateIn(in)};
}
KeyholderCall ReadSealBatch(JsonFields& in) {
  return SealBatch{{in.Text("key")},
                   in.List<std::vector<Reference>>(
                       "signatures", [](JsonFields& item) { return ReferencesIn(item); }),
                   AlgorithmIn(in),
                   MandateIn(in)};
}
HashBatch HashBatchIn(JsonFields& in) {
  HashBatch batch{{in.Text("key")}, BytesIn(in, "hashes"), SignatureAlgorithm::kEcdsaSha256, {}};
  const auto algorithm = FindAlgorithm(in.Text("algorithm"));
  if (!algorithm) in.Fail();
  batch.algorithm = algorithm.value_or(batch.algorithm);
  batch.mandate = MandateIn(in);
  return batch;
}
KeyholderCall ReadCheckApproval(JsonFields& in) {
  return CheckApprovalCall{HashBatchIn(in)};
}
KeyholderCall ReadHashBatch(JsonFields& in) {
  return HashBatchIn(in);
}
KeyholderCall ReadNewTop(JsonFields&) {
  return NewTopCall{};
}
KeyholderCall ReadMakeLeaf(JsonFields& in) {
  MakeLeafCall call{PathsIn(in, "paths"), 0};
  const std::int64_t leaf = in.Integer("leaf");
  if (leaf < 0 || leaf > UINT32_MAX) in.Fail();
  call.leaf = static_cast<std::uint32_t>(leaf);
  return call;
}
KeyholderCall ReadOpenKeys(JsonFields& in) {
  const std::string name = in.Text("use");
  const auto uses = AllKeyUses();
  const auto use = std::ranges::find(uses, name, [](KeyUse one) { return NameOf(one); });
  if (use == uses.end()) in.Fail();
  return OpenKeysCall{use == uses.end() ? KeyUse::kRead : *use, PathsIn(in, "paths"),
                      KeysIn(in, "keys")};
}
KeyholderCall ReadNewRoot(JsonFields& in) {
  return NewRootCall{TopIn(in, "top"), {DigestIn(in, "records"), TextsIn(in, "approvals")}};
}
KeyholderCall ReadRekey(JsonFields& in) {
  return RekeyCall{PathsIn(in, "before"), PathsIn(in, "after"), NodesIn(in, "nodes")};
}
KeyholderCall ReadKeepRoot(JsonFields& in) {
  return KeepRootCall{TopIn(in, "top")};
}
KeyholderCall ReadMac(JsonFields& in) {
  return MacCall{base::ToString(in.Bytes("identifier"))};
}
KeyholderCall ReadCheckpoint(JsonFields& in) {
  const std::int64_t size = in.Integer("size");
  if (size < 0) in.Fail();
  return CheckpointBody{static_cast<std::uint64_t>(size), DigestIn(in, "root")};
}
KeyholderCall ReadVerifierKey(JsonFields&) {
  return VerifierKeyCall{};
}
KeyholderCall ReadGenerateKey(JsonFields& in) {
  const auto kind = FindKeyKind(in.Text("kind"));
  if (!kind) in.Fail();
  return GenerateKeyCall{
      {in.Text("label")}, kind.value_or(KeyKind::kSealP256), TextsIn(in, "approvals")};
}
KeyholderCall ReadCertificateRequest(JsonFields& in) {
  return CertificateRequestCall{{in.Text("label")},
                                {in.Text("commonName"), in.Text("organization"),
                                 in.Text("organizationIdentifier"), in.Text("country")},
                                TextsIn(in, "approvals")};
}
KeyholderCall ReadImportCertificate(JsonFields& in) {
  return ImportCertificateCall{
      {in.Text("label")}, in.Bytes("certificate"), BytesIn(in, "chain"), TextsIn(in, "approvals")};
}
TwoKeysCall TwoKeysIn(JsonFields& in) {
  return {{in.Text("label")}, {in.Text("successor")}, TextsIn(in, "approvals")};
}
KeyholderCall ReadRotateKey(JsonFields& in) {
  return RotateKeyCall{TwoKeysIn(in)};
}
KeyholderCall ReadRetireKey(JsonFields& in) {
  return RetireKeyCall{TwoKeysIn(in)};
}
KeyholderCall ReadDestroyKey(JsonFields& in) {
  return DestroyKeyCall{{in.Text("label")}, TextsIn(in, "approvals")};
}
KeyholderCall ReadListKeys(JsonFields&) {
  return ListKeysCall{};
}
std::uint8_t SmallIn(JsonFields& in, std::string_view name) {
  const std::int64_t number = in.Integer(name);
  if (number < 0 || number > UINT8_MAX) in.Fail();
  return static_cast<std::uint8_t>(number);
}
KeyholderCall ReadShareVaultKeys(JsonFields& in) {
  return ShareVaultKeysCall{{SmallIn(in, "needed"), SmallIn(in, "all")}, TextsIn(in, "approvals")};
}
KeyholderCall ReadRestoreVaultKeys(JsonFields& in) {
  return RestoreVaultKeysCall{in.Text("set"), SmallIn(in, "needed"), in.Bytes("numbers"),
                              TextsIn(in, "approvals")};
}
KeyholderCall ReadDescribe(JsonFields&) {
  return DescribeCall{};
}

struct CallTraits {
  std::string_view name;
  KeyholderCall (*read)(JsonFields&);
  unsigned doors;  // Each that answers it, added up.
};

constexpr unsigned Of(DoorPurpose door) {
  return static_cast<unsigned>(door);
}
constexpr unsigned kVault = Of(DoorPurpose::kService);
constexpr unsigned kSeals = kVault | Of(DoorPurpose::kSealing);
constexpr unsigned kKeys = Of(DoorPurpose::kProvisioning);

// In the order of the alternatives of KeyholderCall.
constexpr auto kCalls = std::to_array<CallTraits>({
    {"certificate", ReadCertificate, kSeals},
    {"seal", ReadSeal, kSeals},
    {"seal-batch", ReadSealBatch, kSeals},
    {"check-approval", ReadCheckApproval, kSeals},
    {"sign-hashes", ReadHashBatch, kSeals},
    {"new-top", ReadNewTop, kVault},
    {"make-leaf", ReadMakeLeaf, kVault},
    {"open-keys", ReadOpenKeys, kVault},
    {"new-root", ReadNewRoot, kVault},
    {"rekey", ReadRekey, kVault},
    {"keep-root", ReadKeepRoot, kVault},
    {"mac", ReadMac, kVault},
    {"checkpoint", ReadCheckpoint, kVault},
    {"checkpoint-verifier-key", ReadVerifierKey, kVault},
    {"generate-key", ReadGenerateKey, kKeys},
    {"certificate-request", ReadCertificateRequest, kKeys},
    {"import-certificate", ReadImportCertificate, kKeys},
    {"rotate-key", ReadRotateKey, kKeys},
    {"retire-key", ReadRetireKey, kKeys},
    {"destroy-key", ReadDestroyKey, kKeys},
    {"list-keys", ReadListKeys, kKeys},
    {"share-vault-keys", ReadShareVaultKeys, kKeys},
    {"restore-vault-keys", ReadRestoreVaultKeys, kKeys},
    {"describe", ReadDescribe, kSeals | kKeys},
});
static_assert(kCalls.size() == std::variant_size_v<KeyholderCall>);

Json CallToJson(const KeyholderCall& call) {
  Json json;
  json.Set("call", kCalls[call.index()].name);
  const Json body = std::visit(Writer{}, call);
  for (const auto& [name, value] : *body.AsObject()) json.Set(name, value);
  return json;
}

Error MalformedCall(std::string message) {
  return {ErrorCode::kInvalidInput, "call.malformed", std::move(message)};
}

Error MalformedAnswer() {
  return {ErrorCode::kInternal, "channel.malformed", "the keyholder's answer does not read"};
}

}  // namespace

bool IsAnsweredAt(DoorPurpose door, const KeyholderCall& call) {
  return (kCalls[call.index()].doors & Of(door)) != 0;
}

std::string EncodeCall(const KeyholderCall& call) {
  return CallToJson(call).Dump();
}

base::Result<KeyholderCall> DecodeCall(std::string_view text) {
  const auto json = Json::Parse(text);
  if (!json.ok()) return MalformedCall(json.error().message);
  const std::string name = json.value().Text("call").value_or("");
  const auto traits = std::ranges::find(kCalls, name, &CallTraits::name);
  if (traits == kCalls.end()) return MalformedCall("no such call");
  JsonFields fields(json.value());
  KeyholderCall call = traits->read(fields);
  // Written again it must be the same: no unknown member, no second spelling.
  if (!fields.ok() || !(CallToJson(call) == json.value()))
    return MalformedCall("not the members of " + name);
  return call;
}

base::Bytes EncodeAnswer(const base::Result<KeyholderAnswer>& answer) {
  if (!answer.ok())
    return base::ToBytes(Json().Set("error", base::ErrorToJson(answer.error())).Dump());
  return JoinSecrets(R"({"answer":)" + answer.value().body.Dump() + "}", answer.value().secrets);
}

base::Bytes JoinSecrets(std::string_view text, const std::vector<base::Secret>& secrets) {
  base::Bytes bytes;
  bytes.reserve(text.size() + 1 + secrets.size() * kSecretSize);  // Growth would leave copies.
  base::Append(base::AsBytes(text), bytes);
  if (secrets.empty()) return bytes;
  bytes.push_back(0);
  for (const base::Secret& secret : secrets) base::Append(secret.Reveal(), bytes);
  return bytes;
}

std::optional<TextAndSecrets> SplitSecrets(base::ByteSpan bytes) {
  const auto zero = std::ranges::find(bytes, std::uint8_t{0});
  const auto text_size = static_cast<std::size_t>(zero - bytes.begin());
  TextAndSecrets split{base::AsText(bytes.first(text_size)), {}};
  base::ByteSpan rest = bytes.subspan(std::min(text_size + 1, bytes.size()));
  if (rest.size() % kSecretSize != 0) return std::nullopt;
  for (; !rest.empty(); rest = rest.subspan(kSecretSize))
    split.secrets.emplace_back(base::Bytes(rest.begin(), rest.begin() + kSecretSize));
  return split;
}

base::Result<KeyholderAnswer> DecodeAnswer(base::ByteSpan bytes) {
  auto split = SplitSecrets(bytes);
  const auto json = Json::Parse(split ? split->text : "");
  if (!json.ok()) return MalformedAnswer();
  if (const Json* error = json.value().Find("error")) return base::ErrorFromJson(*error);
  const Json* body = json.value().Find("answer");
  if (body == nullptr) return MalformedAnswer();
  return KeyholderAnswer{*body, std::move(split->secrets)};
}

Json ToJson(const SealingCertificate& certificate) {
  return Json()
      .Set("certificate", Encoded(certificate.der))
      .Set("chain", ListOfBytes(certificate.chain))
      .Set("algorithm", AlgorithmName(certificate.algorithm));
}

base::Result<SealingCertificate> SealingCertificateFrom(const Json& body) {
  JsonFields fields(body);
  SealingCertificate certificate{fields.Bytes("certificate"), BytesIn(fields, "chain"),
                                 SignatureAlgorithm::kRsaSha256};
  const auto algorithm = FindAlgorithm(fields.Text("algorithm"));
  if (!fields.ok() || !algorithm) return MalformedAnswer();
  certificate.algorithm = *algorithm;
  return certificate;
}

Json ToJson(const Seal& seal) {
  Json json;
  json.Set("signedInfo", seal.signed_info).Set("value", Encoded(seal.value));
  return json;
}

base::Result<Seal> SealFrom(const Json& body) {
  JsonFields fields(body);
  Seal seal{fields.Text("signedInfo"), fields.Bytes("value")};
  if (!fields.ok()) return MalformedAnswer();
  return seal;
}

Json ToJson(const SealedBatch& sealed) {
  Json seals{Json::Array{}};
  for (const Seal& seal : sealed.seals) seals.Push(ToJson(seal));
  Json json;
  json.Set("seals", std::move(seals));
  if (sealed.stopped) json.Set("stopped", base::ErrorToJson(*sealed.stopped));
  return json;
}

base::Result<SealedBatch> SealedBatchFrom(const Json& body) {
  JsonFields fields(body);
  SealedBatch sealed{fields.List<Seal>("seals",
                                       [](JsonFields& item) {
                                         return Seal{item.Text("signedInfo"), item.Bytes("value")};
                                       }),
                     std::nullopt};
  if (!fields.ok()) return MalformedAnswer();
  if (const Json* stopped = body.Find("stopped")) sealed.stopped = base::ErrorFromJson(*stopped);
  return sealed;
}

Json ToJson(const TopKey& top) {
  return Json().Set("top", TopToJson(top));
}

base::Result<TopKey> TopKeyFrom(const Json& body) {
  JsonFields fields(body);
  TopKey top = TopIn(fields, "top");
  if (!fields.ok()) return MalformedAnswer();
  return top;
}

Json ToJson(const NewLeaf& leaf) {
  return Json().Set("nodes", KeysToJson(leaf.nodes)).Set("row", Encoded(leaf.row));
}

base::Result<NewLeaf> NewLeafFrom(KeyholderAnswer answer) {
  JsonFields fields(answer.body);
  NewLeaf leaf{KeysIn(fields, "nodes"), fields.Bytes("row"), std::move(answer.secrets)};
  if (!fields.ok() || leaf.row.size() != kFanOut * kWrappedKeySize || leaf.keys.size() != kFanOut)
    return MalformedAnswer();
  return leaf;
}

Json ToJson(const Provisioner::TokenFacts& facts) {
  Json keys{Json::Array{}};
  for (const KeyLabel& key : facts.keys) keys.Push(Json().Set("label", key.text));
  return Json()
      .Set("module", facts.module)
      .Set("token", facts.token)
      .Set("label", facts.label)
      .Set("vault", facts.vault)
      .Set("keys", std::move(keys))
      .Set("second", facts.second);
}

Json ToJson(const std::vector<KeyFacts>& keys) {
  Json list{Json::Array{}};
  for (const KeyFacts& key : keys)
    list.Push(Json()
                  .Set("label", key.label.text)
                  .Set("purpose", key.purpose)
                  .Set("state", key.state)
                  .Set("fingerprint", key.fingerprint));
  return Json().Set("keys", std::move(list));
}

base::Result<std::vector<KeyFacts>> KeyFactsFrom(const Json& body) {
  JsonFields fields(body);
  std::vector<KeyFacts> keys = fields.List<KeyFacts>("keys", [](JsonFields& item) {
    return KeyFacts{
        {item.Text("label")}, item.Text("purpose"), item.Text("state"), item.Text("fingerprint")};
  });
  if (!fields.ok()) return MalformedAnswer();
  return keys;
}

Json ToJson(const std::vector<KeyShare>& shares) {
  Json list{Json::Array{}};
  for (const KeyShare& share : shares)
    list.Push(Json()
                  .Set("set", share.set)
                  .Set("needed", int{share.needed})
                  .Set("number", int{share.number}));
  return Json().Set("shares", std::move(list));
}

base::Result<std::vector<KeyShare>> KeySharesFrom(KeyholderAnswer answer) {
  JsonFields fields(answer.body);
  std::size_t next = 0;
  std::vector<KeyShare> shares = fields.List<KeyShare>("shares", [&](JsonFields& item) {
    if (next == answer.secrets.size()) item.Fail();
    base::Secret value =
        item.ok() ? std::move(answer.secrets[next++]) : base::Secret(base::Bytes());
    return KeyShare{item.Text("set"), SmallIn(item, "needed"), SmallIn(item, "number"),
                    std::move(value)};
  });
  if (!fields.ok() || next != answer.secrets.size()) return MalformedAnswer();
  return shares;
}

base::Result<Provisioner::TokenFacts> TokenFactsFrom(const Json& body) {
  JsonFields fields(body);
  Provisioner::TokenFacts facts{
      fields.Text("module"), fields.Text("token"), fields.Text("label"), fields.Text("vault"), {},
      fields.Bool("second")};
  facts.keys =
      fields.List<KeyLabel>("keys", [](JsonFields& item) { return KeyLabel{item.Text("label")}; });
  if (!fields.ok()) return MalformedAnswer();
  return facts;
}

Json BytesToJson(base::ByteSpan bytes) {
  return Json().Set("bytes", Encoded(bytes));
}

base::Result<base::Bytes> BytesFrom(const Json& body) {
  JsonFields fields(body);
  base::Bytes bytes = fields.Bytes("bytes");
  if (!fields.ok()) return MalformedAnswer();
  return bytes;
}

Json ListToJson(const std::vector<base::Bytes>& list) {
  return Json().Set("list", ListOfBytes(list));
}

base::Result<std::vector<base::Bytes>> ListFrom(const Json& body) {
  JsonFields fields(body);
  std::vector<base::Bytes> list = BytesIn(fields, "list");
  if (!fields.ok()) return MalformedAnswer();
  return list;
}

Json TextToJson(std::string_view text) {
  return Json().Set("text", text);
}

base::Result<std::string> TextFrom(const Json& body) {
  JsonFields fields(body);
  std::string text = fields.Text("text");
  if (!fields.ok()) return MalformedAnswer();
  return text;
}

base::Result<base::Message> Pack(base::Bytes bytes) {
  base::Message message;
  if (bytes.size() <= kInlineLimit) {
    message.payload = std::move(bytes);
    return message;
  }
  ASSIGN_OR_RETURN(base::UniqueFd file, base::MemoryFile(bytes));
  message.payload = base::ToBytes("file");
  message.files.push_back(std::move(file));
  return message;
}

base::Result<base::Bytes> Unpack(base::Message message) {
  if (message.files.empty()) return std::move(message.payload);
  if (message.files.size() != 1) return MalformedCall("more than one file");
  return base::ReadFd(message.files.front(), kMaxBytes);
}

}  // namespace hsm
