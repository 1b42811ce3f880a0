#include "trust/material.h"

#include "hardening/walls.h"
#include "signing/trust_material.h"

namespace trust {

std::vector<signing::NamedBytes> Borrow(const Files& files) {
  std::vector<signing::NamedBytes> borrowed;
  for (const File& file : files) borrowed.push_back({file.name, file.bytes});
  return borrowed;
}

base::Result<base::Json> Describe(const Files& files, base::Time at) {
  signing::PrepareVerifier();
  // All lists of the Union take about two seconds.
  const hardening::Walls walls{.cpu = std::chrono::seconds(30)};
  const auto answer = hardening::RunInWalls(
      walls, [&] { return base::ToBytes(signing::DescribeTrust(Borrow(files), at).Dump()); });
  if (answer.ok()) return base::Json::Parse(base::AsText(answer.value()));
  if (!answer.error().reason.starts_with("walls.limit-")) return answer.error();
  return base::Error{base::ErrorCode::kInvalidInput, "input.too-costly", answer.error().message};
}

}  // namespace trust
