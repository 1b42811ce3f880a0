// WarmUp: what the libraries fetch at first use is fetched now.
//
// OpenSSL builds its decoders and algorithms, Xerces-C and zlib their tables, at the first
// document that needs them. A process that is forked for each document would pay that for each.
#include <openssl/cms.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/rsa.h>
#include <openssl/ts.h>
#include <openssl/x509v3.h>

#include <array>
#include <chrono>
#include <string>

#include "base/base64.h"
#include "signing/container_writer.h"
#include "signing/extender.h"
#include "signing/openssl_handles.h"
#include "signing/revocation.h"
#include "signing/signature_value.h"
#include "signing/signing_place.h"
#include "signing/throwaway_identity.h"
#include "signing/timestamp_token.h"
#include "signing/unsigned_properties.h"
#include "signing/verifier.h"
#include "signing/xades_writer.h"

namespace signing {
namespace {

using Identity = ThrowawayIdentity;
using Cms = base::CHandle<CMS_ContentInfo, CMS_ContentInfo_free>;
using Imprint = base::CHandle<TS_MSG_IMPRINT, TS_MSG_IMPRINT_free>;
using TstInfo = base::CHandle<TS_TST_INFO, TS_TST_INFO_free>;
using Algorithm = base::CHandle<X509_ALGOR, X509_ALGOR_free>;
using Object = base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free>;
using Integer = base::CHandle<ASN1_INTEGER, ASN1_INTEGER_free>;
using Time = base::CHandle<ASN1_GENERALIZEDTIME, ASN1_GENERALIZEDTIME_free>;
using Bio = base::CHandle<BIO, BIO_free>;

base::Bytes OcspOf(const Identity& identity) {
  const OcspBasicHandle basic{OCSP_BASICRESP_new()};
  const OcspCertIdHandle id{
      OCSP_cert_to_id(EVP_sha1(), identity.certificate.get(), identity.certificate.get())};
  const Time now{ASN1_GENERALIZEDTIME_set(nullptr, 0)};
  OCSP_basic_add1_status(basic.get(), id.get(), V_OCSP_CERTSTATUS_GOOD, 0, nullptr, now.get(),
                         now.get());
  OCSP_basic_sign(basic.get(), identity.certificate.get(), identity.key.get(), EVP_sha256(),
                  nullptr, 0);
  const OcspResponseHandle response{
      OCSP_response_create(OCSP_RESPONSE_STATUS_SUCCESSFUL, basic.get())};
  return ToDer<OCSP_RESPONSE>(response.get(), i2d_OCSP_RESPONSE);
}

base::Bytes TstInfoOver(const base::Sha256Digest& digest) {
  const TstInfo info{TS_TST_INFO_new()};
  const Imprint imprint{TS_MSG_IMPRINT_new()};
  const Algorithm algorithm{X509_ALGOR_new()};
  const Object policy{OBJ_txt2obj("1.2.3.4", 1)};
  const Integer serial{ASN1_INTEGER_new()};
  const Time now{ASN1_GENERALIZEDTIME_set(nullptr, 0)};
  base::Bytes bytes(digest.bytes.begin(), digest.bytes.end());  // OpenSSL wants to write to it.
  X509_ALGOR_set_md(algorithm.get(), EVP_sha256());
  TS_MSG_IMPRINT_set_algo(imprint.get(), algorithm.get());
  TS_MSG_IMPRINT_set_msg(imprint.get(), bytes.data(), static_cast<int>(bytes.size()));
  TS_TST_INFO_set_version(info.get(), 1);
  TS_TST_INFO_set_policy_id(info.get(), policy.get());
  TS_TST_INFO_set_msg_imprint(info.get(), imprint.get());
  TS_TST_INFO_set_serial(info.get(), serial.get());
  TS_TST_INFO_set_time(info.get(), now.get());
  return ToDer<TS_TST_INFO>(info.get(), i2d_TS_TST_INFO);
}

base::Bytes TokenOf(const Identity& identity, const base::Sha256Digest& digest) {
  const base::Bytes info = TstInfoOver(digest);
  const Bio content{BIO_new_mem_buf(info.data(), static_cast<int>(info.size()))};
  constexpr unsigned int kFlags = CMS_PARTIAL | CMS_BINARY | CMS_CADES;
  const Cms cms{CMS_sign(nullptr, nullptr, nullptr, nullptr, kFlags)};
  const Object type{OBJ_nid2obj(NID_id_smime_ct_TSTInfo)};
  if (!cms || CMS_set1_eContentType(cms.get(), type.get()) != 1 ||
      CMS_add1_signer(cms.get(), identity.certificate.get(), identity.key.get(), EVP_sha256(),
                      kFlags) == nullptr ||
      CMS_final(cms.get(), content.get(), nullptr, kFlags) != 1)
    return {};
  return ToDer<CMS_ContentInfo>(cms.get(), i2d_CMS_ContentInfo);
}

// A container with a signature of all parts, whose value is wrong: checking costs the same.
base::Bytes ContainerOf(const Identity& identity) {
  const std::string content(std::size_t{64} * 1024, 'w');
  const auto prepared = PrepareSignature(
      {.id = "S1",
       .signing_time = {},
       .documents = {{"warm-up.txt", "text/plain", base::Sha256(base::AsBytes(content))}},
       .certificate = identity.der});
  if (!prepared.ok()) return {};
  hsm::Seal seal;
  seal.signed_info =
      R"(<ds:SignedInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:CanonicalizationMethod )"
      R"(Algorithm="http://www.w3.org/2001/10/xml-exc-c14n#"></ds:CanonicalizationMethod>)"
      R"(<ds:SignatureMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#ecdsa-sha256">)"
      R"(</ds:SignatureMethod>)";
  for (const hsm::Reference& reference : prepared.value().references)
    seal.signed_info += R"(<ds:Reference URI=")" + reference.uri +
                        R"("><ds:DigestMethod Algorithm="http://www.w3.org/2001/04/xmlenc#sha256">)"
                        R"(</ds:DigestMethod><ds:DigestValue>)" +
                        base::Base64Encode(reference.digest.span()) +
                        "</ds:DigestValue></ds:Reference>";
  seal.signed_info += "</ds:SignedInfo>";
  seal.value.assign(64, 1);
  const base::Bytes bare = base::ToBytes(WriteSignatureFile({prepared.value(), seal}));
  const auto first = Extend(
      {.name = "warm-up.xml", .document = bare, .next = NextTimestamp::kSignature, .modified = {}},
      nullptr);
  if (!first.ok() || !first.value().imprint) return {};
  std::vector<std::string> properties{
      SignatureTimestampProperty(TokenOf(identity, *first.value().imprint))};
  for (std::string& property : ValidationDataProperties({{identity.der}, {OcspOf(identity)}, {}}))
    properties.push_back(std::move(property));
  const auto whole = Extend(
      {.name = "warm-up.xml", .document = bare, .properties = properties, .modified = {}}, nullptr);
  if (!whole.ok()) return {};
  const std::string xml = base::ToString(whole.value().document);
  const auto container =
      WriteContainer({.documents = {{"warm-up.txt", "text/plain", base::AsBytes(content)}},
                      .signatures = {{"META-INF/signatures001.xml", xml}},
                      .modified = std::chrono::sys_days{std::chrono::year{2026} / 1 / 1}});
  return container.ok() ? container.value() : base::Bytes{};
}

void VerifyOnce(const Identity& identity) {
  const base::Bytes container = ContainerOf(identity);
  const PreparedTrust trust = PreparedTrust::Read({{"anchor.der", identity.der}}, {});
  for (const std::string_view policy : {"eu-qes", "eu-ades"})
    static_cast<void>(Verify({.name = "warm-up.asice",
                              .document = container,
                              .policy = std::string(policy),
                              .trust = {},
                              .prepared_trust = std::make_shared<const PreparedTrust>(trust),
                              .data = {},
                              .digests = {},
                              .at = {}}));
}

// Everything that one kind of key signs in a document.
void CheckAll(const Identity& identity) {
  const auto certificate = Certificate::Parse(identity.der);
  if (!certificate) return;
  static_cast<void>(IsIssuedBy(*certificate, *certificate));
  if (const auto response = OcspResponse::Parse(OcspOf(identity)); response.ok()) {
    static_cast<void>(response.value().Signer({*certificate}));
    static_cast<void>(response.value().About(*certificate, *certificate));
  }
  static_cast<void>(ParseTimestampToken(TokenOf(identity, {}), {*certificate}));
  const base::Bytes value(static_cast<std::size_t>(EVP_PKEY_get_size(certificate->key())), 1);
  for (const std::string_view name :
       {"rsa-sha256", "rsa-sha384", "rsa-sha512", "ecdsa-sha256", "ecdsa-sha384", "ecdsa-sha512"}) {
    const auto* algorithm =
        FindSignatureAlgorithm("http://www.w3.org/2001/04/xmldsig-more#" + std::string(name));
    if (algorithm != nullptr) CheckSignatureValue(*algorithm, certificate->key(), {}, value);
  }
}

}  // namespace

void WarmUpVerifier() {
  constexpr std::size_t kRsaBits = 2048;
  for (const char* curve : {"P-521", "P-384"})
    CheckAll(MakeThrowaway(ThrowawayKey{EVP_EC_gen(curve)}));
  CheckAll(MakeThrowaway(ThrowawayKey{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519")}));
  const Identity rsa =
      MakeThrowaway(ThrowawayKey{EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", kRsaBits)});
  CheckAll(rsa);
  EVP_PKEY_up_ref(rsa.key.get());
  CheckAll(MakeThrowaway(ThrowawayKey{rsa.key.get()}, true));
  const Identity common = MakeThrowaway(ThrowawayKey{EVP_EC_gen("P-256")});
  CheckAll(common);
  VerifyOnce(common);
  static_cast<void>(FindSigningPlace(
      {.digests = {{"warm-up.txt", "text/plain", {}}},
       .now = std::chrono::floor<std::chrono::seconds>(std::chrono::system_clock::now())}));
  ERR_clear_error();
}

}  // namespace signing
