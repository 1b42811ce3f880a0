// A vault with documents, keys that nobody can open and a set of backups, for tests of vault.
#pragma once

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/note_signer.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/backup.h"

namespace tests {

inline constexpr const char* kOldOrigin = "vault.example/one";

class BackedUpVault {
 public:
  BackedUpVault() {
    std::filesystem::create_directory(set());
    Open();
    if (!keys_->Begin(TopOf(1)).ok()) std::abort();
    AddLeaf(1, 3);
  }

  // Opens it anew, as the service does when it starts.
  void Open() {
    Close();
    ledger_ = vault::Ledger::Open(data(), kSmallLedger).value();
    segments_ = vault::Segments::Open(data()).value();
    keys_ = vault::KeyStore::Open(data(), kSmallKeys).value();
  }
  void Close() {
    keys_.reset();
    segments_.reset();
    ledger_.reset();
  }

  void AddLeaf(std::uint32_t leaf, std::size_t missing) {
    MadeLeaf made = LeafAt(leaf);
    made.nodes.erase(made.nodes.begin(), made.nodes.end() - static_cast<std::ptrdiff_t>(missing));
    if (!keys_->AddLeaf(leaf, made.nodes, made.row).ok()) std::abort();
  }

  vault::Record Store(std::string_view text, std::uint32_t slot) {
    vault::Record record = DocumentOf(client_);
    const auto written =
        segments_->Append(record.agency, record.stored_at, key_, base::AsBytes(text)).value();
    record.content = written.where;
    record.content_sha256 = written.sha256;
    record.key = {slot};
    if (!ledger_->Append(record).ok()) std::abort();
    return record;
  }

  // The slot's wrapped key goes; the top is another then.
  void Erase(std::uint32_t slot) {
    const vault::KeyTop before = keys_->Top().value().value();
    vault::KeyRow row = keys_->Rows({vault::LeafOf({slot})}).value().front();
    std::fill_n(row.row.begin() + static_cast<std::ptrdiff_t>((slot % vault::kKeyFanOut) *
                                                              vault::kWrappedKeySize),
                vault::kWrappedKeySize, std::uint8_t{0});
    const vault::UnfinishedErasure erasure{vault::RecordId::New(), before.generation,
                                           before.generation + 1};
    if (!keys_->Replace(before, TopOf(before.generation + 1), {row}, erasure).ok()) std::abort();
  }

  vault::Ledger::Checkpoint Checkpoint() const {
    const vault::TreeHead head = ledger_->Head().value();
    return {head.size, signer_.Checkpoint(head.size, head.root)};
  }
  base::Result<vault::BackupMade> BackUp() const {
    return vault::WriteBackup({*ledger_, *segments_, *keys_}, set(), Checkpoint(), now_);
  }
  base::Result<vault::BackupSummary> Verify() const {
    return vault::ReadBackup(set(), {.verifier_key = signer_.VerifierKey()}, nullptr);
  }
  std::string VerifyReason() const {
    const auto read = Verify();
    return read.ok() ? "whole" : read.error().reason;
  }

  std::filesystem::path set() const { return folder_.path() / "set"; }
  std::filesystem::path data() const { return folder_.path() / "data"; }
  std::filesystem::path part(std::uint64_t number, std::string_view name) const {
    return set() / ("0000000" + std::to_string(number)) / name;
  }

  vault::Ledger& ledger() { return *ledger_; }
  vault::Segments& segments() { return *segments_; }
  vault::KeyStore& keys() { return *keys_; }
  const NoteSigner& signer() const { return signer_; }
  const base::Secret& key() const { return key_; }
  const std::filesystem::path& folder() const { return folder_.path(); }

 private:
  const TempDir folder_;
  const NoteSigner signer_{kOldOrigin};
  const vault::ClientId client_ = vault::ClientId::New();
  const base::Secret key_{base::Bytes(32, 0x11)};
  const base::Time now_ = base::Time(std::chrono::seconds(1'795'000'500));
  std::unique_ptr<vault::Ledger> ledger_;
  std::unique_ptr<vault::Segments> segments_;
  std::unique_ptr<vault::KeyStore> keys_;
};

}  // namespace tests
