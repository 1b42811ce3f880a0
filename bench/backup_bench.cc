// vault.backup, vault.restore: a whole vault to and from a backup, beside a copy of the same bytes.
#include <fcntl.h>
#include <unistd.h>

#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "base/random.h"
#include "base/unique_fd.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "tests/fakes/backed_up_vault.h"
#include "vault/recovery.h"

namespace bench {
namespace {

namespace fs = std::filesystem;

constexpr std::uint32_t kDocuments = 4'000;
constexpr std::size_t kDocumentSize = 10'240;
constexpr std::uint32_t kMessages = 96'000;  // Entries without a document.

template <typename T>
T Must(base::Result<T> result) {
  if (result.ok()) return std::move(result).value();
  std::fprintf(stderr, "bench: %s\n", result.error().message.c_str());
  std::exit(1);
}

void Fill(tests::BackedUpVault& vault) {
  const base::Bytes document = base::RandomBytes(kDocumentSize);
  std::uint32_t leaf = 1;
  for (std::uint32_t i = 0; i < kDocuments; ++i) {
    const std::uint32_t slot = 256 + i;
    if (slot / 256 > leaf) vault.AddLeaf(++leaf, 1);
    vault.Store(base::AsText(document), slot);
  }
  const vault::ClientId client = vault::ClientId::New();
  for (std::uint32_t i = 0; i < kMessages; i += 1000) {
    std::vector<vault::Record> records;
    for (int one = 0; one < 1000; ++one) records.push_back(tests::AccessOf(client, {}));
    Must(vault.ledger().AppendAll(std::move(records)));
  }
}

// Reads and writes a file in pieces of a megabyte, then syncs it.
void CopyFile(const fs::path& from, const fs::path& to) {
  const base::UniqueFd in{::open(from.c_str(), O_RDONLY | O_CLOEXEC)};
  const base::UniqueFd out{::open(to.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600)};
  base::Bytes piece(std::size_t{1} << 20U);
  for (ssize_t got = 0; (got = ::read(in.get(), piece.data(), piece.size())) > 0;)
    if (::write(out.get(), piece.data(), static_cast<std::size_t>(got)) != got) std::exit(1);
  if (::fdatasync(out.get()) != 0) std::exit(1);
}

double EntriesASecond(const std::function<void()>& work) {
  const auto start = std::chrono::steady_clock::now();
  work();
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - start;
  return (kDocuments + kMessages) / took.count();
}

}  // namespace

void RunBackupBench(const std::string& only) {
  if (!only.empty() && only != "vault.backup" && only != "vault.restore") return;
  tests::BackedUpVault vault;
  Fill(vault);
  const auto made = Must(vault.BackUp());
  std::printf("# %llu entries, %llu documents of 10 KiB: a backup of %llu bytes\n",
              static_cast<unsigned long long>(made.to),
              static_cast<unsigned long long>(made.documents),
              static_cast<unsigned long long>(made.bytes));
  const Side copy{"copy+fdatasync-of-the-same-bytes", [&] {
                    return EntriesASecond([&] {
                      CopyFile(vault.part(1, "log"), vault.folder() / "copy");
                      CopyFile(vault.part(1, "keys"), vault.folder() / "copy-of-keys");
                    });
                  }};
  const fs::path again = vault.folder() / "again";
  const auto back_up = [&] {
    fs::remove_all(again);
    fs::create_directory(again);
    return EntriesASecond([&] {
      Must(vault::WriteBackup({vault.ledger(), vault.segments(), vault.keys()}, again,
                              vault.Checkpoint(), {}));
    });
  };
  Compare("vault.backup", "entries/s", {"edocvault backup", back_up}, copy);
  const fs::path restored = vault.folder() / "restored";
  const auto restore = [&] {
    fs::remove_all(restored);
    return EntriesASecond([&] {
      Must(vault::Recover({.from = vault.set(),
                           .data = restored,
                           .verifier_key = vault.signer().VerifierKey(),
                           .origin = "bench.example/new",
                           .checkpoint = std::nullopt,
                           .erased = {},
                           .now = {}}));
    });
  };
  Compare("vault.restore", "entries/s", {"edocvault restore", restore}, copy);
}

}  // namespace bench
