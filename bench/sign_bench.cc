// sign.*: a whole level B signature through the keyholder's door, beside the token's raw C_Sign
// plus one software verification of that signature.
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/x509.h>

#include <cstdlib>
#include <thread>

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
  const char* name;
  const char* label;
  hsm::KeyKind kind;
  CK_MECHANISM_TYPE mechanism;
};
constexpr SealCase kCases[] = {
    {"sign.p256", "p256", hsm::KeyKind::kSealP256, CKM_ECDSA},
    {"sign.rsa3072", "rsa3072", hsm::KeyKind::kSealRsa3072, CKM_SHA256_RSA_PKCS}};

EvpKey KeyOf(base::ByteSpan der) {
  const unsigned char* at = der.data();
  const Certificate certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  return EvpKey{X509_get_pubkey(certificate.get())};
}

base::Bytes ToEcdsaDer(base::ByteSpan value) {
  const base::CHandle<ECDSA_SIG, ECDSA_SIG_free> parts{ECDSA_SIG_new()};
  ECDSA_SIG_set0(parts.get(), BN_bin2bn(value.data(), 32, nullptr),
                 BN_bin2bn(value.data() + 32, 32, nullptr));
  base::Bytes der(static_cast<std::size_t>(i2d_ECDSA_SIG(parts.get(), nullptr)));
  unsigned char* end = der.data();
  i2d_ECDSA_SIG(parts.get(), &end);
  return der;
}

// The floor: C_Sign over the data (its digest for ECDSA), then EVP verifies it.
void SignRaw(hsm::SessionPool& pool, const SealCase& what, EVP_PKEY* key, base::ByteSpan data) {
  const bool ecdsa = what.mechanism == CKM_ECDSA;
  const base::Sha256Digest digest = base::Sha256(data);
  const base::Bytes value = Must(pool.Run([&](hsm::Session& session) -> base::Result<base::Bytes> {
    ASSIGN_OR_RETURN(const CK_OBJECT_HANDLE handle,
                     hsm::FindKey(session, hsm::KeyPurpose::kSeal, {what.label}));
    return session.Sign({what.mechanism, nullptr, 0}, handle, ecdsa ? digest.span() : data);
  }));
  const base::Bytes signature = ecdsa ? ToEcdsaDer(value) : value;
  const DigestContext context{EVP_MD_CTX_new()};
  EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, key);
  if (EVP_DigestVerify(context.get(), signature.data(), signature.size(), data.data(),
                       data.size()) != 1)
    std::exit(1);
}

double RateOfWhole(const SealCase& what, const hsm::KeyholderConfig& config,
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
    const auto seal = Must(client.SealReferences({{what.label}, prepared.references}));
    if (signing::WriteSignatureFile({prepared, seal}).empty()) std::exit(1);
  };
  work();  // Loads the module and logs in.
  return PerCpuSecond(work);
}

double RateOfRaw(const SealCase& what, const hsm::KeyholderConfig& config,
                 base::ByteSpan certificate) {
  tests::TokenFaces faces(config);
  const EvpKey key = KeyOf(certificate);
  const base::Bytes data(600, 0x5A);  // About the size of a SignedInfo.
  const auto work = [&] { SignRaw(faces.pool, what, key.get(), data); };
  work();
  return PerCpuSecond(work);
}

void RunCase(const SealCase& what, const tests::SoftToken& token,
             emulator::TestAuthority& authority) {
  base::Bytes certificate;
  {
    tests::TokenFaces faces(token.config());
    Must(faces.provisioner.GenerateKey({what.label}, what.kind));
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
  const hsm::KeyholderConfig config = token.config();
  Compare(what.name, "signatures/cpu-s",
          {"edocvault", [&] { return RateOfWhole(what, config, certificate); }},
          {"C_Sign+verify", [&] { return RateOfRaw(what, config, certificate); }});
}

}  // namespace

void RunSignBench(const std::string& only) {
  for (const SealCase& what : kCases) {
    if (!only.empty() && only != what.name) continue;
    const tests::SoftToken token;
    const tests::TempDir folder;
    const base::SystemClock clock;
    const auto authority =
        Must(emulator::TestAuthority::Open({.folder = folder.path(), .ocsp_url = ""}, clock));
    RunCase(what, token, *authority);
  }
}

}  // namespace bench
