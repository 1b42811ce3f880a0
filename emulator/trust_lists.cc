#include "emulator/trust_lists.h"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>

#include "base/base64.h"
#include "base/digest.h"
#include "emulator/authority_keys.h"

namespace emulator {
namespace {

using std::chrono::days;

// All text below is written as exclusive canonicalization (RFC 3741) would write it: no empty
// tags, attributes in order, each namespace declared where its part of the tree first uses it.
// So the bytes of a part are its canonical form, and digests are over what stands here.
constexpr std::string_view kExclusive = "http://www.w3.org/2001/10/xml-exc-c14n#";
constexpr std::string_view kDs = " xmlns:ds=\"http://www.w3.org/2000/09/xmldsig#\"";
constexpr std::string_view kXades = " xmlns:xades=\"http://uri.etsi.org/01903/v1.3.2#\"";
constexpr std::string_view kSha256 = "http://www.w3.org/2001/04/xmlenc#sha256";
constexpr std::string_view kClose = "</TrustServiceStatusList>";

std::string Text(std::string_view name, std::string_view text) {
  return "<" + std::string(name) + ">" + std::string(text) + "</" + std::string(name) + ">";
}

std::string With(std::string_view name, std::string_view attributes, std::string_view inside) {
  return "<" + std::string(name) + std::string(attributes) + ">" + std::string(inside) + "</" +
         std::string(name) + ">";
}

std::string Algorithm(std::string_view uri) {
  return " Algorithm=\"" + std::string(uri) + "\"";
}

std::string DigestText(base::ByteSpan bytes) {
  return base::Base64Encode(base::Sha256(bytes).span());
}

base::Bytes DerOf(const Identity& identity) {
  return ToDer(identity.certificate.get(), i2d_X509);
}

std::string DigitalId(const Identity& identity) {
  return Text("DigitalId", Text("X509Certificate", base::Base64Encode(DerOf(identity))));
}

std::string TypeUri(bool lists) {
  return std::string("http://uri.etsi.org/TrstSvc/TrustedList/TSLType/") +
         (lists ? "EUlistofthelists" : "EUgeneric");
}

std::string Pointer(std::string_view territory, bool lists, const Identity& signer) {
  const std::string identity =
      Text("ServiceDigitalIdentities", Text("ServiceDigitalIdentity", DigitalId(signer)));
  const std::string information = Text("OtherInformation", Text("TSLType", TypeUri(lists))) +
                                  Text("OtherInformation", Text("SchemeTerritory", territory));
  return Text("OtherTSLPointer", identity + Text("AdditionalInformation", information));
}

std::string Service(std::string_view type, std::string_view name, const Identity& identity) {
  const std::string information =
      Text("ServiceTypeIdentifier", "http://uri.etsi.org/TrstSvc/Svctype/" + std::string(type)) +
      Text("ServiceName", With("Name", " xml:lang=\"en\"", name)) +
      Text("ServiceDigitalIdentity", DigitalId(identity)) +
      Text("ServiceStatus", "http://uri.etsi.org/TrstSvc/TrustedList/Svcstatus/granted") +
      Text("StatusStartingTime", "2020-01-01T00:00:00Z");
  return Text("TSPService", Text("ServiceInformation", information));
}

struct Dates {
  std::int64_t sequence;
  base::Time issued;
  base::Time next_update;
};

Dates DatesOf(TrustMode mode, base::Time day) {
  Dates dates{std::chrono::floor<days>(day.time_since_epoch()).count(), day, day + days{60}};
  if (mode == TrustMode::kOlder) --dates.sequence;
  if (mode == TrustMode::kStale) dates.issued -= days{90};
  if (mode == TrustMode::kStale) dates.next_update = day - days{30};
  return dates;
}

std::string Services(const TestAuthority::Keys& keys) {
  const std::string services = Service("CA/QC", "edocvault TEST Issuing CA", keys.issuing) +
                               Service("TSA/QTST", "edocvault TEST TSA", keys.tsa) +
                               Service("Certstatus/OCSP/QC", "edocvault TEST OCSP", keys.ocsp);
  return Text(
      "TrustServiceProvider",
      Text("TSPInformation", Text("TSPName", With("Name", " xml:lang=\"en\"", "edocvault TEST"))) +
          Text("TSPServices", services));
}

// All of the list but its last tag, which the signature stands before.
std::string Body(const TestAuthority::Keys& keys, bool lists, const Dates& dates) {
  const std::string pointers =
      lists ? Pointer("EU", true, keys.list_signer) + Pointer("LV", false, keys.list_signer) : "";
  const std::string scheme =
      Text("TSLVersionIdentifier", "5") +
      Text("TSLSequenceNumber", std::to_string(dates.sequence)) + Text("TSLType", TypeUri(lists)) +
      Text("SchemeTerritory", lists ? "EU" : "LV") + Text("PointersToOtherTSL", pointers) +
      Text("ListIssueDateTime", base::FormatTime(dates.issued)) +
      Text("NextUpdate", Text("dateTime", base::FormatTime(dates.next_update)));
  return "<TrustServiceStatusList xmlns=\"http://uri.etsi.org/02231/v2#\" Id=\"list\">" +
         Text("SchemeInformation", scheme) +
         Text("TrustServiceProviderList", lists ? "" : Services(keys));
}

std::string SignedProperties(const Identity& signer, base::Time at) {
  const std::string digest = With("ds:DigestMethod", std::string(kDs) + Algorithm(kSha256), "") +
                             With("ds:DigestValue", kDs, DigestText(DerOf(signer)));
  const std::string certificate =
      Text("xades:SigningCertificateV2", Text("xades:Cert", Text("xades:CertDigest", digest)));
  return With("xades:SignedProperties", std::string(kXades) + " Id=\"properties\"",
              Text("xades:SignedSignatureProperties",
                   Text("xades:SigningTime", base::FormatTime(at)) + certificate));
}

std::string Reference(std::string_view attributes, std::string_view transforms,
                      std::string_view covered) {
  return With("ds:Reference", attributes,
              Text("ds:Transforms", transforms) + With("ds:DigestMethod", Algorithm(kSha256), "") +
                  Text("ds:DigestValue", DigestText(base::AsBytes(covered))));
}

// XML signatures have r and s behind one another (RFC 4050), not their DER.
base::Bytes SignatureValue(EVP_PKEY* key, std::string_view text) {
  const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
  const base::ByteSpan data = base::AsBytes(text);
  base::Bytes der(128);
  std::size_t size = der.size();
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), der.data(), &size, data.data(), data.size()) != 1)
    return {};
  const unsigned char* at = der.data();
  const base::CHandle<ECDSA_SIG, ECDSA_SIG_free> value{
      d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(size))};
  base::Bytes raw(64);
  BN_bn2binpad(ECDSA_SIG_get0_r(value.get()), raw.data(), 32);
  BN_bn2binpad(ECDSA_SIG_get0_s(value.get()), raw.data() + 32, 32);
  return raw;
}

std::string Signature(const std::string& list, const Identity& signer, base::Time at) {
  const std::string properties = SignedProperties(signer, at);
  const std::string exclusive = With("ds:Transform", Algorithm(kExclusive), "");
  const std::string enveloped =
      With("ds:Transform", Algorithm("http://www.w3.org/2000/09/xmldsig#enveloped-signature"), "");
  const std::string info =
      With("ds:SignedInfo", kDs,
           With("ds:CanonicalizationMethod", Algorithm(kExclusive), "") +
               With("ds:SignatureMethod",
                    Algorithm("http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256"), "") +
               Reference(" URI=\"\"", enveloped + exclusive, list) +
               Reference(" Type=\"http://uri.etsi.org/01903#SignedProperties\" URI=\"#properties\"",
                         exclusive, properties));
  const std::string key_info =
      Text("ds:X509Data", Text("ds:X509Certificate", base::Base64Encode(DerOf(signer))));
  return With(
      "ds:Signature", std::string(kDs) + " Id=\"signature\"",
      info + Text("ds:SignatureValue", base::Base64Encode(SignatureValue(signer.key.get(), info))) +
          Text("ds:KeyInfo", key_info) +
          Text("ds:Object", With("xades:QualifyingProperties",
                                 std::string(kXades) + " Target=\"#signature\"", properties)));
}

base::Bytes Make(const TestAuthority& authority, ListKind kind, TrustMode mode, base::Time day) {
  const TestAuthority::Keys& keys = authority.keys();
  const Dates dates = DatesOf(mode, day);
  const std::string body = Body(keys, kind == ListKind::kListOfLists, dates);
  const Identity& signer = mode == TrustMode::kWrongSigner ? keys.tls : keys.list_signer;
  return base::ToBytes(body + Signature(body + std::string(kClose), signer, dates.issued) +
                       std::string(kClose));
}

}  // namespace

base::Bytes TrustLists::Get(ListKind kind, TrustMode mode) {
  const base::Time day = std::chrono::floor<days>(authority_.Now());
  const std::lock_guard lock(mutex_);
  Edition& edition = editions_[{kind, mode}];
  if (edition.bytes.empty() || edition.day != day)
    edition = {day, Make(authority_, kind, mode, day)};
  return edition.bytes;
}

}  // namespace emulator
