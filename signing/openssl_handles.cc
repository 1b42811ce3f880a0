#include "signing/openssl_handles.h"

#include <openssl/err.h>
#include <openssl/objects.h>

#include <algorithm>
#include <ctime>

#include "signing/der_reader.h"
#include "signing/subject_key.h"

namespace signing {

X509Handle ParseCertificate(base::ByteSpan der) {
  const unsigned char* at = der.data();
  X509Handle certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (at != der.data() + der.size()) return nullptr;
  return certificate;
}

// OCSPResponse ::= SEQUENCE { responseStatus ENUMERATED, [0] SEQUENCE { responseType OBJECT
// IDENTIFIER, response OCTET STRING } }: OpenSSL's own function would decode what is in it in
// the default context. What it decoded is encoded again, so that here all is DER.
OcspBasicHandle BasicResponseOf(const OCSP_RESPONSE* response) {
  constexpr std::uint8_t kStatus = 0x0A;
  constexpr std::uint8_t kResponseBytes = 0xA0;
  const base::Bytes der = ToDer<OCSP_RESPONSE>(response, i2d_OCSP_RESPONSE);
  const auto outer = DerReader(der).Take(kDerSequence);
  if (!outer) return nullptr;
  DerReader fields(*outer);
  if (!fields.Take(kStatus)) return nullptr;
  const auto bytes = fields.Take(kResponseBytes);
  const auto inner = bytes ? DerReader(*bytes).Take(kDerSequence) : std::nullopt;
  if (!inner) return nullptr;
  DerReader parts(*inner);
  const auto type = parts.Take(kDerObject);
  const auto content = parts.Take(kDerOctets);
  const ASN1_OBJECT* basic = OBJ_nid2obj(NID_id_pkix_OCSP_basic);
  if (!type || !content ||
      !std::ranges::equal(*type, base::ByteSpan(OBJ_get0_data(basic), OBJ_length(basic))))
    return nullptr;
  const unsigned char* at = content->data();
  auto* const decoded = reinterpret_cast<OCSP_BASICRESP*>(
      ASN1_item_d2i_ex(nullptr, &at, static_cast<long>(content->size()),
                       ASN1_ITEM_rptr(OCSP_BASICRESP), KeylessContext(), nullptr));
  ERR_clear_error();
  return OcspBasicHandle{decoded};
}

std::optional<base::Time> ToTime(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::chrono::year_month_day date{
      std::chrono::year(parts.tm_year + 1900),
      std::chrono::month(static_cast<unsigned>(parts.tm_mon + 1)),
      std::chrono::day(static_cast<unsigned>(parts.tm_mday))};
  if (!date.ok()) return std::nullopt;
  return std::chrono::sys_days(date) + std::chrono::hours(parts.tm_hour) +
         std::chrono::minutes(parts.tm_min) + std::chrono::seconds(parts.tm_sec);
}

}  // namespace signing
