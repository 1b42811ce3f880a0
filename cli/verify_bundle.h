// The ways of `verify` that keep what a verdict rests on: facts, evidence bundles, replays.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "signing/evidence_bundle.h"

namespace cli {

// Verifies behind the walls and brings out everything found.
//
// Errors: those of signing::ReadCollected() and hardening::RunInWalls(), with kInvalidInput
// "input.too-costly" where a limit of the walls was passed: then there is nothing to keep.
base::Result<signing::CollectedEvidence> CollectInWalls(const signing::VerifyRequest& request);

// Errors: those of signing::WriteBundle() and WriteNewFile().
base::Status KeepBundle(const std::filesystem::path& path, const signing::VerifyRequest& request,
                        const signing::CollectedEvidence& evidence);

// Errors: those of base::MappedFile::Open(), signing::ReadReplay() and of the walls as above.
base::Result<signing::Replay> ReplayInWalls(const std::filesystem::path& path);

}  // namespace cli
