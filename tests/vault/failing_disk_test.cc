// A header of the C library that checks its callers would define these calls itself.
#undef _FORTIFY_SOURCE
#include "tests/fakes/failing_disk.h"

#include <gtest/gtest.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <thread>
#include <utility>

#include "base/random.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/segments.h"

namespace tests {

FailingDisk& Disk() {
  static FailingDisk disk;
  return disk;
}

namespace {

// How many of `size` bytes still fit; 0 means ENOSPC.
std::size_t Fitting(std::size_t size) {
  if (!Disk().full) return size;
  const auto room = std::max<std::int64_t>(0, Disk().room_left);
  const std::size_t fitting = std::min(size, static_cast<std::size_t>(room));
  Disk().room_left -= static_cast<std::int64_t>(fitting);
  return fitting;
}

}  // namespace
}  // namespace tests

extern "C" int fdatasync(int fd) {
  ++tests::Disk().syncs;
  if (const auto during = std::exchange(tests::Disk().during_sync, nullptr)) during();
  errno = tests::Disk().sync_error;
  return errno != 0 ? -1 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

extern "C" ssize_t pwrite(int fd, const void* data, size_t size, off_t offset) {
  const std::size_t fitting = tests::Fitting(size);
  if (fitting == 0 && size != 0) {
    errno = ENOSPC;
    return -1;
  }
  return ::syscall(SYS_pwrite64, fd, data, fitting, offset);
}

extern "C" ssize_t writev(int fd, const struct iovec* parts, int count) {
  std::size_t size = 0;
  for (int i = 0; i < count; ++i) size += parts[i].iov_len;
  if (tests::Disk().full && tests::Fitting(size) != size) {
    errno = ENOSPC;
    return -1;
  }
  return ::syscall(SYS_writev, fd, parts, count);
}

namespace vault {
namespace {

class FailingDiskTest : public testing::Test {
 protected:
  void SetUp() override {
    Reopen();
    auto opened = Segments::Open(data_);
    ASSERT_TRUE(opened.ok());
    segments_ = std::move(opened).value();
    ASSERT_TRUE(Append().ok());
  }
  ~FailingDiskTest() override { Repair(); }

  void Reopen() {
    ledger_.reset();
    keys_.reset();
    auto opened = Ledger::Open(data_, tests::kSmallLedger);
    ASSERT_TRUE(opened.ok()) << opened.error().message;
    ledger_ = std::move(opened).value();
    auto keys = KeyStore::Open(data_, tests::kSmallKeys);
    ASSERT_TRUE(keys.ok()) << keys.error().message;
    keys_ = std::move(keys).value();
  }
  base::Result<Appended> Append() { return ledger_->Append(tests::DocumentOf(client_)); }
  base::Result<Written> Store(const base::Bytes& document) {
    return segments_->Append("vid", base::Time{}, key_, document);
  }
  static void Fill(std::int64_t room_left) {
    tests::Disk().room_left = room_left;
    tests::Disk().full = true;
  }
  static void Repair() {
    tests::Disk().full = false;
    tests::Disk().sync_error = 0;
  }
  std::uintmax_t SegmentBytes() const {
    std::uintmax_t bytes = 0;
    for (const auto& file : std::filesystem::directory_iterator(data_ / "segments"))
      bytes += file.file_size();
    return bytes;
  }

  tests::TempDir folder_;
  const std::filesystem::path data_ = folder_.path() / "data";
  const ClientId client_ = ClientId::New();
  const base::Secret key_{base::RandomBytes(32)};
  std::unique_ptr<Ledger> ledger_;
  std::unique_ptr<KeyStore> keys_;
  std::unique_ptr<Segments> segments_;
};

TEST_F(FailingDiskTest, AFailedSyncIsAnUnknownOutcomeAndStopsTheLedger) {
  tests::Disk().sync_error = EIO;
  const auto appended = Append();
  EXPECT_EQ(appended.error().code, base::ErrorCode::kOutcomeUnknown);
  EXPECT_EQ(appended.error().reason, "ledger.commit");
  Repair();
  EXPECT_EQ(Append().error().reason, "ledger.stopped");
  EXPECT_TRUE(ledger_->Read({0}).ok()) << "what was committed can still be read";
  Reopen();
  const std::uint64_t size = ledger_->Head().value().size;
  EXPECT_EQ(Append().value().entry.value, size);
}

TEST_F(FailingDiskTest, AFullDiskAppendsNothingAndTheLedgerGoesOnLater) {
  const TreeHead head = ledger_->Head().value();
  Fill(0);
  EXPECT_EQ(Append().error().reason, "disk.full");
  EXPECT_EQ(ledger_->Head().value(), head);
  Repair();
  EXPECT_EQ(Append().value().entry.value, 1U);
  Reopen();
  EXPECT_EQ(ledger_->Head().value().size, 2U);
}

TEST_F(FailingDiskTest, ADiskThatFillsUpAtAnyByteLosesNoAcknowledgedEntry) {
  std::uint64_t acknowledged = 1;
  for (std::int64_t room = 0; room < 120'000; room += 4'000) {
    Fill(room);
    const auto appended = Append();
    const bool told_why = !appended.ok() && (appended.error().reason == "disk.full" ||
                                             appended.error().reason == "ledger.commit");
    EXPECT_TRUE(appended.ok() || told_why);
    if (appended.ok()) acknowledged = appended.value().entry.value + 1;
    Repair();
    Reopen();
    ASSERT_GE(ledger_->Head().value().size, acknowledged);
    acknowledged = ledger_->Head().value().size;
  }
  EXPECT_GT(acknowledged, 2U);
}

TEST_F(FailingDiskTest, AFailedSyncOfKeysIsAnUnknownOutcome) {
  tests::Disk().sync_error = EIO;
  EXPECT_EQ(keys_->Begin(tests::TopOf(1)).error().code, base::ErrorCode::kOutcomeUnknown);
  Repair();
  Reopen();
  EXPECT_TRUE(keys_->Top().ok());
}

TEST_F(FailingDiskTest, AFullDiskMakesNoLeafAndALaterOneHasTheSamePlace) {
  ASSERT_TRUE(keys_->Begin(tests::TopOf(1)).ok());
  const tests::MadeLeaf leaf = tests::LeafAt(1);
  Fill(0);
  EXPECT_EQ(keys_->AddLeaf(1, leaf.nodes, leaf.row).error().reason, "disk.full");
  Repair();
  EXPECT_EQ(keys_->Next().value().leaf, 1U);
  EXPECT_TRUE(keys_->AddLeaf(1, leaf.nodes, leaf.row).ok());
  Reopen();
  EXPECT_EQ(keys_->Next().value().leaf, 2U);
}

TEST_F(FailingDiskTest, AFailedSyncOfACheckpointStopsTheLedger) {
  tests::Disk().sync_error = EIO;
  EXPECT_EQ(ledger_->KeepCheckpoint(1, "note\n").error().reason, "ledger.commit");
  Repair();
  EXPECT_EQ(Append().error().reason, "ledger.stopped");
}

TEST_F(FailingDiskTest, ADocumentThatDoesNotFitLeavesNothingBehind) {
  const base::Bytes first(1000, 1);
  const auto kept = Store(first);
  ASSERT_TRUE(kept.ok());
  const std::uintmax_t before = SegmentBytes();
  Fill(1'500'000);
  EXPECT_EQ(Store(base::Bytes(3'000'000, 2)).error().reason, "disk.full");
  EXPECT_EQ(SegmentBytes(), before);
  Repair();
  const auto next = Store(first);
  ASSERT_TRUE(next.ok());
  EXPECT_EQ(next.value().where.offset, kept.value().where.offset + kept.value().where.length);
  EXPECT_EQ(segments_->Read(next.value().where, next.value().sha256, key_).value(), first);
}

TEST_F(FailingDiskTest, OfTwoDocumentsAtOnceOneThatDoesNotFitHarmsNotTheOther) {
  const base::Bytes small(1000, 7);
  auto large = segments_->Begin("vid", base::Time{}, key_, 8'000'000).value();
  auto other = segments_->Begin("vid", base::Time{}, key_, small.size()).value();
  ASSERT_TRUE(other->Put(small).ok());
  Fill(100'000);
  EXPECT_EQ(large->Put(base::Bytes(4'000'000, 8)).error().reason, "disk.full");
  large.reset();
  Repair();
  const auto kept = other->Finish();
  ASSERT_TRUE(kept.ok()) << kept.error().message;
  EXPECT_EQ(segments_->Read(kept.value().where, kept.value().sha256, key_).value(), small);
}

TEST_F(FailingDiskTest, ADocumentAtWorkWhenASyncFailedIsNotAcknowledged) {
  auto writer = segments_->Begin("vid", base::Time{}, key_, 3).value();
  ASSERT_TRUE(writer->Put(base::Bytes{1, 2, 3}).ok());
  tests::Disk().sync_error = EIO;
  EXPECT_EQ(Store({4}).error().reason, "disk.unwritable");
  Repair();
  EXPECT_EQ(writer->Finish().error().reason, "disk.unwritable");
}

TEST_F(FailingDiskTest, ASyncCountsOnlyForWhatWasWrittenBeforeItBegan) {
  // Its range lies below the end when the other one syncs, and its bytes do not.
  auto writer = segments_->Begin("vid", base::Time{}, key_, 3).value();
  ASSERT_TRUE(Store({4}).ok());
  ASSERT_TRUE(writer->Put(base::Bytes{1, 2, 3}).ok());
  tests::Disk().sync_error = EIO;
  EXPECT_EQ(writer->Finish().error().reason, "disk.unwritable");
}

TEST_F(FailingDiskTest, WhatIsWrittenDuringASyncWaitsForTheNext) {
  ASSERT_TRUE(Store({1}).ok());
  std::thread other;
  bool is_kept = false;
  tests::Disk().during_sync = [&] {
    const std::uintmax_t before = SegmentBytes();
    other = std::thread([&] { is_kept = Store({2}).ok(); });
    while (SegmentBytes() == before) std::this_thread::yield();
  };
  tests::Disk().syncs = 0;
  EXPECT_TRUE(Store({3}).ok());
  other.join();
  EXPECT_TRUE(is_kept);
  EXPECT_EQ(tests::Disk().syncs, 2);
}

TEST_F(FailingDiskTest, AFullDiskMakesNoNewSegment) {
  Fill(0);
  EXPECT_EQ(Store({1}).error().reason, "disk.full");
  Repair();
  EXPECT_EQ(SegmentBytes(), 0U);
  EXPECT_TRUE(Store({1}).ok());
}

TEST_F(FailingDiskTest, AfterAFailedSyncASegmentIsNotUsedAgain) {
  const auto kept = Store({1, 2, 3});
  ASSERT_TRUE(kept.ok());
  tests::Disk().sync_error = EIO;
  EXPECT_EQ(Store({4}).error().reason, "disk.unwritable");
  Repair();
  const auto next = Store({5});
  ASSERT_TRUE(next.ok());
  EXPECT_NE(next.value().where.segment, kept.value().where.segment);
  EXPECT_EQ(segments_->Read(kept.value().where, kept.value().sha256, key_).value(),
            (base::Bytes{1, 2, 3}));
}

}  // namespace
}  // namespace vault
