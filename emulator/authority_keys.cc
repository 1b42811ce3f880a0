#include "emulator/authority_keys.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <sys/stat.h>

#include <system_error>

#include "base/file.h"

namespace emulator {
namespace {

using std::chrono::years;

constexpr std::size_t kMaxFile = std::size_t{64} * 1024;
constexpr unsigned kPrivate = 0600;

// What a role's certificate says.
struct Role {
  const char* file;
  const char* common_name;
  years life;
  bool has_ocsp;
  std::vector<Extension> extensions;
};

const std::string kCaUsage = "critical,keyCertSign,cRLSign";

Role RootRole() {
  return {"root",
          "edocvault TEST Root CA",
          years{20},
          false,
          {{NID_basic_constraints, "critical,CA:TRUE"},
           {NID_key_usage, kCaUsage},
           {NID_subject_key_identifier, "hash"}}};
}

Role TlsRole() {
  Role role = RootRole();
  role.file = "tls";
  role.common_name = "edocvault TEST TLS CA";
  return role;
}

// ETSI TS 119 612, 5.7.1: id-tsl-kp-tslSigning.
Role ListSignerRole() {
  return {"list-signer",
          "edocvault TEST List Signer",
          years{10},
          false,
          {{NID_basic_constraints, "critical,CA:FALSE"},
           {NID_key_usage, "critical,digitalSignature"},
           {NID_ext_key_usage, "0.4.0.2231.3.0"},
           {NID_subject_key_identifier, "hash"}}};
}

Role IssuingRole() {
  return {"issuing",
          "edocvault TEST Issuing CA",
          years{15},
          false,
          {{NID_basic_constraints, "critical,CA:TRUE,pathlen:0"},
           {NID_key_usage, kCaUsage},
           {NID_subject_key_identifier, "hash"},
           {NID_authority_key_identifier, "keyid"}}};
}

// RFC 3161, 2.3: "the extension MUST be critical" and hold only timeStamping.
Role TsaRole() {
  return {"tsa",
          "edocvault TEST TSA",
          years{10},
          true,
          {{NID_basic_constraints, "critical,CA:FALSE"},
           {NID_key_usage, "critical,digitalSignature"},
           {NID_ext_key_usage, "critical,timeStamping"},
           {NID_subject_key_identifier, "hash"},
           {NID_authority_key_identifier, "keyid"}}};
}

// RFC 6960, 4.2.2.2.1: with nocheck nobody asks about the responder itself.
Role OcspRole() {
  return {"ocsp",
          "edocvault TEST OCSP Responder",
          years{10},
          false,
          {{NID_basic_constraints, "critical,CA:FALSE"},
           {NID_key_usage, "critical,digitalSignature"},
           {NID_ext_key_usage, "critical,OCSPSigning"},
           {NID_id_pkix_OCSP_noCheck, "ignored"},
           {NID_subject_key_identifier, "hash"},
           {NID_authority_key_identifier, "keyid"}}};
}

EvpKey KeyFromPem(base::ByteSpan pem) {
  const MemoryBio bio{BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size()))};
  return EvpKey(PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, nullptr));
}

base::Result<Identity> Read(const std::filesystem::path& key_path,
                            const std::filesystem::path& certificate_path) {
  ASSIGN_OR_RETURN(base::Bytes pem, base::ReadFile(key_path, kMaxFile));
  Identity identity{KeyFromPem(pem), nullptr};
  base::WipeBytes(pem);
  const auto der = base::ReadFile(certificate_path, kMaxFile);
  if (der.ok()) identity.certificate = FromDer<Certificate>(der.value(), d2i_X509);
  const bool fits = identity.key && identity.certificate &&
                    X509_check_private_key(identity.certificate.get(), identity.key.get()) == 1;
  ERR_clear_error();
  if (!fits) return AuthorityDamaged(certificate_path);
  return identity;
}

base::Result<Identity> Make(const Role& role, const Identity* issuer, const std::string& ocsp_url,
                            base::Time now) {
  Identity identity{NewP256Key(), nullptr};
  const auto name = TestName(role.common_name);
  CertificatePlan plan{name.get(), identity.key.get(), now - std::chrono::hours{24},
                       now + role.life, role.extensions};
  if (role.has_ocsp)
    for (const Extension& extension : OcspAccess(ocsp_url)) plan.extensions.push_back(extension);
  const IssuerKey signer = issuer == nullptr
                               ? IssuerKey{nullptr, identity.key.get()}
                               : IssuerKey{issuer->certificate.get(), issuer->key.get()};
  identity.certificate = Build(plan, signer);
  if (identity.certificate) return identity;
  ERR_clear_error();
  return base::Error{base::ErrorCode::kInvalidInput, "request.malformed",
                     std::string("OpenSSL refuses the certificate of ") + role.common_name};
}

base::Result<Identity> ReadOrMake(const TestAuthority::Config& config, const Role& role,
                                  const Identity* issuer, base::Time now) {
  const std::filesystem::path key_path = config.folder / (std::string(role.file) + ".key.pem");
  const std::filesystem::path certificate_path = config.folder / (std::string(role.file) + ".der");
  std::error_code ignored;
  if (std::filesystem::exists(certificate_path, ignored)) return Read(key_path, certificate_path);
  ASSIGN_OR_RETURN(Identity identity, Make(role, issuer, config.ocsp_url, now));
  base::Bytes pem = PemOf(identity.key.get());
  const base::Status written = base::ReplaceFile(key_path, pem, kPrivate);
  base::WipeBytes(pem);
  RETURN_IF_ERROR(written);
  // The certificate last: where it stands, its key stands too.
  RETURN_IF_ERROR(
      base::ReplaceFile(certificate_path, ToDer(identity.certificate.get(), i2d_X509), kPrivate));
  return identity;
}

}  // namespace

base::Error AuthorityDamaged(const std::filesystem::path& path) {
  return {base::ErrorCode::kCorrupted, "authority.damaged", path.string() + " does not read"};
}

EvpKey NewP256Key() {
  return EvpKey(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"));
}

std::vector<Extension> OcspAccess(const std::string& url) {
  if (url.empty()) return {};
  return {{NID_info_access, "OCSP;URI:" + url}};
}

std::string PemOf(X509* certificate) {
  const MemoryBio bio{BIO_new(BIO_s_mem())};
  PEM_write_bio_X509(bio.get(), certificate);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

base::Bytes PemOf(EVP_PKEY* key) {
  const MemoryBio bio{BIO_new(BIO_s_secmem())};
  PEM_write_bio_PKCS8PrivateKey(bio.get(), key, nullptr, nullptr, 0, nullptr, nullptr);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return base::ToBytes({text, static_cast<std::size_t>(size)});
}

base::Result<TestAuthority::Keys> TestAuthority::Keys::Open(const Config& config, base::Time now) {
  std::error_code failed;
  std::filesystem::create_directories(config.folder, failed);
  if (!failed) ::chmod(config.folder.c_str(), S_IRWXU);
  Keys keys;
  ASSIGN_OR_RETURN(keys.root, ReadOrMake(config, RootRole(), nullptr, now));
  ASSIGN_OR_RETURN(keys.issuing, ReadOrMake(config, IssuingRole(), &keys.root, now));
  ASSIGN_OR_RETURN(keys.tsa, ReadOrMake(config, TsaRole(), &keys.issuing, now));
  ASSIGN_OR_RETURN(keys.ocsp, ReadOrMake(config, OcspRole(), &keys.issuing, now));
  ASSIGN_OR_RETURN(keys.tls, ReadOrMake(config, TlsRole(), nullptr, now));
  ASSIGN_OR_RETURN(keys.list_signer, ReadOrMake(config, ListSignerRole(), nullptr, now));
  return keys;
}

}  // namespace emulator
