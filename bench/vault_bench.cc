// vault.* and history.*: the ledger beside the disk's own rate of append and fdatasync.
#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <thread>

#include "base/random.h"
#include "base/secret.h"
#include "base/unique_fd.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/vault_records.h"
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
  const auto append = [&] {
    constexpr std::size_t kPiece = std::size_t{64} << 10U;
    const auto writer = Must(segments->Begin("bench", now, key, kSize));
    for (std::size_t at = 0; at < kSize; at += kPiece)
      Must(writer->Put(base::ByteSpan(document).subspan(at, kPiece)));
    Must(writer->Finish());
  };
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

}  // namespace

void RunVaultBench(const std::string& only) {
  const auto wanted = [&](const char* name) { return only.empty() || only == name; };
  if (wanted("vault.append_1")) AppendBench("vault.append_1", 1);
  if (wanted("vault.append_16")) AppendBench("vault.append_16", 16);
  if (wanted("vault.append_64")) AppendBench("vault.append_64", 64);
  if (wanted("vault.stream_8mib")) StreamBench();
  if (wanted("history.depth")) HistoryBench();
}

}  // namespace bench
