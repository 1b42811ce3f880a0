// How much a verification may cost.
#pragma once

#include <cstddef>

#include "hardening/walls.h"
#include "signing/verifier.h"

namespace cli {

// Bytes of everything that was handed in.
std::size_t InputSize(const signing::VerifyRequest& request);

// A few seconds for anything; fifteen at most, unless the input itself is so large that
// reading it takes longer.
hardening::Walls WallsFor(std::size_t input_size);

}  // namespace cli
