#include <openssl/err.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

#include "base/file.h"
#include "base/json.h"
#include "emulator/authority_keys.h"
#include "emulator/certificate_builder.h"
#include "emulator/emulator.h"

namespace emulator {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;
using std::chrono::years;

constexpr std::size_t kMaxRequest = std::size_t{64} * 1024;
constexpr std::size_t kMaxRegister = std::size_t{16} * 1024 * 1024;
constexpr int kMinSecurityBits = 112;  // RSA-2048, P-224 and better.

Error MalformedRequest(std::string message) {
  ERR_clear_error();
  return {ErrorCode::kInvalidInput, "request.malformed", std::move(message)};
}

// ETSI EN 319 412-3 and -2; the policy is QCP-l-qscd of EN 319 411-2.
std::vector<Extension> SealExtensions(const std::string& ocsp_url) {
  std::vector<Extension> extensions = {
      {NID_basic_constraints, "critical,CA:FALSE"},
      {NID_key_usage, "critical,digitalSignature,nonRepudiation"},
      {NID_certificate_policies, "0.4.0.194112.1.3"},
      {NID_subject_key_identifier, "hash"},
      {NID_authority_key_identifier, "keyid"},
  };
  for (const Extension& extension : OcspAccess(ocsp_url)) extensions.push_back(extension);
  return extensions;
}

// OpenSSL's configuration words are split at commas and colons, so names may hold neither.
bool IsPlainName(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-';
  };
  return !name.empty() && name.size() <= 253 && std::ranges::all_of(name, allowed);
}

std::optional<std::string> AlternativeNames(const TlsNames& names) {
  std::string list;
  const auto add = [&](std::string_view kind, const std::vector<std::string>& some) {
    return std::ranges::all_of(some, [&](const std::string& name) {
      list += (list.empty() ? "" : ",") + std::string(kind) + name;
      return IsPlainName(name);
    });
  };
  if (!add("DNS:", names.dns_names) || !add("IP:", names.ip_addresses)) return std::nullopt;
  return list;
}

using Register = std::map<std::string, std::optional<base::Time>>;  // Serial to revocation.

Json ToJson(const Register& issued) {
  Json list{Json::Array{}};
  for (const auto& [serial, revoked] : issued) {
    Json item;
    item.Set("serial", serial);
    if (revoked) item.Set("revoked", base::FormatTime(*revoked));
    list.Push(std::move(item));
  }
  return Json().Set("issued", std::move(list));
}

std::optional<Register> RegisterFrom(const Json& json) {
  const Json* const list = json.Find("issued");
  if (list == nullptr || list->AsArray() == nullptr) return std::nullopt;
  Register issued;
  for (const Json& item : *list->AsArray()) {
    const auto serial = item.Text("serial");
    if (!serial) return std::nullopt;
    const auto revoked = item.Text("revoked");
    const auto time = revoked ? base::ParseTime(*revoked) : std::nullopt;
    if (revoked && !time) return std::nullopt;
    issued[*serial] = time;
  }
  return issued;
}

}  // namespace

struct TestAuthority::State {
  State(Config authority_config, const base::Clock& authority_clock, Keys authority_keys)
      : config(std::move(authority_config)),
        clock(authority_clock),
        keys(std::move(authority_keys)) {}

  std::filesystem::path register_path() const { return config.folder / "issued.json"; }

  base::Status ReadRegister() {
    const auto bytes = base::ReadFile(register_path(), kMaxRegister);
    if (!bytes.ok() && bytes.error().code == ErrorCode::kNotFound) return base::Ok();
    const auto json = bytes.ok() ? Json::Parse(base::AsText(bytes.value())) : bytes.error();
    const auto read = json.ok() ? RegisterFrom(json.value()) : std::nullopt;
    if (!read) return AuthorityDamaged(register_path());
    issued = *read;
    return base::Ok();
  }

  // REQUIRES: the mutex is held.
  base::Status Store(Register changed) {
    RETURN_IF_ERROR(
        base::ReplaceFile(register_path(), base::AsBytes(ToJson(changed).DumpIndented()), 0600));
    issued = std::move(changed);
    return base::Ok();
  }

  Config config;
  const base::Clock& clock;
  const Keys keys;
  mutable std::mutex mutex;
  Register issued;
};

TestAuthority::TestAuthority(std::unique_ptr<State> state) : state_(std::move(state)) {}

TestAuthority::~TestAuthority() = default;

base::Result<std::unique_ptr<TestAuthority>> TestAuthority::Open(Config config,
                                                                 const base::Clock& clock) {
  ASSIGN_OR_RETURN(Keys keys, Keys::Open(config, clock.Now()));
  const std::string tsa_serial = SerialText(X509_get0_serialNumber(keys.tsa.certificate.get()));
  auto state = std::make_unique<State>(std::move(config), clock, std::move(keys));
  RETURN_IF_ERROR(state->ReadRegister());
  state->issued.try_emplace(
      SerialText(X509_get0_serialNumber(state->keys.issuing.certificate.get())), std::nullopt);
  // The issuing CA answers for its TSA too.
  state->issued.try_emplace(tsa_serial, std::nullopt);
  return std::unique_ptr<TestAuthority>(new TestAuthority(std::move(state)));
}

base::Result<IssuedSeal> TestAuthority::IssueSeal(base::ByteSpan certificate_request) {
  if (certificate_request.size() > kMaxRequest) return MalformedRequest("too large");
  const auto request = FromDer<CertificationRequest>(certificate_request, d2i_X509_REQ);
  if (!request) return MalformedRequest("not one PKCS#10 request in DER");
  const EvpKey key{X509_REQ_get_pubkey(request.get())};
  X509_NAME* const subject = X509_REQ_get_subject_name(request.get());
  if (!key || X509_NAME_entry_count(subject) == 0) return MalformedRequest("no key or subject");
  if (EVP_PKEY_get_security_bits(key.get()) < kMinSecurityBits)
    return MalformedRequest("the key is too weak");
  if (X509_REQ_verify(request.get(), key.get()) != 1) {
    ERR_clear_error();
    return Error{ErrorCode::kInvalidInput, "request.bad-signature",
                 "the request is not signed by the key it names"};
  }

  const std::lock_guard lock(state_->mutex);
  const Keys& keys = state_->keys;
  const base::Time now = Now();
  const CertificatePlan plan{subject,
                             key.get(),
                             now - std::chrono::minutes{1},
                             now + years{2},
                             SealExtensions(state_->config.ocsp_url),
                             true};
  const Certificate certificate =
      Build(plan, {keys.issuing.certificate.get(), keys.issuing.key.get()});
  if (!certificate) return MalformedRequest("OpenSSL refuses to certify it");
  Register changed = state_->issued;
  changed[SerialText(X509_get0_serialNumber(certificate.get()))] = std::nullopt;
  RETURN_IF_ERROR(state_->Store(std::move(changed)));
  return IssuedSeal{ToDer(certificate.get(), i2d_X509), {issuing_ca(), root()}};
}

base::Result<IssuedTls> TestAuthority::IssueTls(const TlsNames& names) {
  const auto subject = TestName(names.common_name);
  const auto alternatives = AlternativeNames(names);
  if (names.common_name.empty() || !subject || !alternatives)
    return MalformedRequest("a TLS name is none");
  const EvpKey key = NewP256Key();
  const base::Time now = Now();
  CertificatePlan plan{subject.get(),
                       key.get(),
                       now - std::chrono::minutes{1},
                       now + years{2},
                       {{NID_basic_constraints, "critical,CA:FALSE"},
                        {NID_key_usage, "critical,digitalSignature"},
                        {NID_ext_key_usage, names.is_server ? "serverAuth" : "clientAuth"},
                        {NID_subject_key_identifier, "hash"},
                        {NID_authority_key_identifier, "keyid"}}};
  if (!alternatives->empty()) plan.extensions.push_back({NID_subject_alt_name, *alternatives});
  const Identity& tls = state_->keys.tls;
  const Certificate certificate = Build(plan, {tls.certificate.get(), tls.key.get()});
  if (!certificate) return MalformedRequest("OpenSSL refuses a TLS name");
  return IssuedTls{base::Secret(PemOf(key.get())), PemOf(certificate.get())};
}

base::Status TestAuthority::Revoke(const std::string& serial, base::Time at) {
  const std::lock_guard lock(state_->mutex);
  Register changed = state_->issued;
  const auto found = changed.find(serial);
  if (found == changed.end())
    return Error{ErrorCode::kNotFound, "certificate.unknown", "no certificate " + serial};
  found->second = at;
  return state_->Store(std::move(changed));
}

CertificateStatus TestAuthority::StatusOf(const std::string& serial) const {
  const std::lock_guard lock(state_->mutex);
  const auto found = state_->issued.find(serial);
  if (found == state_->issued.end()) return {};
  if (!found->second) return {CertificateState::kGood, {}};
  return {CertificateState::kRevoked, *found->second};
}

namespace {

// What of the register is revoked, signed by that CA.
base::Bytes CrlOf(const Identity& ca, const Register& issued, base::Time now) {
  using Crl = base::CHandle<X509_CRL, X509_CRL_free>;
  using Asn1Time = base::CHandle<ASN1_TIME, ASN1_TIME_free>;
  using Asn1Integer = base::CHandle<ASN1_INTEGER, ASN1_INTEGER_free>;
  const auto at = [](base::Time time) {
    return Asn1Time{ASN1_TIME_set(nullptr, time.time_since_epoch().count())};
  };
  const Crl crl{X509_CRL_new()};
  X509_CRL_set_version(crl.get(), X509_CRL_VERSION_2);
  X509_CRL_set_issuer_name(crl.get(), X509_get_subject_name(ca.certificate.get()));
  X509_CRL_set1_lastUpdate(crl.get(), at(now).get());
  X509_CRL_set1_nextUpdate(crl.get(), at(now + std::chrono::hours{1}).get());
  for (const auto& [serial, revoked] : issued) {
    if (!revoked) continue;
    BIGNUM* number = nullptr;
    BN_hex2bn(&number, serial.c_str());
    const Asn1Integer value{BN_to_ASN1_INTEGER(number, nullptr)};
    BN_free(number);
    X509_REVOKED* const entry = X509_REVOKED_new();
    X509_REVOKED_set_serialNumber(entry, value.get());
    X509_REVOKED_set_revocationDate(entry, at(*revoked).get());
    X509_CRL_add0_revoked(crl.get(), entry);
  }
  const Asn1Integer number{ASN1_INTEGER_new()};
  ASN1_INTEGER_set_int64(number.get(), now.time_since_epoch().count());
  X509_CRL_add1_ext_i2d(crl.get(), NID_crl_number, number.get(), 0, 0);
  X509_CRL_sort(crl.get());
  X509_CRL_sign(crl.get(), ca.key.get(), EVP_sha256());
  return ToDer(crl.get(), i2d_X509_CRL);
}

}  // namespace

base::Bytes TestAuthority::RootCrl() const {
  return CrlOf(state_->keys.root, {}, Now());
}

base::Bytes TestAuthority::IssuingCrl() const {
  const std::lock_guard lock(state_->mutex);
  return CrlOf(state_->keys.issuing, state_->issued, Now());
}

base::Bytes TestAuthority::root() const {
  return ToDer(state_->keys.root.certificate.get(), i2d_X509);
}
base::Bytes TestAuthority::issuing_ca() const {
  return ToDer(state_->keys.issuing.certificate.get(), i2d_X509);
}
base::Bytes TestAuthority::tsa_certificate() const {
  return ToDer(state_->keys.tsa.certificate.get(), i2d_X509);
}
base::Bytes TestAuthority::ocsp_certificate() const {
  return ToDer(state_->keys.ocsp.certificate.get(), i2d_X509);
}
base::Bytes TestAuthority::list_signer_certificate() const {
  return ToDer(state_->keys.list_signer.certificate.get(), i2d_X509);
}
std::string TestAuthority::tls_root_pem() const {
  return PemOf(state_->keys.tls.certificate.get());
}

void TestAuthority::set_ocsp_url(std::string url) {
  const std::lock_guard lock(state_->mutex);
  state_->config.ocsp_url = std::move(url);
}

bool TestAuthority::has_ocsp_url() const {
  const std::lock_guard lock(state_->mutex);
  return !state_->config.ocsp_url.empty();
}

const TestAuthority::Keys& TestAuthority::keys() const {
  return state_->keys;
}

base::Time TestAuthority::Now() const {
  return state_->clock.Now();
}

std::string SerialOf(base::ByteSpan der) {
  const auto certificate = FromDer<Certificate>(der, d2i_X509);
  ERR_clear_error();
  return certificate ? SerialText(X509_get0_serialNumber(certificate.get())) : std::string();
}

}  // namespace emulator
