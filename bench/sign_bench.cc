// sign.*: a batch job's level B signatures over digests through the whole path, as the service
// makes them: rehearsal and verification in the inspector's processes, seals through the
// keyholder's door, the entry in the ledger, the outcome kept on disk.
// sign.step_*: what each step of that costs for one signature of a chunk.
// sign.seal_*: the part of it between the front and the token. Both beside the token's raw C_Sign
// plus one software verification of that signature; the CPU of all processes is counted.
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <optional>
#include <thread>

#include "api/flow/batch_work.h"
#include "api/inspector.h"
#include "base/c_handle.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "emulator/emulator.h"
#include "hsm/attributes.h"
#include "hsm/key_purpose.h"
#include "signing/xades_writer.h"
#include "tests/fakes/soft_token.h"

namespace bench {
namespace {

using EvpKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using Certificate = base::CHandle<X509, X509_free>;
using DigestContext = base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free>;

template <typename T>
T Must(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

struct SealCase {
  const char* label;
  hsm::KeyKind kind;
  CK_MECHANISM_TYPE mechanism;
  const EVP_MD* (*md)();
  int half = 0;  // Bytes of r and of s.
};
constexpr SealCase kCases[] = {
    {"p256", hsm::KeyKind::kSealP256, CKM_ECDSA, EVP_sha256, 32},
    {"p384", hsm::KeyKind::kSealP384, CKM_ECDSA, EVP_sha384, 48},
    {"rsa3072", hsm::KeyKind::kSealRsa3072, CKM_SHA256_RSA_PKCS, EVP_sha256}};

EvpKey KeyOf(base::ByteSpan der) {
  const unsigned char* at = der.data();
  const Certificate certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  return EvpKey{X509_get_pubkey(certificate.get())};
}

base::Bytes ToEcdsaDer(base::ByteSpan value, int half) {
  const base::CHandle<ECDSA_SIG, ECDSA_SIG_free> parts{ECDSA_SIG_new()};
  ECDSA_SIG_set0(parts.get(), BN_bin2bn(value.data(), half, nullptr),
                 BN_bin2bn(value.data() + half, half, nullptr));
  base::Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), nullptr)));
  unsigned char* end = der.data();
  i2d_ECDSA_SIG(parts.get(), &end);
  return der;
}

// The floor: C_Sign over the data (its digest for ECDSA), then EVP verifies it.
void SignRaw(hsm::SessionPool& pool, const SealCase& what, EVP_PKEY* key, base::ByteSpan data) {
  const bool ecdsa = what.mechanism == CKM_ECDSA;
  base::Bytes digest(static_cast<std::size_t>(EVP_MD_get_size(what.md())));
  EVP_Digest(data.data(), data.size(), digest.data(), nullptr, what.md(), nullptr);
  const base::Bytes value = Must(pool.Run([&](hsm::Session& session) -> base::Result<base::Bytes> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE handle,
                     hsm::FindKey(session, hsm::KeyPurpose::kSeal, {what.label}));
    return session.Sign({what.mechanism, nullptr, 0}, handle,
                        ecdsa ? base::ByteSpan(digest) : data);
  }));
  const base::Bytes signature = ecdsa ? ToEcdsaDer(value, what.half) : value;
  const DigestContext context{EVP_MD_CTX_new()};
  EVP_DigestVerifyInit(context.get(), nullptr, what.md(), nullptr, key);
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(),
                       data.size()) != 1)
    std::exit(1);
}

double RateOfSeal(const SealCase& what, const hsm::KeyholderConfig& config,
                  base::ByteSpan certificate) {
  base::DoorPair door = Must(base::MakeDoor());
  const std::jthread keyholder([&] { Must(hsm::ServeKeyholder(config, door.server)); });
  hsm::KeyholderClient client{base::ChannelClient(std::move(door.caller))};
  const signing::SignatureParameters parameters{
      .signing_time = base::SystemClock().Now(),
      .documents = {{"decision.pdf", "application/pdf", base::Sha256(base::AsBytes("x"))}},
      .certificate = certificate};
  const auto work = [&] {
    const auto prepared = Must(signing::PrepareSignature(parameters));
    const auto seal = Must(client.SealReferences({.key = {what.label},
                                                  .references = prepared.references,
                                                  .algorithm = {},
                                                  .mandate = {.agency = "bench"}}));
    if (signing::WriteSignatureFile({prepared, seal}).empty()) std::exit(1);
  };
  work();  // Loads the module and logs in.
  return PerCpuSecond(work);
}

// Forked before any thread is started.
class InspectorProcess {
 public:
  InspectorProcess() {
    base::DoorPair door = Must(base::MakeDoor());
    pid_ = ::fork();
    if (pid_ == 0) {
      door.caller.Reset();
      static_cast<void>(api::ServeInspector(door.server, {}));
      ::_exit(0);
    }
    client.emplace(base::ChannelClient(std::move(door.caller)));
  }
  ~InspectorProcess() {
    client.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  InspectorProcess(const InspectorProcess&) = delete;
  InspectorProcess& operator=(const InspectorProcess&) = delete;

  pid_t pid() const { return pid_; }
  std::optional<api::InspectorClient> client;

 private:
  pid_t pid_ = -1;
};

class NoOutbound final : public api::Outbound {
  base::Result<base::Bytes> Post(const std::string&, const std::string&, base::ByteSpan) override {
    return base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "level B asks nobody"};
  }
  base::Result<api::HttpAnswer> Ask(const std::string&, const std::string&,
                                    base::ByteSpan) override {
    return base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "level B asks nobody"};
  }
  base::Result<base::Bytes> Fetch(const std::string&) override {
    return base::Error{base::ErrorCode::kUnavailable, "courier.no-answer", "level B asks nobody"};
  }
};

// A batch job's chunk after chunk, with vault and store on disk.
double RateOfWhole(const SealCase& what, const hsm::KeyholderConfig& config,
                   InspectorProcess& inspector) {
  base::DoorPair door = Must(base::MakeDoor());
  const std::jthread keyholder([&] { Must(hsm::ServeKeyholder(config, door.server)); });
  hsm::KeyholderClient client{base::ChannelClient(std::move(door.caller))};
  const base::SystemClock clock;
  const api::TimestampTrust trust;
  NoOutbound nobody;
  api::EvidenceDesk desk(*inspector.client, nobody, trust, clock);
  api::ExtendSignature extend(*inspector.client, desk, clock);
  const tests::TempDir folder;
  const auto ledger = Must(vault::Ledger::Open(folder.path() / "vault", {}));
  const auto key_store = Must(vault::KeyStore::Open(folder.path() / "vault", {}));
  api::RecordKeys record_keys(*key_store, client);
  api::BatchStore store(folder.path() / "batches", client, record_keys, clock);
  const std::vector<api::RegisteredCaller> callers{
      {"bench", api::CallerRole::kAgency, "bench", "", {what.label}}};
  const api::BatchParts parts{client, *inspector.client, desk, extend, *ledger, record_keys,
                              store,  callers,           clock};
  api::BatchOrder order{.caller = "bench",
                        .agency = "bench",
                        .idempotency_key = what.label,
                        .seal = {.key = {what.label}, .level = api::SignatureLevel::kB},
                        .items = {}};
  for (std::size_t i = 0; i < api::BatchOrder::kMostItems; ++i)
    order.items.push_back({{.name = "decision-" + std::to_string(i) + ".pdf",
                            .media_type = "application/pdf",
                            .sha256 = base::Sha256(base::AsBytes(std::to_string(i)))}});
  const std::string id = Must(store.Put(order));
  std::size_t chunk = 0;
  const auto work = [&] {
    const base::Status done = api::BatchWork(parts, id, order, chunk).Step();
    const auto counts = store.Chunks(id)[chunk++];
    if (done.ok() && counts.sealed == api::BatchOrder::kChunk) return;
    std::fprintf(stderr, "bench: a chunk was not sealed\n");
    std::exit(1);
  };
  work();
  return PerCpuSecondWith(inspector.pid(), work) * static_cast<double>(api::BatchOrder::kChunk);
}

// The steps of a chunk, one at a time, with what they work on.
class Steps {
 public:
  Steps(const SealCase& what, const hsm::KeyholderConfig& config, base::ByteSpan certificate,
        InspectorProcess& inspector)
      : what_(what),
        certificate_(certificate),
        inspector_(inspector),
        door_(Must(base::MakeDoor())),
        keyholder_([&config, this] { Must(hsm::ServeKeyholder(config, door_.server)); }),
        client_(base::ChannelClient(std::move(door_.caller))) {
    signing::PrepareVerifier();
    shared_.now = base::SystemClock().Now();
    for (std::size_t i = 0; i < api::BatchOrder::kChunk; ++i) {
      documents_.push_back({{.name = "decision-" + std::to_string(i) + ".pdf",
                             .media_type = "application/pdf",
                             .sha256 = base::Sha256(base::AsBytes(std::to_string(i)))}});
      orders_.push_back(shared_);
      orders_.back().digests = documents_.back();
    }
    Build();
    Sign();
    Build();
  }

  // What the front writes: SignedProperties before the token is asked, the file afterwards.
  void Build() {
    prepared_.clear();
    made_.clear();
    for (const auto& documents : documents_)
      prepared_.push_back(Must(signing::PrepareSignature({.id = "S1",
                                                          .signing_time = shared_.now,
                                                          .documents = documents,
                                                          .certificate = certificate_,
                                                          .claims = {}})));
    for (std::size_t i = 0; i < sealed_.seals.size(); ++i) {
      const signing::SealedSignature sealed{prepared_[i], sealed_.seals[i], {}};
      made_.push_back({base::ToBytes(signing::WriteSignatureFile(sealed)),
                       {.format = "XAdES-BASELINE-B",
                        .signature = {"", "S1"},
                        .certificate = base::Sha256(certificate_),
                        .signature_value = base::Sha256(sealed_.seals[i].value),
                        .documents = documents_[i],
                        .findings = {}}});
    }
  }
  void Lint() { RequireAll(signing::FindSigningPlaces(orders_)); }
  void Sign() {
    hsm::SealBatch batch{.key = {what_.label},
                         .signatures = {},
                         .algorithm = {},
                         .mandate = {.agency = "bench", .level = "B"}};
    for (const auto& one : prepared_) batch.signatures.push_back(one.references);
    sealed_ = Must(client_.SealAll(batch));
  }
  void Verify() {
    std::vector<signing::VerifyRequest> requests;
    for (const api::MadeSignature& one : made_)
      requests.push_back(signing::RequestFor(orders_[requests.size()], one.xml));
    std::vector<base::Status> released;
    signing::VerifyEach(requests, [&](std::size_t i, const base::Json& report) {
      released.push_back(api::RequireReleasable(report, made_[i].expected));
    });
    RequireAll(released);
  }
  // Both with their processes, the way there and back.
  void LintBehindWalls() {
    RequireAll(Must(inspector_.client->FindSigningPlaces(shared_, documents_)));
  }
  void VerifyBehindWalls() { RequireAll(Must(inspector_.client->Judge(made_, shared_.now))); }

  double RateOf(void (Steps::*step)()) {
    const auto work = [&] { (this->*step)(); };
    work();
    return PerCpuSecondWith(inspector_.pid(), work) * static_cast<double>(api::BatchOrder::kChunk);
  }

 private:
  template <typename List>
  static void RequireAll(const List& list) {
    for (const auto& one : list) {
      if (one.ok()) continue;
      std::fprintf(stderr, "bench: %s\n", one.error().message.c_str());
      std::exit(1);
    }
  }

  const SealCase& what_;
  base::ByteSpan certificate_;
  InspectorProcess& inspector_;
  base::DoorPair door_;
  std::jthread keyholder_;
  hsm::KeyholderClient client_;
  signing::SigningOrder shared_;
  std::vector<std::vector<signing::DocumentDigest>> documents_;
  std::vector<signing::SigningOrder> orders_;
  std::vector<signing::PreparedSignature> prepared_;
  hsm::SealedBatch sealed_;
  std::vector<api::MadeSignature> made_;
};

double RateOfRaw(const SealCase& what, const hsm::KeyholderConfig& config,
                 base::ByteSpan certificate) {
  tests::TokenFaces faces(config);
  const EvpKey key = KeyOf(certificate);
  const base::Bytes data(600, 0x5A);  // About the size of a SignedInfo.
  const auto work = [&] { SignRaw(faces.pool, what, key.get(), data); };
  work();
  return PerCpuSecond(work);
}

struct Step {
  const char* name;
  void (Steps::*run)();
};
constexpr Step kSteps[] = {{"build", &Steps::Build},
                           {"lint", &Steps::Lint},
                           {"lint_behind_walls", &Steps::LintBehindWalls},
                           {"sign", &Steps::Sign},
                           {"verify", &Steps::Verify},
                           {"verify_behind_walls", &Steps::VerifyBehindWalls}};

void RunCase(const std::string& only, const SealCase& what, const tests::SoftToken& token,
             emulator::TestAuthority& authority, InspectorProcess& inspector) {
  base::Bytes certificate;
  {
    tests::TokenFaces faces(token.config());
    Must(faces.provisioner.GenerateKey({what.label}, what.kind));
    Must(faces.provisioner.GenerateKey(token.config().root_key, hsm::KeyKind::kRootAes256));
    Must(faces.provisioner.GenerateKey(token.config().mac_key, hsm::KeyKind::kMacHmacSha256));
    const base::Bytes request =
        Must(faces.provisioner.CertificateRequest({what.label}, {.common_name = "bench TEST",
                                                                 .organization = "bench TEST",
                                                                 .organization_identifier = "",
                                                                 .country = "LV"}));
    const emulator::IssuedSeal issued = Must(authority.IssueSeal(request));
    Must(faces.provisioner.ImportCertificate({what.label}, issued.certificate, issued.chain));
    certificate = issued.certificate;
  }
  // A process holds the module once, so each side has it for itself while it is measured.
  hsm::KeyholderConfig config = token.config();
  config.seal_rules = {{what.label, {.agency = "bench", .approvers = {}, .hourly = 100'000'000}}};
  config.module = SOFTHSM_MODULE;  // The shim looks for orders at each call.
  const std::string label = what.label;
  const Side raw{"C_Sign+verify", [&] { return RateOfRaw(what, config, certificate); }};
  if (only.empty() || only == "sign." + label)
    Compare("sign." + label, "signatures/cpu-s",
            {"edocvault", [&] { return RateOfWhole(what, config, inspector); }}, raw);
  for (const Step& step : kSteps) {
    const std::string name = "sign.step_" + label;
    if (!only.empty() && only != name && only != name + "." + step.name) continue;
    Compare(
        name + "." + step.name, "signatures/cpu-s",
        {"edocvault", [&] { return Steps(what, config, certificate, inspector).RateOf(step.run); }},
        raw);
  }
  if (only.empty() || only == "sign.seal_" + label)
    Compare("sign.seal_" + label, "signatures/cpu-s",
            {"edocvault", [&] { return RateOfSeal(what, config, certificate); }}, raw);
}

}  // namespace

void RunSignBench(const std::string& only) {
  for (const SealCase& what : kCases) {
    const std::string label = what.label;
    if (!only.empty() && only != "sign." + label && only != "sign.seal_" + label &&
        !only.starts_with("sign.step_" + label))
      continue;
    InspectorProcess inspector;
    const tests::SoftToken token;
    const tests::TempDir folder;
    const base::SystemClock clock;
    const auto authority =
        Must(emulator::TestAuthority::Open({.folder = folder.path(), .ocsp_url = ""}, clock));
    RunCase(only, what, token, *authority, inspector);
  }
}

}  // namespace bench
