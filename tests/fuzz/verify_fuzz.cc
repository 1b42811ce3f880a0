// Whatever comes in, the report is one of ours: it parses, agrees with its exit code, and
// without trust nothing is ever valid.
#include <cstdlib>

#include "signing/verifier.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const bool prepared = [] {
    signing::PrepareVerifier();
    return true;
  }();
  static_cast<void>(prepared);
  signing::VerifyRequest request;
  request.name = "fuzz";
  request.document = {data, size};
  request.at = base::Time{};
  const base::Json report = signing::Verify(request);
  const int exit_code = signing::ExitCodeOf(report);
  if (exit_code < 1 || exit_code > 3) std::abort();
  if ((exit_code == 3) != (report.Find("refusal")->AsObject() != nullptr)) std::abort();
  if (!base::Json::Parse(report.Dump()).ok()) std::abort();
  return 0;
}
