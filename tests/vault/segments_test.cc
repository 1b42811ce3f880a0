#include "vault/segments.h"

#include <gtest/gtest.h>

#include <fstream>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "tests/fakes/temp_dir.h"
#include "vault/segment_codec.h"

namespace vault {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kPiece = 16 * (kChunkSize + 16);

class SegmentsTest : public testing::Test {
 protected:
  void SetUp() override { Reopen(); }
  void Reopen() {
    segments_.reset();
    auto opened = Segments::Open(folder_.path() / "data");
    ASSERT_TRUE(opened.ok());
    segments_ = std::move(opened).value();
  }
  Written Store(base::ByteSpan document) {
    auto written = segments_->Append("vid", november_, key_, document);
    EXPECT_TRUE(written.ok());
    return written.value();
  }
  base::Result<base::Bytes> Load(const Written& written) const {
    return segments_->Read(written.where, written.sha256, key_);
  }
  fs::path OnlyFile() const {
    for (const auto& file : fs::directory_iterator(folder_.path() / "data" / "segments"))
      if (file.path().extension() == ".vseg") return file.path();
    return {};
  }
  static base::Bytes Content(const fs::path& file) {
    return base::ReadFile(file, std::size_t{64} << 20U).value();
  }
  static void Overwrite(const fs::path& file, const base::Bytes& content) {
    std::ofstream(file, std::ios::binary) << base::ToString(content);
  }

  tests::TempDir folder_;
  std::unique_ptr<Segments> segments_;
  const base::Secret key_{base::RandomBytes(32)};
  const base::Time november_ = *base::ParseTime("2026-11-30T23:59:59Z");
  const base::Time december_ = *base::ParseTime("2026-12-01T00:00:00Z");
};

TEST_F(SegmentsTest, ReadsBackDocumentsOfEverySizeAroundChunksAndPieces) {
  for (const std::size_t size :
       {std::size_t{0}, std::size_t{1}, kChunkSize - 1, kChunkSize, kChunkSize + 1, 2 * kChunkSize,
        kPiece - 1, kPiece, kPiece + 1, 3 * kPiece + 17}) {
    const base::Bytes document = base::RandomBytes(size);
    const Written written = Store(document);
    EXPECT_EQ(written.where.length, StoredSize(size));
    const auto read = Load(written);
    ASSERT_TRUE(read.ok()) << size;
    EXPECT_EQ(read.value(), document) << size;
  }
}

TEST_F(SegmentsTest, GivesTheHashOfTheBytesInTheFile) {
  const Written written = Store(base::RandomBytes(100'000));
  const base::Bytes file = Content(OnlyFile());
  EXPECT_EQ(written.where.offset + written.where.length, file.size());
  EXPECT_EQ(base::Sha256(base::ByteSpan(file).subspan(written.where.offset)), written.sha256);
}

TEST_F(SegmentsTest, HidesTheDocument) {
  const base::Bytes document(1000, 'a');
  Store(document);
  const std::string file = base::ToString(Content(OnlyFile()));
  EXPECT_EQ(file.find("aaaa"), std::string::npos);
}

TEST_F(SegmentsTest, NoticesEveryFlippedByte) {
  const Written written = Store(base::RandomBytes(300));
  const base::Bytes good = Content(OnlyFile());
  for (std::size_t at = written.where.offset; at < good.size(); ++at) {
    base::Bytes changed = good;
    changed[at] ^= 0x20U;
    Overwrite(OnlyFile(), changed);
    ASSERT_EQ(Load(written).error().reason, "segment.damaged") << at;
  }
  Overwrite(OnlyFile(), good);
  EXPECT_TRUE(Load(written).ok());
}

TEST_F(SegmentsTest, NoticesAFlippedBitFarInsideALongDocument) {
  const Written written = Store(base::RandomBytes(5 * kChunkSize));
  const base::Bytes good = Content(OnlyFile());
  for (std::size_t at = written.where.offset; at < good.size(); at += kChunkSize / 2) {
    base::Bytes changed = good;
    changed[at] ^= 1U;
    Overwrite(OnlyFile(), changed);
    ASSERT_EQ(Load(written).error().reason, "segment.damaged") << at;
  }
}

TEST_F(SegmentsTest, NoticesSwappedChunksEvenWhenTheHashAgrees) {
  Written written = Store(base::RandomBytes(3 * kChunkSize));
  base::Bytes file = Content(OnlyFile());
  constexpr std::size_t kSealed = kChunkSize + 16;
  const auto first = file.begin() + static_cast<std::ptrdiff_t>(written.where.offset) + 16;
  std::swap_ranges(first, first + kSealed, first + kSealed);
  Overwrite(OnlyFile(), file);
  written.sha256 = base::Sha256(base::ByteSpan(file).subspan(written.where.offset));
  EXPECT_EQ(Load(written).error().reason, "segment.damaged");
}

TEST_F(SegmentsTest, NoticesADocumentCutAtAChunkEvenWhenHashAndLengthAgree) {
  Written written = Store(base::RandomBytes(2 * kChunkSize));
  base::Bytes file = Content(OnlyFile());
  file.resize(file.size() - kChunkSize - 16);
  // The header now says one chunk less, as a forger would make it.
  base::Bytes size;
  base::AppendUint64(kChunkSize, size);
  std::ranges::copy(size, file.begin() + static_cast<std::ptrdiff_t>(written.where.offset) + 8);
  Overwrite(OnlyFile(), file);
  written.where.length = StoredSize(kChunkSize);
  written.sha256 = base::Sha256(base::ByteSpan(file).subspan(written.where.offset));
  EXPECT_EQ(Load(written).error().reason, "segment.damaged");
}

TEST_F(SegmentsTest, NoticesAnotherKeyAnotherHashAndAWrongPlace) {
  const Written written = Store(base::RandomBytes(100));
  const Written other = Store(base::RandomBytes(100));
  const auto reason = [&](const SegmentRef& where, const base::Sha256Digest& sha256) {
    return segments_->Read(where, sha256, key_).error().reason;
  };
  const base::Secret wrong_key{base::RandomBytes(32)};
  EXPECT_EQ(segments_->Read(written.where, written.sha256, wrong_key).error().reason,
            "segment.damaged");
  EXPECT_EQ(reason(written.where, other.sha256), "segment.damaged");
  EXPECT_EQ(reason(other.where, written.sha256), "segment.damaged");
  for (const SegmentRef& place :
       {SegmentRef{99, 16, written.where.length}, SegmentRef{1, ~std::uint64_t{0}, 132},
        SegmentRef{1, 16, ~std::uint64_t{0}}, SegmentRef{1, 16, 0}, SegmentRef{1, 17, 132}})
    EXPECT_EQ(reason(place, written.sha256), "segment.damaged");
}

TEST_F(SegmentsTest, NoticesAMissingFile) {
  const Written written = Store(base::RandomBytes(100));
  fs::remove(OnlyFile());
  EXPECT_EQ(Load(written).error().reason, "segment.damaged");
}

TEST_F(SegmentsTest, KeepsAFileForEachAgencyAndMonth) {
  const base::Bytes document(10);
  const auto segment = [&](const char* agency, base::Time time) {
    return segments_->Append(agency, time, key_, document).value().where.segment;
  };
  const std::uint64_t first = segment("vid", november_);
  EXPECT_EQ(segment("vid", november_), first);
  EXPECT_NE(segment("vid", december_), first);
  EXPECT_NE(segment("csdd", november_), first);
  EXPECT_EQ(segment("vid", november_), first);
}

TEST_F(SegmentsTest, GoesOnInTheSameFileWhenOpenedAgain) {
  const base::Bytes document = base::RandomBytes(1000);
  const Written before = Store(document);
  Reopen();
  const Written after = Store(document);
  EXPECT_EQ(after.where.segment, before.where.segment);
  EXPECT_EQ(after.where.offset, before.where.offset + before.where.length);
  EXPECT_EQ(Load(before).value(), document);
  EXPECT_EQ(Load(after).value(), document);
}

TEST_F(SegmentsTest, AppendsBehindGarbageThatACrashLeft) {
  const Written before = Store(base::RandomBytes(10));
  segments_.reset();
  std::ofstream(OnlyFile(), std::ios::binary | std::ios::app) << "half a document";
  Reopen();
  const base::Bytes document = base::RandomBytes(10);
  const Written after = Store(document);
  EXPECT_EQ(after.where.offset, before.where.offset + before.where.length + 15);
  EXPECT_EQ(Load(after).value(), document);
}

TEST_F(SegmentsTest, LeavesAFileAloneThatACrashLeftWithoutItsHeader) {
  segments_.reset();
  std::ofstream(folder_.path() / "data/segments/0000000001-vid-202611.vseg") << "EDV";
  Reopen();
  const base::Bytes document = base::RandomBytes(10);
  const Written written = Store(document);
  EXPECT_EQ(written.where.segment, 2U);
  EXPECT_EQ(Load(written).value(), document);
}

TEST_F(SegmentsTest, RefusesAgenciesThatAreNoFileNameOfOurs) {
  for (const char* agency : {"", "../x", "A", "a b", "a.b", "\xC4\x81"})
    EXPECT_EQ(segments_->Append(agency, november_, key_, {}).error().reason, "segment.bad-agency");
  EXPECT_EQ(segments_->Append(std::string(65, 'a'), november_, key_, {}).error().reason,
            "segment.bad-agency");
  EXPECT_TRUE(segments_->Append(std::string(64, 'a'), november_, key_, {}).ok());
}

TEST_F(SegmentsTest, RefusesKeysOfAnotherSize) {
  const base::Secret shorter{base::RandomBytes(16)};
  EXPECT_EQ(segments_->Append("vid", november_, shorter, {}).error().reason, "segment.bad-key");
}

TEST_F(SegmentsTest, KeepsASecondOpenerOut) {
  EXPECT_EQ(Segments::Open(folder_.path() / "data").error().reason, "vault.locked");
}

TEST_F(SegmentsTest, StoresForManyAtOnce) {
  constexpr int kThreads = 8;
  std::atomic<int> good{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < 10; ++i) {
        const base::Bytes document = base::RandomBytes(1 + i * 20'000);
        const auto written =
            segments_->Append(t % 2 == 0 ? "vid" : "csdd", november_, key_, document);
        if (written.ok() && Load(written.value()).value() == document) ++good;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(good, kThreads * 10);
}

// What a range reads, or nothing.
class SegmentRangeTest : public SegmentsTest {
 protected:
  base::Result<base::Bytes> Range(const Written& written, std::uint64_t offset,
                                  std::uint64_t length) const {
    base::Bytes got;
    RETURN_IF_ERROR(
        segments_->ReadRange(written.where, key_, offset, length, [&](base::ByteSpan piece) {
          EXPECT_LE(piece.size(), kChunkSize);
          base::Append(piece, got);
          return base::Ok();
        }));
    return got;
  }
  std::size_t ChunkAt(const Written& written, std::size_t number) const {
    return written.where.offset + 16 + number * (kChunkSize + 16);
  }
};

TEST_F(SegmentRangeTest, ReadsRangesAroundChunks) {
  const base::Bytes document = base::RandomBytes(3 * kChunkSize + 17);
  const Written written = Store(document);
  for (const std::size_t from : {std::size_t{0}, kChunkSize - 1, kChunkSize, 3 * kChunkSize}) {
    for (const std::size_t length : {std::size_t{0}, std::size_t{1}, kChunkSize + 1}) {
      const std::size_t most = std::min(length, document.size() - from);
      const auto first = document.begin() + static_cast<std::ptrdiff_t>(from);
      EXPECT_EQ(Range(written, from, most).value(),
                base::Bytes(first, first + static_cast<std::ptrdiff_t>(most)))
          << from << " " << length;
    }
  }
}

TEST_F(SegmentRangeTest, RefusesRangesBeyondTheEnd) {
  const Written written = Store(base::RandomBytes(100));
  EXPECT_EQ(Range(written, 100, 0).value(), base::Bytes{});
  for (const auto& [from, length] : {std::pair<std::uint64_t, std::uint64_t>{0, 101},
                                     {100, 1},
                                     {101, 0},
                                     {1, ~std::uint64_t{0}},
                                     {~std::uint64_t{0}, 2}})
    EXPECT_EQ(Range(written, from, length).error().reason, "segment.bad-range") << from;
}

TEST_F(SegmentRangeTest, OpensOnlyTheChunksThatAreAskedFor) {
  const base::Bytes document = base::RandomBytes(3 * kChunkSize);
  const Written written = Store(document);
  base::Bytes file = Content(OnlyFile());
  file[ChunkAt(written, 1)] ^= 1U;
  Overwrite(OnlyFile(), file);
  EXPECT_TRUE(Range(written, 0, kChunkSize).ok());
  EXPECT_TRUE(Range(written, 2 * kChunkSize, kChunkSize).ok());
  EXPECT_EQ(Range(written, kChunkSize - 1, 2).error().reason, "segment.damaged");
}

TEST_F(SegmentRangeTest, NoticesAChunkOfAnotherDocument) {
  const Written written = Store(base::RandomBytes(2 * kChunkSize));
  const base::Secret other_key{base::RandomBytes(32)};
  const Written other =
      segments_->Append("vid", november_, other_key, base::RandomBytes(2 * kChunkSize)).value();
  base::Bytes file = Content(OnlyFile());
  const auto at = [&](const Written& of) {
    return file.begin() + static_cast<std::ptrdiff_t>(ChunkAt(of, 0));
  };
  std::swap_ranges(at(written), at(written) + kChunkSize + 16, at(other));
  Overwrite(OnlyFile(), file);
  EXPECT_EQ(Range(written, 5, 1).error().reason, "segment.damaged");
}

TEST_F(SegmentRangeTest, NoticesAChunkFromAnotherPlaceOfItsDocument) {
  const Written written = Store(base::RandomBytes(3 * kChunkSize));
  base::Bytes file = Content(OnlyFile());
  const auto first = file.begin() + static_cast<std::ptrdiff_t>(ChunkAt(written, 0));
  std::copy_n(first + kChunkSize + 16, kChunkSize + 16, first);
  Overwrite(OnlyFile(), file);
  EXPECT_EQ(Range(written, 0, 1).error().reason, "segment.damaged");
}

TEST_F(SegmentRangeTest, NoticesThatTheLastChunkIsCutOff) {
  Written written = Store(base::RandomBytes(2 * kChunkSize));
  base::Bytes file = Content(OnlyFile());
  file.resize(ChunkAt(written, 1));
  base::Bytes size;
  base::AppendUint64(kChunkSize, size);
  std::ranges::copy(size, file.begin() + static_cast<std::ptrdiff_t>(written.where.offset) + 8);
  Overwrite(OnlyFile(), file);
  EXPECT_EQ(Range(written, 0, 1).error().reason, "segment.damaged") << "the length differs";
  written.where.length = StoredSize(kChunkSize);
  EXPECT_EQ(Range(written, 0, 1).error().reason, "segment.damaged") << "and with that mended";
}

TEST_F(SegmentsTest, HandsOnNothingOfADamagedChunkAndNeverTheLastOfADamagedDocument) {
  Written written = Store(base::RandomBytes(2 * kChunkSize));
  const base::Bytes good = Content(OnlyFile());
  std::size_t got = 0;
  const auto count = [&](base::ByteSpan piece) {
    got += piece.size();
    return base::Ok();
  };
  base::Bytes changed = good;
  changed[written.where.offset + 16] ^= 1U;
  Overwrite(OnlyFile(), changed);
  EXPECT_FALSE(segments_->ReadInto(written.where, written.sha256, key_, count).ok());
  EXPECT_EQ(got, 0U);
  Overwrite(OnlyFile(), good);
  written.sha256.bytes[0] ^= 1U;
  EXPECT_FALSE(segments_->ReadInto(written.where, written.sha256, key_, count).ok());
  EXPECT_EQ(got, kChunkSize);
}

TEST_F(SegmentsTest, StopsReadingWhenTheReaderHasGone) {
  const Written written = Store(base::RandomBytes(3 * kChunkSize));
  int calls = 0;
  const auto refuse = [&](base::ByteSpan) -> base::Status {
    ++calls;
    return base::Error{base::ErrorCode::kUnavailable, "server.unreachable", "gone"};
  };
  EXPECT_EQ(segments_->ReadInto(written.where, written.sha256, key_, refuse).error().reason,
            "server.unreachable");
  EXPECT_EQ(calls, 1);
}

class DocumentWriterTest : public SegmentsTest {
 protected:
  std::unique_ptr<DocumentWriter> Begin(std::uint64_t size) {
    return segments_->Begin("vid", november_, key_, size).value();
  }
  std::uintmax_t FileSize() const { return fs::file_size(OnlyFile()); }
};

TEST_F(DocumentWriterTest, PiecesOfAnySizeMakeTheSameBytesAsTheWhole) {
  const base::Bytes document = base::RandomBytes(2 * kPiece + 4711);
  const Written whole = Store(document);
  for (const std::size_t step : {std::size_t{1000}, kChunkSize, kChunkSize + 1, 3 * kPiece}) {
    auto writer = Begin(document.size());
    for (base::ByteSpan rest = document; !rest.empty();) {
      const std::size_t taken = std::min(step, rest.size());
      ASSERT_TRUE(writer->Put(rest.first(taken)).ok());
      rest = rest.subspan(taken);
    }
    const Written written = writer->Finish().value();
    EXPECT_EQ(written.sha256, whole.sha256) << step;
    EXPECT_EQ(Load(written).value(), document) << step;
  }
}

TEST_F(DocumentWriterTest, RefusesMoreOrLessThanWasAnnounced) {
  const base::Bytes document = base::RandomBytes(10);
  EXPECT_EQ(Begin(9)->Put(document).error().reason, "segment.bad-size");
  EXPECT_EQ(Begin(1)->Finish().error().reason, "segment.bad-size");
  auto shorter = Begin(11);
  ASSERT_TRUE(shorter->Put(document).ok());
  EXPECT_EQ(shorter->Finish().error().reason, "segment.bad-size");
  EXPECT_EQ(segments_->Begin("vid", november_, key_, ~std::uint64_t{0}).error().reason,
            "segment.bad-size");
}

TEST_F(DocumentWriterTest, ADroppedDocumentLeavesNothing) {
  const Written before = Store(base::RandomBytes(10));
  const std::uintmax_t size = FileSize();
  {
    auto writer = Begin(3 * kPiece);
    ASSERT_TRUE(writer->Put(base::RandomBytes(2 * kPiece)).ok());
    EXPECT_GT(FileSize(), size);
  }
  EXPECT_EQ(FileSize(), size);
  EXPECT_EQ(Store(base::RandomBytes(10)).where.offset, before.where.offset + before.where.length);
}

TEST_F(DocumentWriterTest, TwoAtOnceDoNotWaitForOneAnother) {
  const base::Bytes document = base::RandomBytes(2 * kPiece);
  auto slow = Begin(document.size());
  ASSERT_TRUE(slow->Put(base::ByteSpan(document).first(kPiece)).ok());
  const Written quick = Store(base::RandomBytes(100));
  ASSERT_TRUE(slow->Put(base::ByteSpan(document).subspan(kPiece)).ok());
  const Written written = slow->Finish().value();
  EXPECT_EQ(quick.where.segment, written.where.segment);
  EXPECT_EQ(quick.where.offset, written.where.offset + written.where.length);
  EXPECT_TRUE(Load(quick).ok());
  EXPECT_EQ(Load(written).value(), document);
}

TEST_F(DocumentWriterTest, OneThatFailsInTheMiddleHarmsNoNeighbour) {
  const Written before = Store(base::RandomBytes(10));
  auto failing = Begin(2 * kPiece);
  ASSERT_TRUE(failing->Put(base::RandomBytes(kPiece + 1)).ok());
  const base::Bytes document = base::RandomBytes(kPiece);
  auto neighbour = Begin(document.size());
  ASSERT_TRUE(neighbour->Put(base::ByteSpan(document).first(kPiece / 2)).ok());
  failing.reset();
  ASSERT_TRUE(neighbour->Put(base::ByteSpan(document).subspan(kPiece / 2)).ok());
  const Written written = neighbour->Finish().value();
  EXPECT_EQ(written.where.offset,
            before.where.offset + before.where.length + StoredSize(2 * kPiece))
      << "dead space lies between";
  EXPECT_EQ(Load(written).value(), document);
  EXPECT_TRUE(Load(before).ok());
  Reopen();
  EXPECT_EQ(Load(written).value(), document);
}

TEST_F(DocumentWriterTest, ALargeDocumentGetsAFileOfItsOwn) {
  const Written small = Store(base::RandomBytes(10));
  const auto large = Begin(std::uint64_t{300} << 20U);
  EXPECT_EQ(Store(base::RandomBytes(10)).where.segment, small.where.segment + 2);
}

class InlineTest : public testing::Test {
 protected:
  Record Sealed(const base::Bytes& document) const {
    const Written written = SealInline(key_, document).value();
    Record record;
    record.content = written.where;
    record.content_sha256 = written.sha256;
    record.inline_content = written.inline_content;
    return record;
  }
  base::Result<base::Bytes> Read(const Record& record, std::uint64_t offset, std::uint64_t length,
                                 const base::Secret& key) const {
    base::Bytes got;
    RETURN_IF_ERROR(ReadInline(record, key, offset, length, [&](base::ByteSpan piece) {
      base::Append(piece, got);
      return base::Ok();
    }));
    return got;
  }
  const base::Secret key_{base::RandomBytes(32)};
};

TEST_F(InlineTest, ASmallDocumentComesBackFromItsRecord) {
  for (const std::size_t size : {std::size_t{1}, std::size_t{100}, kMostInline}) {
    const base::Bytes document = base::RandomBytes(size);
    EXPECT_EQ(Read(Sealed(document), 0, size, key_).value(), document);
  }
  EXPECT_EQ(Read(Sealed({1, 2, 3, 4}), 1, 2, key_).value(), (base::Bytes{2, 3}));
  EXPECT_EQ(SealInline(key_, base::Bytes(kMostInline + 1)).error().reason, "segment.bad-size");
}

TEST_F(InlineTest, NoticesEveryFlippedByteEvenWhenTheHashAgrees) {
  const Record good = Sealed(base::RandomBytes(50));
  for (std::size_t at = 0; at < good.inline_content.size(); ++at) {
    Record changed = good;
    changed.inline_content[at] ^= 1U;
    ASSERT_EQ(Read(changed, 0, 50, key_).error().reason, "segment.damaged") << at;
    changed.content_sha256 = base::Sha256(changed.inline_content);
    ASSERT_EQ(Read(changed, 0, 50, key_).error().reason, "segment.damaged") << at;
  }
}

TEST_F(InlineTest, NoticesAnotherKeyACutAndARangeBeyondTheEnd) {
  const Record record = Sealed(base::RandomBytes(50));
  EXPECT_EQ(Read(record, 0, 50, base::Secret{base::RandomBytes(32)}).error().reason,
            "segment.damaged");
  EXPECT_EQ(Read(record, 0, 51, key_).error().reason, "segment.bad-range");
  for (const std::size_t size : {0U, 15U, 16U, 31U, 65U}) {
    Record cut = record;
    cut.inline_content.resize(size);
    cut.content_sha256 = base::Sha256(cut.inline_content);
    EXPECT_EQ(Read(cut, 0, 1, key_).error().reason, "segment.damaged") << size;
  }
}

TEST(SegmentCodecTest, SealsTheExampleOfTheFormatPage) {
  const base::Secret key{base::Bytes(32, 0x11)};
  base::Bytes stored;
  const auto write = [&](base::ByteSpan piece) {
    base::Append(piece, stored);
    return base::Ok();
  };
  DocumentSealer sealer(key, 3);
  ASSERT_TRUE(sealer.Put(base::AsBytes("abc"), write).ok());
  const base::Sha256Digest sha256 = sealer.Finish(write).value();
  EXPECT_EQ(sha256, base::Sha256(stored));
  EXPECT_EQ(base::HexEncode(stored),
            "454456444f4300010000000000000003503dcecb5ca6f0ef0f871277cade79f84a9bd2");
}

}  // namespace
}  // namespace vault
