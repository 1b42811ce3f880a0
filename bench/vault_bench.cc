// vault.* and history.*: the ledger beside the disk's own rate of append and fdatasync, its proofs
// and its audit beside reads and hashes.
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/random.h"
#include "base/secret.h"
#include "base/unique_fd.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "tests/fakes/note_signer.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
#include "vault/audit.h"
#include "vault/segments.h"

namespace bench {
namespace {

template <typename T>
T Must(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

// Appends `size` bytes to a file and syncs them.
class RawFile {
 public:
  RawFile(const std::filesystem::path& path, std::size_t size)
      : fd_(::open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)),
        block_(base::RandomBytes(size)) {}
  void Append() const {
    if (::write(fd_.get(), block_.data(), block_.size()) != static_cast<ssize_t>(block_.size()) ||
        ::fdatasync(fd_.get()) != 0)
      std::exit(1);
  }

 private:
  const base::UniqueFd fd_;
  const base::Bytes block_;
};

void AppendBench(const std::string& name, int threads) {
  const tests::TempDir folder;
  const auto ledger = Must(vault::Ledger::Open(folder.path(), {}));
  const RawFile raw(folder.path() / "raw", 4096);
  const vault::ClientId client = vault::ClientId::New();
  const auto append = [&] { Must(ledger->Append(tests::DocumentOf(client))); };
  Compare(name, "entries/s", {"edocvault", [&] { return PerSecond(threads, append); }},
          {"append-4KiB+fdatasync", [&] { return PerSecond(1, [&] { raw.Append(); }); }});
}

void StreamBench() {
  constexpr std::size_t kSize = std::size_t{8} << 20U;
  const tests::TempDir folder;
  const auto segments = Must(vault::Segments::Open(folder.path()));
  const RawFile raw(folder.path() / "raw", kSize);
  const base::Secret key(base::RandomBytes(32));
  const base::Bytes document = base::RandomBytes(kSize);
  const auto now = base::SystemClock().Now();
  const auto append = [&] { Must(segments->Append("bench", now, key, document)); };
  Compare("vault.stream_8mib", "documents/s", {"edocvault", [&] { return PerSecond(1, append); }},
          {"append-8MiB+fdatasync", [&] { return PerSecond(1, [&] { raw.Append(); }); }});
}

// A client with many entries: the last page beside the first one.
void HistoryBench() {
  constexpr std::uint64_t kEntries = 20'000;
  const tests::TempDir folder;
  const auto ledger = Must(vault::Ledger::Open(folder.path(), {}));
  const vault::ClientId client = vault::ClientId::New();
  {
    std::vector<std::jthread> writers;
    for (int i = 0; i < 64; ++i) {
      writers.emplace_back([&] {
        for (std::uint64_t k = 0; k < kEntries / 64; ++k)
          Must(ledger->Append(tests::DocumentOf(client)));
      });
    }
  }
  const auto page = [&](std::optional<vault::EntryNumber> before) {
    return [&, before] {
      Must(ledger->History({.client = client, .before = before, .limit = 50, .kind = {}}));
    };
  };
  Compare("history.depth", "pages/cpu-s",
          {"oldest page", [&] { return PerCpuSecond(page(vault::EntryNumber{60})); }},
          {"newest-page", [&] { return PerCpuSecond(page(std::nullopt)); }});
}

constexpr const char* kOrigin = "bench.example/log";

// A million, or EDOCVAULT_BENCH_ENTRIES.
std::uint64_t WantedEntries() {
  const char* wanted = std::getenv("EDOCVAULT_BENCH_ENTRIES");
  return wanted == nullptr ? 1'000'000 : std::strtoull(wanted, nullptr, 10);
}

// So many entries, of a thousand clients, and a checkpoint over them.
class LargeLedger {
 public:
  LargeLedger() : ledger_(Must(vault::Ledger::Open(folder_.path(), {}))) {
    constexpr std::size_t kAtOnce = vault::Ledger::kMostAtOnce;
    const std::uint64_t batches = WantedEntries() / kAtOnce;
    std::atomic<std::uint64_t> next = 0;
    {
      std::vector<std::jthread> writers;
      for (int i = 0; i < 4; ++i)
        writers.emplace_back([&] {
          while (next++ < batches) {
            const vault::ClientId client = vault::ClientId::New();
            std::vector<vault::Record> records(kAtOnce);
            for (vault::Record& record : records) record = tests::DocumentOf(client);
            Must(ledger_->AppendAll(std::move(records)));
          }
        });
    }
    const vault::TreeHead head = Must(ledger_->Head());
    size_ = head.size;
    Must(ledger_->KeepCheckpoint(size_, signer_.Checkpoint(size_, head.root)));
    std::printf("# a ledger of %llu entries\n", static_cast<unsigned long long>(size_));
  }
  const vault::Ledger& ledger() const { return *ledger_; }
  std::uint64_t size() const { return size_; }
  // Evenly over the whole log, another one each time.
  std::uint64_t AnyEntry() { return next_ = (next_ + 7'368'787) % size_; }

  // Seconds that opening takes; without the index it is made anew.
  double Reopen(bool without_index) {
    ledger_.reset();
    if (without_index) std::filesystem::remove_all(folder_.path() / "index");
    const auto began = std::chrono::steady_clock::now();
    ledger_ = Must(vault::Ledger::Open(folder_.path(), {}));
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - began).count();
  }
  std::uint64_t EntryBytes() const {
    std::uint64_t bytes = 0;
    constexpr std::uint64_t kSample = 1000;
    for (std::uint64_t i = 0; i < kSample; ++i)
      bytes += Must(ledger_->Read({i * (size_ / kSample)})).encoded.size();
    return bytes / kSample * size_;
  }
  // Blocks of the two environments.
  std::uint64_t DiskBytes() const {
    std::uint64_t bytes = 0;
    for (const char* name : {"ledger", "index"}) {
      struct stat info {};
      if (::stat((folder_.path() / name / "data.mdb").c_str(), &info) == 0)
        bytes += static_cast<std::uint64_t>(info.st_blocks) * 512;
    }
    return bytes;
  }

  // Closes the ledger.
  vault::AuditOrder Order() {
    ledger_.reset();
    return {.data = folder_.path(),
            .log_key = signer_.VerifierKey(),
            .witnesses = {},
            .skip_documents = true};
  }

 private:
  const tests::TempDir folder_;
  const tests::NoteSigner signer_{kOrigin};
  std::unique_ptr<vault::Ledger> ledger_;
  std::uint64_t size_ = 0;
  std::uint64_t next_ = 0;
};

void ProofBench(LargeLedger& large) {
  const auto read = [&] { Must(large.ledger().Read({large.AnyEntry()})); };
  const Side reference{"one-read", [&] { return PerCpuSecond(read); }};
  const auto inclusion = [&] {
    Must(large.ledger().InclusionProof({large.AnyEntry()}, large.size()));
  };
  const auto consistency = [&] {
    Must(large.ledger().ConsistencyProof(large.AnyEntry(), large.size()));
  };
  Compare("vault.proof_inclusion", "proofs/cpu-s",
          {"edocvault", [&] { return PerCpuSecond(inclusion); }}, reference);
  Compare("vault.proof_consistency", "proofs/cpu-s",
          {"edocvault", [&] { return PerCpuSecond(consistency); }}, reference);
}

// Each beside reading all entries in their order.
void OpenBench(LargeLedger& large) {
  const auto read_all = [&] {
    const auto began = std::chrono::steady_clock::now();
    for (std::uint64_t i = 0; i < large.size(); ++i) Must(large.ledger().Read({i}));
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    return static_cast<double>(large.size()) / took.count();
  };
  const Side reference{"reading-all-entries", read_all};
  Compare("vault.rebuild_index", "entries/s",
          {"edocvault", [&] { return static_cast<double>(large.size()) / large.Reopen(true); }},
          reference);
  Compare("vault.open", "openings/s", {"edocvault", [&] { return 1 / large.Reopen(false); }},
          {"reading-all-entries", [&] { return read_all() / static_cast<double>(large.size()); }});
  std::printf("# disk: %.2f of the entries' bytes\n",
              static_cast<double>(large.DiskBytes()) / static_cast<double>(large.EntryBytes()));
}

// The log part of an audit, beside hashing the same leaves and nothing else.
void AuditBench(LargeLedger& large) {
  constexpr std::size_t kSample = 4096;
  std::vector<base::Bytes> leaves;
  for (std::size_t i = 0; i < kSample; ++i)
    leaves.push_back(Must(large.ledger().Read({large.AnyEntry()})).encoded);
  const vault::AuditOrder order = large.Order();
  const auto size = static_cast<double>(large.size());
  const auto audit = [&] {
    if (!Must(vault::Audit(order)).IsIntact()) std::exit(1);
  };
  const auto hash = [&] {
    for (const base::Bytes& leaf : leaves) base::Sha256(leaf);
  };
  Compare("vault.verify_log", "leaves/cpu-s",
          {"edocvault audit", [&] { return PerCpuSecond(audit) * size; }},
          {"sha256-of-the-leaves", [&] { return PerCpuSecond(hash) * kSample; }});
}

}  // namespace

void RunVaultBench(const std::string& only) {
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  if (wanted("vault.append_1")) AppendBench("vault.append_1", 1);
  if (wanted("vault.append_16")) AppendBench("vault.append_16", 16);
  if (wanted("vault.append_64")) AppendBench("vault.append_64", 64);
  if (wanted("vault.stream_8mib")) StreamBench();
  if (wanted("history.depth")) HistoryBench();
  if (wanted("vault.proof") || wanted("vault.verify_log") || wanted("vault.rebuild_index")) {
    LargeLedger large;
    if (wanted("vault.rebuild_index")) OpenBench(large);
    if (wanted("vault.proof")) ProofBench(large);
    if (wanted("vault.verify_log")) AuditBench(large);
  }
}

}  // namespace bench
