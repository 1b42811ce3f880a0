// vault.keys_* and vault.erase: the key tree through a keyholder with SoftHSM, beside what its
// cryptography and its bytes on disk cost alone.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <mutex>
#include <random>
#include <thread>

#include "api/flow/erase_records.h"
#include "base/aead.h"
#include "base/clock.h"
#include "base/random.h"
#include "base/unique_fd.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "tests/fakes/soft_token.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"

namespace bench {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

constexpr std::uint32_t kLeaves = 39'063;  // 10,000,128 slots.
constexpr std::size_t kErased = 1'000;     // In one erasure.

template <typename T>
T Must(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

void Must(const base::Status& status) {
  if (status.ok()) return;
  std::fprintf(stderr, "bench: %s\n", status.error().message.c_str());
  std::exit(1);
}

// A keyholder with a token of its own, reached through a door.
class Keyholder {
 public:
  Keyholder() {
    {
      tests::TokenFaces faces(token_.config());
      Must(faces.provisioner.GenerateKey(token_.config().root_key, hsm::KeyKind::kRootAes256));
    }
    config_ = token_.config();
    config_.module = SOFTHSM_MODULE;  // The shim looks for orders at each call.
    for (const hsm::KeyUse use : hsm::AllKeyUses())
      config_.keys_per_minute[std::string(hsm::NameOf(use))] = UINT32_MAX;
    base::DoorPair door = Must(base::MakeDoor());
    server_ = std::move(door.server);
    thread_ = std::jthread([this] { Must(hsm::ServeKeyholder(config_, server_)); });
    client_ = std::make_unique<hsm::KeyholderClient>(base::ChannelClient(std::move(door.caller)));
  }
  ~Keyholder() { client_.reset(); }
  hsm::KeyholderClient& client() { return *client_; }

 private:
  const tests::SoftToken token_;
  hsm::KeyholderConfig config_;
  base::UniqueFd server_;
  std::jthread thread_;
  std::unique_ptr<hsm::KeyholderClient> client_;
};

double AeadPerSecond() {
  const base::Secret key(base::RandomBytes(base::kAeadKeySize));
  const base::Bytes text = base::RandomBytes(base::kAeadKeySize);
  const base::Bytes associated(24);
  return PerSecond(1, [&] {
    static_cast<void>(
        base::AeadSeal(key, base::RandomBytes(base::kAeadNonceSize), associated, text));
  });
}

void KeyBench(const std::string& only) {
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  if (!wanted("vault.keys_made") && !wanted("vault.keys_opened")) return;
  Keyholder keyholder;
  const hsm::TopKey top = Must(keyholder.client().NewTop());
  const hsm::NewLeaf leaf = Must(keyholder.client().MakeLeaf({top, {}}, 1));
  std::vector<hsm::PlacedKey> keys;
  for (std::uint32_t i = 0; i < hsm::kFanOut; ++i) {
    const auto from = leaf.row.begin() + static_cast<std::ptrdiff_t>(i * hsm::kWrappedKeySize);
    keys.push_back({{hsm::kRecordLevel, 256 + i}, {from, from + hsm::kWrappedKeySize}});
  }
  const hsm::KeyPaths paths{top, leaf.nodes};
  const auto made = [&] {
    return 256 * PerSecond(1, [&] { Must(keyholder.client().MakeLeaf({top, {}}, 1)); });
  };
  const auto opened = [&] {
    return 256 * PerSecond(1, [&] {
             Must(keyholder.client().OpenKeys(hsm::KeyUse::kHistory, paths, keys));
           });
  };
  const Side raw{"AES-256-GCM-of-32-bytes", AeadPerSecond};
  if (wanted("vault.keys_made")) Compare("vault.keys_made", "keys/s", {"edocvault", made}, raw);
  if (wanted("vault.keys_opened"))
    Compare("vault.keys_opened", "keys/s", {"edocvault", opened}, raw);
}

// All leaves are made in memory first, where a sync costs nothing, and then copied to the disk.
void MakeTree(Keyholder& keyholder, const fs::path& data) {
  const fs::path memory = "/dev/shm/edocvault-bench-" + std::to_string(::getpid());
  fs::create_directories(memory);
  {
    const auto store = Must(vault::KeyStore::Open(memory, {}));
    Must(store->Begin(api::ToVault(Must(keyholder.client().NewTop()))));
    for (std::uint32_t leaf = 1; leaf <= kLeaves; ++leaf) {
      const vault::NextLeaf next = Must(store->Next());
      hsm::KeyPaths paths{api::ToHsm(next.top), {}};
      for (const vault::StoredKey& node : next.nodes) paths.nodes.push_back(api::ToHsm(node));
      const hsm::NewLeaf made = Must(keyholder.client().MakeLeaf(paths, next.leaf));
      std::vector<vault::StoredKey> nodes;
      for (const hsm::PlacedKey& node : made.nodes)
        nodes.push_back({{node.place.level, node.place.index}, node.wrapped});
      Must(store->AddLeaf(next.leaf, nodes, made.row));
    }
  }
  fs::copy(memory / "keys", data / "keys", fs::copy_options::recursive);
  fs::remove_all(memory);
  ::sync();
}

// The same bytes as an erasure writes, once.
double RawWrite(const fs::path& path) {
  const base::Bytes row(vault::kKeyRowSize + 512);
  const auto began = std::chrono::steady_clock::now();
  const base::UniqueFd file(::open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  for (std::size_t i = 0; i < kErased; ++i)
    if (::write(file.get(), row.data(), row.size()) < 0) std::exit(1);
  if (::fdatasync(file.get()) != 0) std::exit(1);
  return kErased / Seconds(std::chrono::steady_clock::now() - began).count();
}

void EraseBench() {
  Keyholder keyholder;
  const tests::TempDir folder;
  const auto ledger = Must(vault::Ledger::Open(folder.path(), tests::kSmallLedger));
  MakeTree(keyholder, folder.path());
  const auto store = Must(vault::KeyStore::Open(folder.path(), {}));
  const base::SystemClock clock;
  api::RecordKeys record_keys(*store, keyholder.client());
  api::EraseRecords erase(*ledger, *store, keyholder.client(), record_keys, clock);
  const api::Caller caller{"bench", api::CallerRole::kOperator, "bench", {}};

  std::mt19937 random(1);
  std::uniform_int_distribution<std::uint32_t> slots(256, kLeaves * 256 + 255);
  const auto erase_some = [&] {
    std::vector<vault::RecordId> ids;
    std::vector<std::jthread> writers;
    std::mutex mutex;
    for (int t = 0; t < 10; ++t)
      writers.emplace_back([&] {
        for (std::size_t i = 0; i < kErased / 10; ++i) {
          vault::Record record = tests::DocumentOf(vault::ClientId::New());
          const std::lock_guard lock(mutex);
          record.key = {slots(random)};
          ids.push_back(record.id);
          Must(ledger->Append(record));
        }
      });
    writers.clear();
    const auto began = std::chrono::steady_clock::now();
    const auto erased = Must(erase.Run(caller, {ids, "bench", "", {}}));
    const Seconds took = std::chrono::steady_clock::now() - began;
    if (!erased.is_complete) std::exit(1);
    std::printf("1,000 of 10,000,128 erased, one root key replaced: %.2f s\n", took.count());
    return kErased / took.count();
  };
  Compare("vault.erase", "records/s", {"edocvault", erase_some},
          {"write-of-1,000-rows+fdatasync", [&] { return RawWrite(folder.path() / "raw"); }});
}

// A hundred at a time by sixteen callers, each with a private part under a key of its own.
void BatchBench() {
  constexpr std::size_t kAtOnce = 100;
  constexpr int kCallers = 16;
  Keyholder keyholder;
  const tests::TempDir folder;
  const auto ledger = Must(vault::Ledger::Open(folder.path(), {}));
  const auto store = Must(vault::KeyStore::Open(folder.path(), {}));
  api::RecordKeys record_keys(*store, keyholder.client());
  const base::Json message = base::Json()
                                 .Set("subject", "Decision on your application of 2 November")
                                 .Set("channel", "electronic")
                                 .Set("state", "sent")
                                 .Set("case", "2026/1745");
  const auto append = [&] {
    const vault::ClientId client = vault::ClientId::New();
    std::vector<vault::Record> records(kAtOnce);
    for (vault::Record& record : records) {
      record = tests::DocumentOf(client);
      const api::NewKey key = Must(record_keys.Take());
      record.key = key.slot;
      record.sealed = api::SealMetadata(key.key, record.id, message);
    }
    Must(ledger->AppendAll(std::move(records)));
  };
  const base::UniqueFd raw{
      ::open((folder.path() / "raw").c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)};
  const base::Bytes block = base::RandomBytes(4096);
  const auto write = [&] {
    if (::write(raw.get(), block.data(), block.size()) < 0 || ::fdatasync(raw.get()) != 0)
      std::exit(1);
  };
  Compare("vault.batch_100", "messages/s",
          {"edocvault", [&] { return PerSecond(kCallers, append) * kAtOnce; }},
          {"append-4KiB+fdatasync", [&] { return PerSecond(1, write); }});
}

}  // namespace

void RunKeyBench(const std::string& only) {
  KeyBench(only);
  if (only.empty() || only == "vault.batch_100") BatchBench();
  if (only.empty() || only == "vault.erase") EraseBench();
}

}  // namespace bench
