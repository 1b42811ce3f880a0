// What a caller asks to have sealed, and how.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "hsm/signer.h"
#include "signing/signing_place.h"

namespace api {

// In ascending order: each includes those before it (EN 319 132-1, 6.1).
enum class SignatureLevel { kB, kT, kLT, kLTA };

// "B", "T", "LT", "LTA".
std::string_view NameOf(SignatureLevel level);
std::optional<SignatureLevel> FindLevel(std::string_view name);
// "XAdES-BASELINE-B" and so on, as reports name it.
std::string FormatName(SignatureLevel level);
std::optional<SignatureLevel> FindFormat(std::string_view format);

struct SealOrder {
  hsm::KeyLabel key;
  SignatureLevel level = SignatureLevel::kT;
  std::optional<hsm::SignatureAlgorithm> algorithm{};  // nullopt: what goes with the key.
  signing::SignatureForm form = signing::SignatureForm::kContainer;
  signing::SignerClaims claims{};
  signing::SignatureSelector countersigned{};  // For SignatureForm::kCounter.
  std::string approval{};                      // hsm/approval.h; empty: none.
  std::optional<SignatureLevel> later{};       // What it is to become; approvals name this.
};

// The level that an approval names.
std::string_view LevelToBe(const SealOrder& order);

// What an approval calls an item: what one signature covers.
base::Sha256Digest ItemDigestOf(const std::vector<signing::DocumentDigest>& documents);

// Borrows the bytes.
struct DocumentsToSeal {
  base::ByteSpan document{};  // A container, signed or not; XML; anything to be enveloped.
  std::string media_type{};   // Of what is enveloped.
  std::vector<signing::DocumentDigest> digests{};  // Instead: the documents stay with their owner.
};

}  // namespace api
