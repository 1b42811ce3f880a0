#include "api/flow/scrub_vault.h"

#include <gtest/gtest.h>

#include <fstream>

#include "base/random.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"

namespace api {
namespace {

constexpr std::uint64_t kPlenty = std::uint64_t{1} << 30U;

class ScrubVaultTest : public testing::Test {
 protected:
  void Store(int count) {
    for (int i = 0; i < count; ++i) {
      vault::Record record = tests::DocumentOf(vault::ClientId::New());
      const auto written = segments_
                               ->Append("agency", clock_.now, base::Secret(base::RandomBytes(32)),
                                        base::RandomBytes(1000))
                               .value();
      record.content = written.where;
      record.content_sha256 = written.sha256;
      ids_.push_back(record.id);
      ASSERT_TRUE(ledger_->Append(record).ok());
    }
  }
  void FlipByteOfSegment(std::streamoff at) const {
    std::fstream file(vault::SegmentFilesOf(dir_.path()).begin()->second,
                      std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char byte = static_cast<char>(file.get() ^ 0x01);
    file.seekp(at);
    file.put(byte);
  }
  static std::int64_t Number(const base::Json& report, const char* name) {
    return report.Integer(name).value();
  }
  static std::size_t Damage(const ScrubVault& scrub) {
    return scrub.Report(base::Language::kEnglish).Find("damage")->AsArray()->size();
  }

  const tests::TempDir dir_;
  tests::FixedClock clock_;
  std::unique_ptr<vault::Ledger> ledger_ =
      vault::Ledger::Open(dir_.path(), tests::kSmallLedger).value();
  std::unique_ptr<vault::Segments> segments_ = vault::Segments::Open(dir_.path()).value();
  std::vector<vault::RecordId> ids_;
};

TEST_F(ScrubVaultTest, AnIntactVaultGetsNoEntry) {
  Store(5);
  ScrubVault scrub(*ledger_, *segments_, kPlenty, clock_);
  ASSERT_TRUE(scrub.Run().ok());
  const base::Json report = scrub.Report(base::Language::kEnglish);
  EXPECT_EQ(Number(report, "rounds"), 1);
  EXPECT_EQ(Damage(scrub), 0U);
  EXPECT_EQ(ledger_->Head().value().size, 5U);
}

TEST_F(ScrubVaultTest, ReadsNoMoreThanItsBudgetOnAverage) {
  Store(20);
  ScrubVault scrub(*ledger_, *segments_, 1500, clock_);
  for (int i = 0; i < 10; ++i) ASSERT_TRUE(scrub.Run().ok());
  const std::int64_t position = Number(scrub.Report(base::Language::kEnglish), "position");
  EXPECT_GE(position, 9);
  EXPECT_LE(position, 12);  // Some 1,300 bytes each.
}

TEST_F(ScrubVaultTest, WithoutABudgetNothingIsRead) {
  Store(1);
  ScrubVault scrub(*ledger_, *segments_, 0, clock_);
  ASSERT_TRUE(scrub.Run().ok());
  EXPECT_EQ(Number(scrub.Report(base::Language::kEnglish), "rounds"), 0);
}

TEST_F(ScrubVaultTest, ADamagedDocumentIsReportedAndPutOnRecordOnce) {
  Store(5);
  FlipByteOfSegment(100);
  for (int restart = 0; restart < 2; ++restart) {
    ScrubVault scrub(*ledger_, *segments_, kPlenty, clock_);
    ASSERT_TRUE(scrub.Run().ok());
    ASSERT_TRUE(scrub.Run().ok());
    EXPECT_EQ(Damage(scrub), 1U);
    ASSERT_EQ(ledger_->Head().value().size, 6U);
  }
  const vault::Record record = ledger_->Read({5}).value().record;
  EXPECT_EQ(record.kind, vault::RecordKind::kDamage);
  EXPECT_EQ(record.subject, ids_[0]);
  EXPECT_EQ(record.commitment.bytes.back(), 0);
}

TEST_F(ScrubVaultTest, AMissingSegmentIsDamageOfEachDocument) {
  Store(3);
  std::filesystem::remove(vault::SegmentFilesOf(dir_.path()).begin()->second);
  ScrubVault scrub(*ledger_, *segments_, kPlenty, clock_);
  ASSERT_TRUE(scrub.Run().ok());
  EXPECT_EQ(Damage(scrub), 3U);
}

}  // namespace
}  // namespace api
