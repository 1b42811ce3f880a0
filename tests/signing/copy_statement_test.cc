#include "signing/copy_statement.h"

#include <gtest/gtest.h>

#include "tests/fakes/fixed_clock.h"

namespace signing {
namespace {

const base::Time kNow = tests::FixedClock().now;
const CopyTexts kGood{.original = "Līgums",
                      .scanned_by = "A. Bērziņa",
                      .scanned_at = base::FormatTime(kNow),
                      .shelf = "LV-1",
                      .pages = "1"};

std::string Outcome(const CopyTexts& texts) {
  const auto read = ReadCopyStatement(texts, kNow);
  return read.ok() ? "good" : read.error().reason;
}

TEST(CopyStatementTest, PagesAreANumberAndScanningIsOver) {
  for (const char* pages : {"0", "-1", "1 ", "", "1e3", "100001", "99999999999999999999"}) {
    CopyTexts texts = kGood;
    texts.pages = pages;
    EXPECT_EQ(Outcome(texts), "copy.malformed") << pages;
  }
  CopyTexts texts = kGood;
  texts.scanned_at = base::FormatTime(kNow + std::chrono::seconds(1));
  EXPECT_EQ(Outcome(texts), "copy.malformed");
}

TEST(CopyStatementTest, SaysNothingThatIsShownOtherwiseThanItIs) {
  const auto reason = [&](const std::string& text) {
    CopyTexts texts = kGood;
    texts.original = text;
    return Outcome(texts);
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
