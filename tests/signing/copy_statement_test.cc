#include "signing/copy_statement.h"

#include <gtest/gtest.h>

#include "tests/fakes/fixed_clock.h"

namespace signing {
namespace {

TEST(CopyStatementTest, SaysNothingThatIsShownOtherwiseThanItIs) {
  const base::Time now = tests::FixedClock().now;
  const auto reason = [&](const std::string& text) {
    const auto checked = CheckCopyStatement({.original = text,
                                             .scanned_by = "A. Bērziņa",
                                             .scanned_at = now,
                                             .shelf = "LV-1",
                                             .pages = 1},
                                            now);
    return checked.ok() ? "good" : checked.error().reason;
  };
  EXPECT_EQ(reason("Līgums Nr. 7"), "good");
  // A new line, DEL, C1, and what turns the direction of writing.
  for (const char* text : {"a\nb", "a\x7F", "a\xC2\x85z",
                           "\xE2\x80\xAE"
                           "7 .rN",
                           ""})
    EXPECT_EQ(reason(text), "copy.malformed") << text;
}

}  // namespace
}  // namespace signing
