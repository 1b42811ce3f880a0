#include "signing/certificate.h"

#include <openssl/asn1.h>
#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <mutex>
#include <utility>

#include "base/c_handle.h"
#include "signing/certificate_extensions.h"
#include "signing/certificate_store.h"
#include "signing/facts_certificate.h"
#include "signing/member_name.h"
#include "signing/subject_key.h"
#include "signing/work_budget.h"

namespace signing {
namespace {

using Bio = base::CHandle<BIO, BIO_free>;
using BigNumber = base::CHandle<BIGNUM, BN_free>;

std::string BioText(BIO* bio) {
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio, &text);
  return size <= 0 ? std::string() : std::string(text, static_cast<std::size_t>(size));
}

void FreeText(char* text) {
  OPENSSL_free(text);
}
void FreeBytes(unsigned char* bytes) {
  OPENSSL_free(bytes);
}

std::size_t CostOfRsa(const EVP_PKEY* key, std::size_t bits) {
  BIGNUM* exponent = nullptr;
  EVP_PKEY_get_bn_param(key, OSSL_PKEY_PARAM_RSA_E, &exponent);
  const BigNumber owner{exponent};
  return CostOfRsaKey(bits,
                      static_cast<std::size_t>(exponent == nullptr ? 0 : BN_num_bits(exponent)));
}

std::size_t CostOfKey(const EVP_PKEY* key) {
  const auto bits = static_cast<std::size_t>(std::max(EVP_PKEY_get_bits(key), 0));
  if (EVP_PKEY_is_a(key, "RSA") == 1 || EVP_PKEY_is_a(key, "RSA-PSS") == 1)
    return CostOfRsa(key, bits);
  if (EVP_PKEY_is_a(key, "EC") != 1) return kCostOfFastKey;
  std::array<char, 32> curve{};
  const bool named = EVP_PKEY_get_group_name(key, curve.data(), curve.size(), nullptr) == 1;
  if (named && std::string_view(curve.data()) == "prime256v1") return kCostOfFastKey;
  return CostOfEcKey(bits);
}

}  // namespace

std::optional<Certificate> Certificate::Parse(base::ByteSpan der) {
  if (const KeptCertificate kept = FindKept(der)) return *kept;
  X509* decoded = X509_new_ex(KeylessContext(), nullptr);
  const unsigned char* at = der.data();
  // Frees `decoded` and sets it to nullptr when it fails.
  if (decoded != nullptr) d2i_X509(&decoded, &at, static_cast<long>(der.size()));
  std::shared_ptr<X509> x509{decoded, X509_free};
  ERR_clear_error();
  if (!x509 || at != der.data() + der.size()) return std::nullopt;
  Certificate certificate(std::make_shared<const base::Bytes>(der.begin(), der.end()),
                          std::move(x509));
  NoteDecoded(certificate);
  return certificate;
}

std::optional<Certificate> Certificate::Share(X509* x509) {
  const int size = i2d_X509(x509, nullptr);
  if (size <= 0) return std::nullopt;
  base::Bytes der(static_cast<std::size_t>(size));
  unsigned char* at = der.data();
  i2d_X509(x509, &at);
  if (const KeptCertificate kept = FindKept(der)) return *kept;
  X509_up_ref(x509);
  return Certificate(std::make_shared<const base::Bytes>(std::move(der)), {x509, X509_free});
}

struct Certificate::Asked {
  std::once_flag cost_once;
  std::size_t cost = 0;
  std::once_flag extensions_once;
  bool extensions_sound = false;
  std::once_flag digest_once;
  base::Sha256Digest digest;
  std::once_flag subject_once;
  std::string subject;
  std::once_flag issuer_once;
  std::string issuer;
  std::once_flag description_once;
  facts::Certificate description;
};

Certificate::Certificate(std::shared_ptr<const base::Bytes> der, std::shared_ptr<X509> x509)
    : der_(std::move(der)),
      x509_(std::move(x509)),
      key_(SubjectKeyOf(x509_.get())),
      asked_(std::make_shared<Asked>()) {}

std::size_t Certificate::CostOfCheck() const {
  std::call_once(asked_->cost_once,
                 [&] { asked_->cost = key_ == nullptr ? 0 : CostOfKey(key_.get()); });
  return asked_->cost;
}

bool Certificate::HasSoundExtensions() const {
  std::call_once(asked_->extensions_once,
                 [&] { asked_->extensions_sound = ExtensionsDecode(*this); });
  return asked_->extensions_sound;
}

const base::Sha256Digest& Certificate::Sha256() const {
  std::call_once(asked_->digest_once, [&] { asked_->digest = base::Sha256(*der_); });
  return asked_->digest;
}

std::string NameText(const X509_NAME* name) {
  const Bio bio{BIO_new(BIO_s_mem())};
  constexpr unsigned long kFlags =
      XN_FLAG_RFC2253 & ~static_cast<unsigned long>(ASN1_STRFLGS_ESC_MSB);
  if (!bio || X509_NAME_print_ex(bio.get(), name, 0, kFlags) < 0) return {};
  return PrintableText(BioText(bio.get()));
}

const std::string& Certificate::SubjectText() const {
  std::call_once(asked_->subject_once,
                 [&] { asked_->subject = NameText(X509_get_subject_name(x509_.get())); });
  return asked_->subject;
}

const std::string& Certificate::IssuerText() const {
  std::call_once(asked_->issuer_once,
                 [&] { asked_->issuer = NameText(X509_get_issuer_name(x509_.get())); });
  return asked_->issuer;
}

const facts::Certificate& Certificate::Description() const {
  std::call_once(asked_->description_once,
                 [&] { asked_->description = DescribeCertificate(*this); });
  return asked_->description;
}

std::string Certificate::SubjectAttribute(int nid) const {
  const X509_NAME* name = X509_get_subject_name(x509_.get());
  const int at = X509_NAME_get_index_by_NID(name, nid, -1);
  if (at < 0) return {};
  unsigned char* text = nullptr;
  const int size =
      ASN1_STRING_to_UTF8(&text, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, at)));
  const base::CHandle<unsigned char, FreeBytes> owner{text};
  if (size < 0) return {};
  return PrintableText(base::AsText({text, static_cast<std::size_t>(size)}));
}

std::string Certificate::SerialDecimal() const {
  const BigNumber number{ASN1_INTEGER_to_BN(X509_get0_serialNumber(x509_.get()), nullptr)};
  const base::CHandle<char, FreeText> text{number ? BN_bn2dec(number.get()) : nullptr};
  return text ? text.get() : "";
}

std::optional<base::Time> Certificate::NotBefore() const {
  return TimeOf(X509_get0_notBefore(x509_.get()));
}

std::optional<base::Time> Certificate::NotAfter() const {
  return TimeOf(X509_get0_notAfter(x509_.get()));
}

std::optional<base::Time> TimeOf(const ASN1_TIME* time) {
  std::tm parts{};
  if (time == nullptr || ASN1_TIME_to_tm(time, &parts) != 1) return std::nullopt;
  const std::chrono::year_month_day day{std::chrono::year{parts.tm_year + 1900},
                                        std::chrono::month{static_cast<unsigned>(parts.tm_mon + 1)},
                                        std::chrono::day{static_cast<unsigned>(parts.tm_mday)}};
  return std::chrono::sys_days{day} + std::chrono::hours{parts.tm_hour} +
         std::chrono::minutes{parts.tm_min} + std::chrono::seconds{parts.tm_sec};
}

}  // namespace signing
