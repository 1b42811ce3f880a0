// Documents that come in pieces: real ledger, segments and files, keys by a fake.
#include "api/flow/upload.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <utime.h>

#include <fstream>

#include "api/flow/find_client.h"
#include "api/flow/read_document.h"
#include "base/file.h"
#include "base/random.h"
#include "tests/fakes/fake_vault_keys.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

namespace fs = std::filesystem;

class UploadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    client_ =
        find_client_.Run({agency_, "a test reads", ""}, {.identifier = "PK:1", .create = true})
            .value();
    Restart();
  }
  // What is known in memory is gone.
  void Restart() {
    uploads_.emplace(dir_.path() / "uploads", *ledger_, *segments_, record_keys_, clock_);
  }
  UploadOrder Order(std::uint64_t size) const {
    return {.client = client_.Text(),
            .facts = {.name = "a.bin",
                      .media_type = "application/octet-stream",
                      .direction = "incoming",
                      .channel = "electronic"},
            .size = size,
            .sha256 = std::nullopt};
  }
  std::string Begin(std::uint64_t size) { return uploads_->Begin(agency_, Order(size)).value(); }
  std::uint64_t Kept(const std::string& id) { return uploads_->Look(agency_, id).value().kept; }
  base::Result<UploadProgress> Put(const std::string& id, base::ByteSpan document,
                                   std::uint64_t offset) {
    return uploads_->Append(agency_, id, offset, document.subspan(offset));
  }
  base::Result<WholeDocument> Load(const StoredDocument& stored) {
    return read_.Run({agency_, "a test reads", ""}, stored.id.Text(), "document.read");
  }
  fs::path Spool() const {
    for (const auto& file : fs::directory_iterator(dir_.path() / "uploads"))
      if (!file.path().extension().empty()) return file.path();
    return {};
  }
  std::size_t Files() const {
    const fs::directory_iterator files(dir_.path() / "uploads");
    return static_cast<std::size_t>(std::distance(begin(files), end(files)));
  }
  void Flip(std::size_t at) const {
    base::Bytes file = base::ReadFile(Spool(), std::size_t{16} << 20U).value();
    file.at(at) ^= 1U;
    std::ofstream(Spool(), std::ios::binary) << base::ToString(file);
  }
  std::uint64_t Entries() { return ledger_->Head().value().size; }

  const Caller agency_{"agency", CallerRole::kAgency, "agency", {}};
  const Caller colleague_{"colleague", CallerRole::kAgency, "agency", {}};
  const Caller stranger_{"stranger", CallerRole::kAgency, "stranger", {}};
  const tests::TempDir dir_;
  tests::FixedClock clock_;
  tests::FakeVaultKeys keys_;
  std::unique_ptr<vault::Ledger> ledger_ = vault::Ledger::Open(dir_.path(), {}).value();
  std::unique_ptr<vault::Segments> segments_ = vault::Segments::Open(dir_.path()).value();
  std::unique_ptr<vault::KeyStore> key_store_ = tests::OpenKeys(dir_.path());
  RecordKeys record_keys_{*key_store_, keys_};
  RecordAccess record_access_{*ledger_, record_keys_, clock_};
  FindClient find_client_{record_access_, *ledger_, keys_, clock_};
  ReadDocument read_{record_access_, *ledger_, *segments_, record_keys_};
  vault::ClientId client_;
  std::optional<Uploads> uploads_;
};

TEST(UploadSpoolTest, ReadsTheExampleOfTheFormatPage) {
  const tests::TempDir folder;
  const fs::path path = folder.path() / "spool";
  std::ofstream(path, std::ios::binary) << base::ToString(
      base::HexDecode("aaaaaaaaaaaaaaaaaaaaaaaa715f870bde778cf309a6f9a40bc6841bfb517a").value());
  const base::Secret key{base::Bytes(32, 0x11)};
  const auto spool = UploadSpool::Open(path, key, base::Bytes(16, 0x22), 3);
  ASSERT_TRUE(spool.ok()) << spool.error().message;
  EXPECT_EQ(spool.value().kept(), 3U);
  std::string document;
  ASSERT_TRUE(spool.value()
                  .Read([&](base::ByteSpan piece) {
                    document += base::AsText(piece);
                    return base::Ok();
                  })
                  .ok());
  EXPECT_EQ(document, "abc");
  // Of another upload it is nothing.
  EXPECT_EQ(UploadSpool::Open(path, key, base::Bytes(16, 0x23), 3).value().kept(), 0U);
}

TEST_F(UploadTest, ADocumentInPiecesBecomesAnEntryAndComesBack) {
  const base::Bytes document = base::RandomBytes(3 * kSpoolChunk + 17);
  const std::string id = Begin(document.size());
  EXPECT_EQ(Kept(id), 0U);
  const base::ByteSpan first = base::ByteSpan(document).first(kSpoolChunk + 5);
  EXPECT_EQ(uploads_->Append(agency_, id, 0, first).value().kept, kSpoolChunk) << "whole chunks";
  EXPECT_EQ(Put(id, document, kSpoolChunk).value().kept, document.size()) << "and the end";
  const auto stored = uploads_->Complete(agency_, id);
  ASSERT_TRUE(stored.ok()) << stored.error().message;
  const auto back = Load(stored.value());
  EXPECT_EQ(back.value().bytes, document);
  EXPECT_EQ(back.value().metadata.Text("name"), "a.bin");
  EXPECT_EQ(back.value().metadata.Text("sha256"), base::HexEncode(base::Sha256(document).bytes));
  EXPECT_EQ(Files(), 0U);
}

TEST_F(UploadTest, SizesAroundAChunkAreKeptWhole) {
  for (const std::uint64_t size :
       {std::uint64_t{1}, kSpoolChunk - 1, kSpoolChunk, kSpoolChunk + 1, 2 * kSpoolChunk}) {
    const base::Bytes document = base::RandomBytes(size);
    const std::string id = Begin(size);
    EXPECT_EQ(Put(id, document, 0).value().kept, size);
    Restart();
    EXPECT_EQ(Kept(id), size);
    EXPECT_EQ(Load(uploads_->Complete(agency_, id).value()).value().bytes, document) << size;
  }
}

TEST_F(UploadTest, GoesOnAfterARestartWhereItWas) {
  const base::Bytes document = base::RandomBytes(3 * kSpoolChunk);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(uploads_->Append(agency_, id, 0, base::ByteSpan(document).first(kSpoolChunk)).ok());
  Restart();
  EXPECT_EQ(Kept(id), kSpoolChunk);
  EXPECT_TRUE(Put(id, document, kSpoolChunk).ok());
  EXPECT_EQ(Load(uploads_->Complete(agency_, id).value()).value().bytes, document);
}

TEST_F(UploadTest, WhatACrashLeftHalfIsCutOffAndSentAgain) {
  const base::Bytes document = base::RandomBytes(3 * kSpoolChunk + 100);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(Put(id, document, 0).ok());
  const std::uintmax_t whole = fs::file_size(Spool());
  for (const std::uintmax_t cut : {std::uintmax_t{1}, std::uintmax_t{128}, whole / 2, whole}) {
    fs::resize_file(Spool(), whole - cut);
    Restart();
    const std::uint64_t kept = Kept(id);
    EXPECT_LT(kept, document.size());
    EXPECT_EQ(kept % kSpoolChunk, 0U);
    EXPECT_EQ(Put(id, document, kept).value().kept, document.size());
  }
  EXPECT_EQ(Load(uploads_->Complete(agency_, id).value()).value().bytes, document);
}

TEST_F(UploadTest, ATailThatWasNeverWrittenDoesNotCountAsKept) {
  const base::Bytes document = base::RandomBytes(2 * kSpoolChunk);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(uploads_->Append(agency_, id, 0, base::ByteSpan(document).first(kSpoolChunk)).ok());
  fs::resize_file(Spool(), 2 * (kSpoolChunk + 28));  // Zeros: its size came to the disk alone.
  Restart();
  EXPECT_EQ(Kept(id), kSpoolChunk);
  EXPECT_TRUE(Put(id, document, kSpoolChunk).ok());
  EXPECT_EQ(Load(uploads_->Complete(agency_, id).value()).value().bytes, document);
}

TEST_F(UploadTest, APieceThatDoesNotGoOnWhereItEndsIsRefused) {
  const base::Bytes document = base::RandomBytes(2 * kSpoolChunk);
  const std::string id = Begin(document.size());
  EXPECT_EQ(Put(id, document, 1).error().reason, "upload.other-offset");
  ASSERT_TRUE(Put(id, document, 0).ok());
  EXPECT_EQ(Put(id, document, 0).error().reason, "upload.other-offset") << "sent twice";
  EXPECT_EQ(Kept(id), document.size());
}

TEST_F(UploadTest, MoreThanWasAnnouncedIsRefusedAndNotKept) {
  const base::Bytes document = base::RandomBytes(kSpoolChunk + 1);
  const std::string id = Begin(kSpoolChunk);
  EXPECT_EQ(Put(id, document, 0).error().reason, "upload.too-long");
  EXPECT_EQ(Kept(id), 0U);
}

TEST_F(UploadTest, HalfADocumentIsNotCompleted) {
  const base::Bytes document = base::RandomBytes(2 * kSpoolChunk);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(uploads_->Append(agency_, id, 0, base::ByteSpan(document).first(kSpoolChunk)).ok());
  const std::uint64_t before = Entries();
  EXPECT_EQ(uploads_->Complete(agency_, id).error().reason, "upload.incomplete");
  EXPECT_EQ(Entries(), before);
  EXPECT_EQ(Kept(id), kSpoolChunk) << "it can still go on";
}

TEST_F(UploadTest, TheAnnouncedHashIsHeldTo) {
  const base::Bytes document = base::RandomBytes(1000);
  UploadOrder order = Order(document.size());
  order.sha256 = base::Sha256(document);
  const std::string good = uploads_->Begin(agency_, order).value();
  ASSERT_TRUE(Put(good, document, 0).ok());
  EXPECT_TRUE(uploads_->Complete(agency_, good).ok());

  order.sha256->bytes[0] ^= 1U;
  const std::string other = uploads_->Begin(agency_, order).value();
  ASSERT_TRUE(Put(other, document, 0).ok());
  const std::uint64_t before = Entries();
  EXPECT_EQ(uploads_->Complete(agency_, other).error().reason, "upload.other-hash");
  EXPECT_EQ(uploads_->Complete(agency_, other).error().reason, "upload.unknown");
  EXPECT_EQ(Entries(), before);
  EXPECT_EQ(Files(), 0U);
}

TEST_F(UploadTest, CompletedTwiceItIsOneEntryAndOneAnswer) {
  const base::Bytes document = base::RandomBytes(1000);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(Put(id, document, 0).ok());
  const StoredDocument first = uploads_->Complete(agency_, id).value();
  const base::Sha256Digest named = base::Sha256(base::AsBytes("edocvault/1 upload " + id));
  EXPECT_EQ(first.id.Text(), base::HexEncode(named.bytes).substr(0, 32));
  const std::uint64_t before = Entries();
  Restart();
  const StoredDocument again = uploads_->Complete(agency_, id).value();
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.appended.entry, first.appended.entry);
  EXPECT_EQ(again.appended.leaf_hash, first.appended.leaf_hash);
  EXPECT_EQ(Entries(), before);
  EXPECT_EQ(uploads_->Complete(stranger_, id).error().reason, "upload.unknown");
}

TEST_F(UploadTest, FilesThatACrashLeftAfterTheEntryMakeNoSecondOne) {
  const base::Bytes document = base::RandomBytes(1000);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(Put(id, document, 0).ok());
  fs::copy(dir_.path() / "uploads", dir_.path() / "left");
  const StoredDocument first = uploads_->Complete(agency_, id).value();
  fs::copy(dir_.path() / "left", dir_.path() / "uploads");
  const std::uint64_t before = Entries();
  Restart();
  EXPECT_EQ(uploads_->Complete(agency_, id).value().id, first.id);
  EXPECT_EQ(Entries(), before);
  EXPECT_EQ(Files(), 0U);
}

TEST_F(UploadTest, AFlippedBitInTheSpoolStoresNothing) {
  const base::Bytes document = base::RandomBytes(2 * kSpoolChunk);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(Put(id, document, 0).ok());
  Flip(100);
  const std::uint64_t before = Entries();
  EXPECT_EQ(uploads_->Complete(agency_, id).error().reason, "aead.mismatch");
  EXPECT_EQ(Entries(), before);
}

TEST_F(UploadTest, ChunksThatWereSwappedStoreNothing) {
  const std::string id = Begin(2 * kSpoolChunk);
  ASSERT_TRUE(Put(id, base::RandomBytes(2 * kSpoolChunk), 0).ok());
  base::Bytes file = base::ReadFile(Spool(), std::size_t{1} << 20U).value();
  const auto middle = static_cast<std::ptrdiff_t>(kSpoolChunk + 28);
  std::swap_ranges(file.begin(), file.begin() + middle, file.begin() + middle);
  std::ofstream(Spool(), std::ios::binary) << base::ToString(file);
  EXPECT_EQ(uploads_->Complete(agency_, id).error().reason, "aead.mismatch");
}

TEST_F(UploadTest, TheSameBytesSentAgainAfterALossAreSealedAnew) {
  const base::Bytes document(kSpoolChunk, 'a');
  const std::string id = Begin(2 * kSpoolChunk);
  ASSERT_TRUE(Put(id, document, 0).ok());
  const base::Bytes first = base::ReadFile(Spool(), std::size_t{1} << 20U).value();
  EXPECT_EQ(base::ToString(first).find("aaaaaaaa"), std::string::npos);
  fs::resize_file(Spool(), 10);
  Restart();
  ASSERT_TRUE(Put(id, document, 0).ok());
  const base::Bytes second = base::ReadFile(Spool(), std::size_t{1} << 20U).value();
  EXPECT_NE(base::Bytes(first.begin(), first.begin() + 12),
            base::Bytes(second.begin(), second.begin() + 12))
      << "no nonce is used twice";
}

TEST_F(UploadTest, APieceThatDoesNotFitOnTheDiskIsNotKeptAndCanComeLater) {
  const base::Bytes document = base::RandomBytes(3 * kSpoolChunk);
  const std::string id = Begin(document.size());
  ASSERT_TRUE(uploads_->Append(agency_, id, 0, base::ByteSpan(document).first(kSpoolChunk)).ok());
  const std::uintmax_t before = fs::file_size(Spool());
  ::rlimit limit{};
  ::getrlimit(RLIMIT_FSIZE, &limit);
  const ::rlimit tight{.rlim_cur = before + 1000, .rlim_max = limit.rlim_max};
  const auto old = ::signal(SIGXFSZ, SIG_IGN);
  ::setrlimit(RLIMIT_FSIZE, &tight);
  const auto refused = Put(id, document, kSpoolChunk);
  ::setrlimit(RLIMIT_FSIZE, &limit);
  ::signal(SIGXFSZ, old);
  EXPECT_EQ(refused.error().reason, "disk.full");
  EXPECT_EQ(fs::file_size(Spool()), before);
  EXPECT_EQ(Kept(id), kSpoolChunk);
  EXPECT_TRUE(Put(id, document, kSpoolChunk).ok());
  EXPECT_EQ(Load(uploads_->Complete(agency_, id).value()).value().bytes, document);
}

TEST_F(UploadTest, AnUploadOfAnotherCallerDoesNotExist) {
  const std::string id = Begin(10);
  for (const Caller& other : {colleague_, stranger_}) {
    EXPECT_EQ(uploads_->Look(other, id).error().reason, "upload.unknown");
    EXPECT_EQ(uploads_->Append(other, id, 0, base::Bytes(10)).error().reason, "upload.unknown");
    EXPECT_EQ(uploads_->Drop(other, id).error().reason, "upload.unknown");
    EXPECT_EQ(uploads_->Complete(other, id).error().reason, "upload.unknown");
  }
  EXPECT_TRUE(uploads_->Look(agency_, id).ok());
  for (const char* wrong : {"", "../../ledger", "00000000000000000000000000000000"})
    EXPECT_EQ(uploads_->Look(agency_, wrong).error().reason, "upload.unknown");
}

TEST_F(UploadTest, ADroppedOneIsGone) {
  const std::string id = Begin(10);
  EXPECT_TRUE(uploads_->Drop(agency_, id).ok());
  EXPECT_EQ(uploads_->Look(agency_, id).error().reason, "upload.unknown");
  EXPECT_EQ(Files(), 0U);
}

TEST_F(UploadTest, OneThatIsTooOldIsGone) {
  const std::string id = Begin(10);
  clock_.now += Uploads::kLife + std::chrono::seconds{1};
  EXPECT_EQ(uploads_->Look(agency_, id).error().reason, "upload.unknown");
}

TEST_F(UploadTest, OldOnesAreRemovedWhenANewOneComes) {
  static_cast<void>(Begin(10));
  for (const auto& file : fs::directory_iterator(dir_.path() / "uploads")) {
    const ::utimbuf long_ago{.actime = 1, .modtime = 1};
    ASSERT_EQ(::utime(file.path().c_str(), &long_ago), 0);
  }
  static_cast<void>(Begin(20));
  EXPECT_EQ(Files(), 2U);
}

TEST_F(UploadTest, AnAgencyThatHasItsShareIsRefusedAndOthersAreNot) {
  EXPECT_EQ(uploads_->Begin(agency_, Order(Uploads::kMostBytes + 1)).error().reason,
            "upload.bad-size");
  const std::string id = Begin(Uploads::kMostBytes - 10);
  EXPECT_EQ(uploads_->Begin(agency_, Order(11)).error().reason, "upload.too-many");
  EXPECT_TRUE(uploads_->Begin(stranger_, Order(11)).ok());
  for (std::size_t i = 1; i < Uploads::kMostWaiting; ++i)
    std::ofstream(dir_.path() / "uploads" / (id + std::to_string(i) + ".0")) << "";
  EXPECT_EQ(uploads_->Begin(agency_, Order(1)).error().reason, "upload.too-many");
}

TEST_F(UploadTest, WhatCannotBeADocumentIsRefusedAtOnce) {
  EXPECT_EQ(uploads_->Begin(agency_, Order(0)).error().reason, "document.empty");
  UploadOrder order = Order(1);
  order.facts.name = "../a";
  EXPECT_EQ(uploads_->Begin(agency_, order).error().reason, "document.bad-name");
  order = Order(1);
  order.client = vault::ClientId::New().Text();
  EXPECT_EQ(uploads_->Begin(agency_, order).error().reason, "client.unknown");
}

}  // namespace
}  // namespace api
