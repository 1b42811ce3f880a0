#include "signing/openssl_handles.h"

#include <openssl/err.h>

#include <ctime>

namespace signing {

X509Handle ParseCertificate(base::ByteSpan der) {
  const unsigned char* at = der.data();
  X509Handle certificate{d2i_X509(nullptr, &at, static_cast<long>(der.size()))};
  ERR_clear_error();
  if (at != der.data() + der.size()) return nullptr;
  return certificate;
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
