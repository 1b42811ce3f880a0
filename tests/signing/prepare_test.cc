// Prepares the libraries once for all tests of this program, as a process does at its start.
#include <gtest/gtest.h>

#include "signing/verifier.h"

namespace signing {
namespace {

class Prepare : public testing::Environment {
 public:
  void SetUp() override { PrepareVerifier(); }
};

const auto* const kPrepare = testing::AddGlobalTestEnvironment(new Prepare);

}  // namespace
}  // namespace signing
