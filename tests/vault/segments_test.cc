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

TEST(SegmentCodecTest, SealsTheExampleOfTheFormatPage) {
  const base::Secret key{base::Bytes(32, 0x11)};
  base::Bytes stored;
  const auto sha256 = SealDocument(key, base::AsBytes("abc"), [&](base::ByteSpan piece) {
    base::Append(piece, stored);
    return base::Ok();
  });
  ASSERT_TRUE(sha256.ok());
  EXPECT_EQ(base::HexEncode(stored),
            "454456444f4300010000000000000003503dcecb5ca6f0ef0f871277cade79f84a9bd2");
}

}  // namespace
}  // namespace vault
