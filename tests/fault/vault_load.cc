// vault_load: writes documents into a vault as fast as it acknowledges them, and looks afterwards
// whether what was acknowledged is there. For the trials beside it, which cut power, kill and
// refuse.
//
//   vault_load write DATA ACKS COUNT THREADS [without-segment-sync | without-ledger-sync |
//                                             without-meta-sync]
//   vault_load check DATA ACKS
//
// `write` adds to ACKS one Ack for each document, after it was told that it is kept. The last word
// leaves a sync out, to see whether a trial would notice. `check` says one word and exits with 0
// when the vault opens and everything in it and in ACKS is as it must be.
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <random>
#include <string>
#include <string_view>
#include <thread>

#include "base/file.h"
#include "base/random.h"
#include "tests/fakes/key_rows.h"
#include "tests/fakes/vault_records.h"
#include "vault/merkle.h"
#include "vault/segments.h"

namespace {

// Files whose syncs are left out, by the ending of their names.
std::string_view unsynced;
bool without_meta_sync = false;

bool IsLeftOut(int fd) {
  if (unsynced.empty()) return false;
  std::array<char, 4096> name{};
  const std::string link = "/proc/self/fd/" + std::to_string(fd);
  const ssize_t size = ::readlink(link.c_str(), name.data(), name.size());
  return size > 0 &&
         std::string_view(name.data(), static_cast<std::size_t>(size)).ends_with(unsynced);
}

}  // namespace

extern "C" int fdatasync(int fd) {
  return IsLeftOut(fd) ? 0 : static_cast<int>(::syscall(SYS_fdatasync, fd));
}

// LMDB writes the page that makes a commit real through a descriptor of its own, opened so.
extern "C" int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & (O_CREAT | O_TMPFILE)) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  if (without_meta_sync) flags &= ~O_DSYNC;
  return static_cast<int>(::syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

namespace {

constexpr vault::Ledger::Options kOptions{.max_bytes = std::size_t{128} << 20U};

struct Ack {
  std::uint64_t entry;
  std::uint64_t seed;
  vault::RecordId id;
};
static_assert(sizeof(Ack) == 32);

base::Bytes BodyOf(std::uint64_t seed) {
  constexpr std::size_t kOften = 20'000;
  constexpr std::size_t kSometimes = 300'000;  // Of several chunks.
  std::mt19937_64 random(seed);
  base::Bytes body(1 + random() % (seed % 50 == 0 ? kSometimes : kOften));
  for (std::uint8_t& byte : body) byte = static_cast<std::uint8_t>(random());
  return body;
}

const base::Secret& Key() {
  static const base::Secret kKey{base::Bytes(32, 7)};
  return kKey;
}

// ---- write ----

struct Vault {
  std::unique_ptr<vault::Ledger> ledger;
  std::unique_ptr<vault::Segments> segments;
  std::unique_ptr<vault::KeyStore> keys;
};

// As the service does it: a whole leaf is on stable storage before the first of its slots is used.
class Slots {
 public:
  explicit Slots(vault::KeyStore& keys) : keys_(keys) {}

  base::Result<vault::KeySlot> Take() {
    const std::lock_guard lock(mutex_);
    if (next_ % vault::kKeyFanOut == 0) RETURN_IF_ERROR(MakeLeaf());
    return vault::KeySlot{next_++};
  }

 private:
  base::Status MakeLeaf() {
    ASSIGN_OR_RETURN(const auto top, keys_.Top());
    if (!top) RETURN_IF_ERROR(keys_.Begin(tests::TopOf(1)));
    ASSIGN_OR_RETURN(const vault::NextLeaf next, keys_.Next());
    tests::MadeLeaf made = tests::LeafAt(next.leaf);
    std::erase_if(made.nodes, [&](const vault::StoredKey& node) {
      return std::ranges::any_of(next.nodes,
                                 [&](const auto& there) { return there.place == node.place; });
    });
    RETURN_IF_ERROR(keys_.AddLeaf(next.leaf, made.nodes, made.row));
    next_ = next.leaf * static_cast<std::uint32_t>(vault::kKeyFanOut);
    return base::Ok();
  }

  vault::KeyStore& keys_;
  std::mutex mutex_;
  std::uint32_t next_ = 0;
};

base::Result<Vault> OpenVault(const std::filesystem::path& data) {
  Vault opened;
  ASSIGN_OR_RETURN(opened.ledger, vault::Ledger::Open(data, kOptions));
  ASSIGN_OR_RETURN(opened.segments, vault::Segments::Open(data));
  ASSIGN_OR_RETURN(opened.keys, vault::KeyStore::Open(data, tests::kSmallKeys));
  return opened;
}

base::Result<Ack> Store(const Vault& vault, Slots& slots, std::uint64_t seed) {
  vault::Record record = tests::DocumentOf(vault::ClientId::New());
  ASSIGN_OR_RETURN(const vault::Written written,
                   vault.segments->Append("load", record.stored_at, Key(), BodyOf(seed)));
  record.content = written.where;
  record.content_sha256 = written.sha256;
  record.sealed.clear();
  base::AppendUint64(seed, record.sealed);
  ASSIGN_OR_RETURN(record.key, slots.Take());
  ASSIGN_OR_RETURN(const vault::Appended appended, vault.ledger->Append(record));
  return Ack{appended.entry.value, seed, record.id};
}

int Write(const std::filesystem::path& data, int acks, std::uint64_t count, int threads) {
  const auto vault = OpenVault(data);
  if (!vault.ok()) {
    std::printf("not opened: %s %s\n", vault.error().reason.c_str(), vault.error().message.c_str());
    return 3;
  }
  std::random_device device;
  const std::uint64_t base = (std::uint64_t{device()} << 32U) + device();
  Slots slots(*vault.value().keys);
  std::atomic<std::uint64_t> next = 0;
  std::atomic<bool> failed = false;
  std::vector<std::jthread> writers;
  for (int i = 0; i < threads; ++i) {
    writers.emplace_back([&] {
      for (std::uint64_t number = next++; number < count && !failed; number = next++) {
        const auto ack = Store(vault.value(), slots, base + number);
        if (ack.ok() && ::write(acks, &ack.value(), sizeof(Ack)) == sizeof(Ack)) continue;
        failed = true;
        if (!ack.ok()) std::printf("refused: %s\n", ack.error().reason.c_str());
      }
    });
  }
  writers.clear();
  return failed ? 4 : 0;
}

// ---- check ----

int Say(const char* word, const std::string& what) {
  std::printf("%s %s\n", word, what.c_str());
  return 2;
}

// Every entry, and the bytes that it names.
int CheckAll(const Vault& vault, std::uint64_t size) {
  vault::Edge edge;
  for (std::uint64_t number = 0; number < size; ++number) {
    const auto stored = vault.ledger->Read({number});
    if (!stored.ok()) return Say("HALF", std::to_string(number) + " " + stored.error().reason);
    edge.Append(vault::LeafHash(stored.value().encoded));
    const vault::Record& record = stored.value().record;
    const auto body = vault.segments->Read(record.content, record.content_sha256, Key());
    if (!body.ok()) return Say("BYTES", std::to_string(number) + " " + body.error().reason);
    if (body.value() != BodyOf(base::ReadUint64(record.sealed)))
      return Say("BYTES", std::to_string(number) + " other bytes");
    const auto path = vault.keys->PathsTo(std::array{record.key});
    if (!path.ok() || !path.value().keys.front()) return Say("KEY", std::to_string(number));
  }
  if (edge.Root() != vault.ledger->Head().value().root) return Say("TREE", "another root");
  return 0;
}

int Check(const std::filesystem::path& data, const base::Bytes& acks) {
  const auto vault = OpenVault(data);
  const std::string counts = std::to_string(acks.size() / sizeof(Ack)) + " acknowledged";
  if (!vault.ok())
    return Say(acks.empty() ? "UNBORN" : "REFUSED", vault.error().reason + ", " + counts);
  const std::uint64_t size = vault.value().ledger->Head().value().size;
  for (std::size_t at = 0; at + sizeof(Ack) <= acks.size(); at += sizeof(Ack)) {
    Ack ack{};
    std::memcpy(&ack, acks.data() + at, sizeof ack);
    const auto found = vault.value().ledger->Find(ack.id);
    if (!found.ok() || found.value().entry.value != ack.entry ||
        base::ReadUint64(found.value().record.sealed) != ack.seed)
      return Say("LOST", std::to_string(ack.entry) + " of " + std::to_string(size));
  }
  if (const int bad = CheckAll(vault.value(), size); bad != 0) return bad;
  std::printf("ok %llu entries, %s\n", static_cast<unsigned long long>(size), counts.c_str());
  return 0;
}

std::uint64_t NumberOf(std::string_view text) {
  std::uint64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string_view> words(argv + 1, argv + argc);
  if (words.size() == 3 && words[0] == "check") {
    const auto acks = base::ReadFile(words[2], std::size_t{1} << 30U);
    if (acks.ok()) return Check(words[1], acks.value());
  }
  if ((words.size() == 5 || words.size() == 6) && words[0] == "write") {
    const std::string_view left_out = words.size() == 6 ? words[5] : "";
    if (left_out == "without-segment-sync") unsynced = ".vseg";
    if (left_out == "without-ledger-sync") unsynced = "ledger/data.mdb";
    without_meta_sync = left_out == "without-ledger-sync" || left_out == "without-meta-sync";
    const int acks = ::open(argv[3], O_WRONLY | O_APPEND | O_CREAT, 0600);
    if (acks >= 0)
      return Write(words[1], acks, NumberOf(words[3]), static_cast<int>(NumberOf(words[4])));
  }
  static_cast<void>(std::fputs("see the head of vault_load.cc\n", stderr));
  return 64;
}
