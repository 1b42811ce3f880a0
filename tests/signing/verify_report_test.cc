#include "signing/verify_report.h"

#include <gtest/gtest.h>

namespace signing {
namespace {

void PassAll(VerifyReport& report) {
  for (std::size_t i = 0; i < kCheckCount; ++i) report.Pass(static_cast<Check>(i));
}

TEST(VerifyReportTest, ACheckThatNeverRanIsNotAPass) {
  VerifyReport report;
  EXPECT_EQ(report.Conclusion().indication, Indication::kIndeterminate);
}

TEST(VerifyReportTest, PassesOnlyWhenEveryCheckPassed) {
  for (std::size_t skipped = 0; skipped < kCheckCount; ++skipped) {
    VerifyReport report;
    for (std::size_t i = 0; i < kCheckCount; ++i)
      if (i != skipped) report.Pass(static_cast<Check>(i));
    EXPECT_EQ(report.Conclusion().indication, Indication::kIndeterminate) << skipped;
    EXPECT_FALSE(report.Conclusion().sub_indication.empty()) << skipped;
  }
  VerifyReport report;
  PassAll(report);
  EXPECT_EQ(report.Conclusion().indication, Indication::kPassed);
}

TEST(VerifyReportTest, ALaterPassDoesNotMendAFailure) {
  VerifyReport report;
  report.Record(Check::kFormat, Indication::kFailed, "FORMAT_FAILURE", {});
  PassAll(report);
  EXPECT_EQ(report.Conclusion().sub_indication, "FORMAT_FAILURE");
}

TEST(VerifyReportTest, AFailureAfterAPassStands) {
  VerifyReport report;
  PassAll(report);
  report.Record(Check::kDataIntact, Indication::kFailed, "HASH_FAILURE", {});
  EXPECT_EQ(report.Conclusion().sub_indication, "HASH_FAILURE");
}

TEST(VerifyReportTest, TheFirstFailureInOrderDecides) {
  VerifyReport report;
  PassAll(report);
  report.Record(Check::kSignatureValue, Indication::kFailed, "SIG_CRYPTO_FAILURE", {});
  report.Record(Check::kSigningCertificate, Indication::kIndeterminate,
                "NO_SIGNING_CERTIFICATE_FOUND", {});
  EXPECT_EQ(report.Conclusion().sub_indication, "NO_SIGNING_CERTIFICATE_FOUND");
}

TEST(VerifyReportTest, MissingDataDoesNotHideAWrongValue) {
  VerifyReport report;
  PassAll(report);
  report.Record(Check::kDataFound, Indication::kIndeterminate, "SIGNED_DATA_NOT_FOUND", {});
  EXPECT_EQ(report.Conclusion().sub_indication, "SIGNED_DATA_NOT_FOUND");
  report.Record(Check::kSignatureValue, Indication::kFailed, "SIG_CRYPTO_FAILURE", {});
  EXPECT_EQ(report.Conclusion().sub_indication, "SIG_CRYPTO_FAILURE");
}

}  // namespace
}  // namespace signing
