#include "cli/verify_walls.h"

#include <algorithm>

namespace cli {

std::size_t InputSize(const signing::VerifyRequest& request) {
  std::size_t size = request.document.size();
  for (const auto* list : {&request.trust, &request.data, &request.evidence_records})
    for (const signing::NamedBytes& file : *list) size += file.bytes.size();
  return size;
}

hardening::Walls WallsFor(std::size_t input_size) {
  constexpr std::size_t kBytesPerSecond = std::size_t{64} << 20U;
  constexpr std::size_t kUsualMost = 15;
  const std::size_t reading = input_size / kBytesPerSecond;
  hardening::Walls walls;
  walls.cpu = std::chrono::seconds{std::max(std::min(kUsualMost, 4 + 2 * reading), reading)};
  return walls;
}

}  // namespace cli
