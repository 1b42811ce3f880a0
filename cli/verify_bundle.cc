#include "cli/verify_bundle.h"

#include "base/file.h"
#include "cli/new_file.h"
#include "cli/verify_walls.h"

namespace cli {
namespace {

// Extracted evidence is bounded (signing/found_evidence.h); facts and report are as long as the
// document has signatures.
constexpr std::size_t kMaxAnswer = std::size_t{256} << 20U;

base::Result<base::Bytes> RunForAnswer(std::size_t size, const std::function<base::Bytes()>& work) {
  signing::PrepareVerifier();
  hardening::Walls walls = WallsFor(size);
  walls.result_bytes = kMaxAnswer;
  auto answer = hardening::RunInWalls(walls, work);
  if (answer.ok() || !answer.error().reason.starts_with("walls.limit-")) return answer;
  return base::Error{base::ErrorCode::kInvalidInput, "input.too-costly", answer.error().message};
}

}  // namespace

base::Result<signing::CollectedEvidence> CollectInWalls(const signing::VerifyRequest& request) {
  ASSIGN_OR_RETURN(const base::Bytes answer, RunForAnswer(InputSize(request), [&] {
                     return signing::CollectEvidence(request);
                   }));
  return signing::ReadCollected(answer);
}

base::Status KeepBundle(const std::filesystem::path& path, const signing::VerifyRequest& request,
                        const signing::CollectedEvidence& evidence) {
  return WriteNewFile(
      path, [&](const TakePiece& take) { return signing::WriteBundle(request, evidence, take); });
}

base::Result<signing::Replay> ReplayInWalls(const std::filesystem::path& path) {
  ASSIGN_OR_RETURN(const base::MappedFile file, base::MappedFile::Open(path));
  // Its members are digested before they are verified, and compared after.
  const std::size_t work = 3 * file.bytes().size();
  ASSIGN_OR_RETURN(const base::Bytes answer,
                   RunForAnswer(work, [&] { return signing::ReplayBundle(file.bytes()); }));
  return signing::ReadReplay(answer);
}

}  // namespace cli
