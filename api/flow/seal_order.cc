#include "api/flow/seal_order.h"

#include <algorithm>
#include <array>

#include "hsm/approval.h"

namespace api {
namespace {

struct LevelName {
  SignatureLevel level;
  std::string_view name;
};
constexpr auto kLevels = std::to_array<LevelName>({
    {SignatureLevel::kB, "B"},
    {SignatureLevel::kT, "T"},
    {SignatureLevel::kLT, "LT"},
    {SignatureLevel::kLTA, "LTA"},
});
constexpr std::string_view kFormat = "XAdES-BASELINE-";

}  // namespace

std::string_view NameOf(SignatureLevel level) {
  return std::ranges::find(kLevels, level, &LevelName::level)->name;
}

std::optional<SignatureLevel> FindLevel(std::string_view name) {
  const auto row = std::ranges::find(kLevels, name, &LevelName::name);
  if (row == kLevels.end()) return std::nullopt;
  return row->level;
}

std::string FormatName(SignatureLevel level) {
  return std::string(kFormat) + std::string(NameOf(level));
}

std::optional<SignatureLevel> FindFormat(std::string_view format) {
  if (!format.starts_with(kFormat)) return std::nullopt;
  return FindLevel(format.substr(kFormat.size()));
}

std::string_view LevelToBe(const SealOrder& order) {
  return NameOf(order.later.value_or(order.level));
}

base::Sha256Digest ItemDigestOf(const std::vector<signing::DocumentDigest>& documents) {
  std::vector<hsm::NamedDigest> named;
  for (const signing::DocumentDigest& document : documents) {
    const bool has_name = document.kind == hsm::ReferenceKind::kDocument;
    named.push_back({has_name ? document.name : "", document.sha256});
  }
  return hsm::ItemDigest(named);
}

}  // namespace api
