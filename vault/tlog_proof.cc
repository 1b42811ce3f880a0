#include "vault/tlog_proof.h"

#include "base/base64.h"
#include "vault/signed_note.h"

namespace vault {
namespace {

constexpr std::string_view kFirstLine = "c2sp.org/tlog-proof@v1";
constexpr std::string_view kExtra = "extra ";
constexpr std::string_view kIndex = "index ";
constexpr std::size_t kMaxPath = 64;

std::optional<std::string_view> TakeLine(std::string_view& text) {
  const std::size_t end = text.find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view line = text.substr(0, end);
  text.remove_prefix(end + 1);
  return line;
}

// Takes the lines up to the empty one, which ends the path.
std::optional<Digests> TakePath(std::string_view& text) {
  Digests path;
  for (auto line = TakeLine(text); line; line = TakeLine(text)) {
    if (line->empty()) return path;
    const auto hash = ParseHash(*line);
    if (!hash || path.size() == kMaxPath) return std::nullopt;
    path.push_back(*hash);
  }
  return std::nullopt;
}

}  // namespace

std::string WriteTlogProof(const TlogProof& proof) {
  std::string text = std::string(kFirstLine) + "\n";
  if (!proof.extra.empty()) text += std::string(kExtra) + base::Base64Encode(proof.extra) + "\n";
  text += std::string(kIndex) + std::to_string(proof.index) + "\n";
  for (const base::Sha256Digest& hash : proof.path) text += base::Base64Encode(hash.span()) + "\n";
  return text + "\n" + proof.checkpoint;
}

std::optional<TlogProof> ParseTlogProof(std::string_view text) {
  TlogProof proof;
  if (TakeLine(text) != kFirstLine) return std::nullopt;
  auto line = TakeLine(text);
  if (line && line->starts_with(kExtra)) {
    const auto extra = base::Base64Decode(line->substr(kExtra.size()));
    if (!extra || extra->empty()) return std::nullopt;
    proof.extra = *extra;
    line = TakeLine(text);
  }
  if (!line || !line->starts_with(kIndex)) return std::nullopt;
  const auto index = ParseDecimal(line->substr(kIndex.size()));
  auto path = TakePath(text);
  if (!index || !path) return std::nullopt;
  proof.index = *index;
  proof.path = std::move(*path);
  proof.checkpoint = text;
  return proof;
}

}  // namespace vault
