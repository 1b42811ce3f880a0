// NoteSigner: signs C2SP notes with a throw-away Ed25519 key, as the token does for real, or
// cosigns them, as a witness does.
#pragma once

#include <openssl/evp.h>

#include <cstdlib>
#include <string>

#include "base/base64.h"
#include "base/c_handle.h"
#include "base/digest.h"

namespace tests {

class NoteSigner {
 public:
  static constexpr std::uint8_t kEd25519 = 0x01;
  static constexpr std::uint8_t kCosignature = 0x04;

  explicit NoteSigner(std::string name, std::uint8_t type = kEd25519)
      : name_(std::move(name)), type_(type) {
    EVP_PKEY* raw = EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519");
    key_.reset(raw);
    std::size_t size = public_key_.size();
    if (raw == nullptr || EVP_PKEY_get_raw_public_key(raw, public_key_.data(), &size) != 1)
      std::abort();
  }

  const base::Bytes& public_key() const { return public_key_; }

  std::string VerifierKey() const {
    return name_ + "+" + base::HexEncode(KeyId()) + "+" + base::Base64Encode(TypedKey());
  }

  base::Bytes Sign(std::string_view text) const {
    const base::CHandle<EVP_MD_CTX, EVP_MD_CTX_free> context{EVP_MD_CTX_new()};
    base::Bytes signature(64);
    std::size_t size = signature.size();
    const base::ByteSpan bytes = base::AsBytes(text);
    if (EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key_.get()) != 1 ||
        EVP_DigestSign(context.get(), signature.data(), &size, bytes.data(), bytes.size()) != 1)
      std::abort();
    return signature;
  }

  // The line that goes below the note, newline included.
  std::string SignatureLine(std::string_view text) const {
    base::Bytes bytes = KeyId();
    base::Append(Sign(text), bytes);
    return "\xE2\x80\x94 " + name_ + " " + base::Base64Encode(bytes) + "\n";
  }

  // The line by which a witness says that it saw `text` at `time` (seconds since 1970).
  std::string CosignatureLine(std::string_view text, std::uint64_t time) const {
    base::Bytes bytes = KeyId();
    base::AppendUint64(time, bytes);
    base::Append(Sign("cosignature/v1\ntime " + std::to_string(time) + "\n" + std::string(text)),
                 bytes);
    return "\xE2\x80\x94 " + name_ + " " + base::Base64Encode(bytes) + "\n";
  }

  std::string Note(std::string_view text) const {
    return std::string(text) + "\n" + SignatureLine(text);
  }

  std::string Checkpoint(std::uint64_t size, const base::Sha256Digest& root) const {
    return Note(name_ + "\n" + std::to_string(size) + "\n" + base::Base64Encode(root.span()) +
                "\n");
  }

 private:
  base::Bytes TypedKey() const {
    base::Bytes typed{type_};
    base::Append(public_key_, typed);
    return typed;
  }
  base::Bytes KeyId() const {
    base::Bytes input = base::ToBytes(name_ + "\n");
    base::Append(TypedKey(), input);
    const base::Sha256Digest hash = base::Sha256(input);
    return {hash.bytes.begin(), hash.bytes.begin() + 4};
  }

  std::string name_;
  std::uint8_t type_;
  base::CHandle<EVP_PKEY, EVP_PKEY_free> key_;
  base::Bytes public_key_ = base::Bytes(32);
};

}  // namespace tests
