#include "hsm/certificate_request.h"

#include <libp11.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <span>

#include "base/c_handle.h"

namespace hsm {
namespace {

using base::Error;
using base::ErrorCode;

using Asn1Object = base::CHandle<ASN1_OBJECT, ASN1_OBJECT_free>;
using EvpKey = base::CHandle<EVP_PKEY, EVP_PKEY_free>;
using Request = base::CHandle<X509_REQ, X509_REQ_free>;
using Context = base::CHandle<PKCS11_CTX, PKCS11_CTX_free>;

Error LibP11Failed(ErrorCode code, std::string attempted) {
  std::array<char, 256> text{};
  ERR_error_string_n(ERR_peek_error(), text.data(), text.size());
  ERR_clear_error();
  return {code, "token.failed", std::move(attempted) + ": " + text.data()};
}

// The loaded module with its slots. Unloads, which finalises the module, when destroyed.
class LoadedToken {
 public:
  static base::Result<LoadedToken> Load(const LibP11Token& token) {
    LoadedToken loaded;
    if (!loaded.context_ || PKCS11_CTX_load(loaded.context_.get(), token.module.c_str()) != 0)
      return LibP11Failed(ErrorCode::kUnavailable, "PKCS11_CTX_load");
    loaded.is_loaded_ = true;
    if (PKCS11_enumerate_slots(loaded.context_.get(), &loaded.slots_, &loaded.count_) != 0)
      return LibP11Failed(ErrorCode::kUnavailable, "PKCS11_enumerate_slots");
    for (PKCS11_SLOT& slot : std::span(loaded.slots_, loaded.count_))
      if (slot.token != nullptr && slot.token->label != nullptr && slot.token->label == token.label)
        loaded.slot_ = &slot;
    if (loaded.slot_ != nullptr) return loaded;
    return Error{ErrorCode::kUnavailable, "token.absent",
                 "no slot holds a token labelled " + token.label};
  }

  ~LoadedToken() {
    if (slots_ != nullptr) PKCS11_release_all_slots(context_.get(), slots_, count_);
    if (is_loaded_) PKCS11_CTX_unload(context_.get());
  }
  LoadedToken(LoadedToken&& other) noexcept
      : context_(std::move(other.context_)),
        is_loaded_(std::exchange(other.is_loaded_, false)),
        slots_(std::exchange(other.slots_, nullptr)),
        count_(other.count_),
        slot_(other.slot_) {}
  LoadedToken& operator=(LoadedToken&&) = delete;

  // `pin` ends with a zero byte behind it (PinGuard::Login).
  CK_RV Login(base::ByteSpan pin) {
    ERR_clear_error();
    if (PKCS11_login(slot_, 0, reinterpret_cast<const char*>(pin.data())) == 0) return CKR_OK;
    // libp11 puts the module's code into the error queue as the reason.
    const auto rv = static_cast<CK_RV>(ERR_GET_REASON(ERR_peek_error()));
    ERR_clear_error();
    return rv == CKR_OK ? CKR_GENERAL_ERROR : rv;
  }

  // nullptr when there is none.
  EvpKey PrivateKey(std::string_view id) {
    PKCS11_KEY* keys = nullptr;
    unsigned count = 0;
    if (PKCS11_enumerate_keys(slot_->token, &keys, &count) != 0) return nullptr;
    for (PKCS11_KEY& key : std::span(keys, count))
      if (base::AsText({key.id, key.id_len}) == id) return EvpKey(PKCS11_get_private_key(&key));
    return nullptr;
  }

 private:
  LoadedToken() : context_(PKCS11_CTX_new()) {}

  Context context_;
  bool is_loaded_ = false;
  PKCS11_SLOT* slots_ = nullptr;
  unsigned count_ = 0;
  PKCS11_SLOT* slot_ = nullptr;
};

struct NamePart {
  const char* oid;
  std::string CertificateSubject::*text;
};
constexpr auto kNameParts = std::to_array<NamePart>({
    {"2.5.4.6", &CertificateSubject::country},
    {"2.5.4.10", &CertificateSubject::organization},
    {"2.5.4.97", &CertificateSubject::organization_identifier},
    {"2.5.4.3", &CertificateSubject::common_name},
});

bool AddSubject(const CertificateSubject& subject, X509_NAME* name) {
  return std::ranges::all_of(kNameParts, [&](const NamePart& part) {
    const std::string& text = subject.*part.text;
    if (text.empty()) return true;
    const Asn1Object type{OBJ_txt2obj(part.oid, 1)};
    const base::ByteSpan bytes = base::AsBytes(text);
    return type && X509_NAME_add_entry_by_OBJ(name, type.get(), MBSTRING_UTF8, bytes.data(),
                                              static_cast<int>(bytes.size()), -1, 0) == 1;
  });
}

base::Bytes ToDer(X509_REQ* request) {
  base::Bytes der(static_cast<std::size_t>(std::max(i2d_X509_REQ(request, nullptr), 0)));
  std::uint8_t* end = der.data();
  if (!der.empty()) i2d_X509_REQ(request, &end);
  return der;
}

}  // namespace

base::Status CheckSubject(const CertificateSubject& subject) {
  const auto upper = [](char c) { return c >= 'A' && c <= 'Z'; };
  const bool country = subject.country.size() == 2 && std::ranges::all_of(subject.country, upper);
  const Request scratch{X509_REQ_new()};
  // OpenSSL knows the upper bounds of X.520 and what is UTF-8.
  const bool fits = scratch && AddSubject(subject, X509_REQ_get_subject_name(scratch.get()));
  ERR_clear_error();
  if (country && fits && !subject.common_name.empty()) return base::Ok();
  return Error{ErrorCode::kInvalidInput, "subject.malformed",
               "a subject needs a common name and a country of two capital letters, in UTF-8"};
}

base::Result<base::Bytes> SignCertificateRequest(const LibP11Token& token, PinGuard& pin,
                                                 std::string_view key_id,
                                                 const CertificateSubject& subject) {
  ASSIGN_OR_RETURN(LoadedToken loaded, LoadedToken::Load(token));
  RETURN_IF_ERROR(pin.TryOnce([&](base::ByteSpan value) { return loaded.Login(value); }));
  const EvpKey key = loaded.PrivateKey(key_id);
  if (!key)
    return Error{ErrorCode::kNotFound, "key.unknown", "the token has no " + std::string(key_id)};
  const Request request{X509_REQ_new()};
  const bool signed_well = request &&
                           X509_REQ_set_version(request.get(), X509_REQ_VERSION_1) == 1 &&
                           AddSubject(subject, X509_REQ_get_subject_name(request.get())) &&
                           X509_REQ_set_pubkey(request.get(), key.get()) == 1 &&
                           X509_REQ_sign(request.get(), key.get(), EVP_sha256()) > 0;
  if (!signed_well) return LibP11Failed(ErrorCode::kUnavailable, "X509_REQ_sign");
  const EvpKey public_key{X509_REQ_get_pubkey(request.get())};
  if (!public_key || X509_REQ_verify(request.get(), public_key.get()) != 1)
    return Error{ErrorCode::kInternal, "token.bad-signature",
                 "the token's signature of the certificate request does not verify"};
  return ToDer(request.get());
}

}  // namespace hsm
