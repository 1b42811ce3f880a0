// block_recorder: a disk in one file that keeps a journal of what its owner did to it.
//
//   block_recorder IMAGE JOURNAL SIZE MOUNTPOINT
//
// Mounts two files: "disk" is IMAGE, of SIZE bytes; "mark" takes notes of what was acknowledged.
// Each write, discard and flush of the disk and each note goes into JOURNAL, in the order in which
// they came, so that the disk can be made as a power cut at any point would have left it
// (powerfail.py).
//
// An entry is its kind (W, Z, F, M; 8 bytes with padding), offset and length (8 bytes each, of this
// machine), then for W and M the bytes.
#define FUSE_USE_VERSION 31
#include <fcntl.h>
#include <fuse.h>
#include <linux/falloc.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

constexpr std::string_view kDisk = "/disk";
constexpr std::string_view kMark = "/mark";

struct Recorder {
  int image = -1;
  int journal = -1;
  off_t size = 0;
};
Recorder recorder;

struct Entry {
  std::array<char, 8> kind{};
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

// A journal with a hole proves nothing.
void Note(char kind, std::uint64_t offset, std::uint64_t length, const char* bytes) {
  Entry entry{{kind}, offset, length};
  const auto size = static_cast<ssize_t>(length);
  if (::write(recorder.journal, &entry, sizeof entry) != sizeof entry ||
      (bytes != nullptr && ::write(recorder.journal, bytes, length) != size))
    std::abort();
}

int GetAttributes(const char* path, struct stat* out, fuse_file_info*) {
  *out = {};
  const std::string_view name = path;
  if (name != "/" && name != kDisk && name != kMark) return -ENOENT;
  out->st_mode = name == "/" ? S_IFDIR | 0700 : S_IFREG | 0600;
  out->st_nlink = 1;
  out->st_size = name == kDisk ? recorder.size : 0;
  return 0;
}

int Open(const char* path, fuse_file_info* file) {
  file->direct_io = path == kMark ? 1 : 0;
  return 0;
}

int Read(const char*, char* out, std::size_t size, off_t offset, fuse_file_info*) {
  const ssize_t got = ::pread(recorder.image, out, size, offset);
  return got < 0 ? -errno : static_cast<int>(got);
}

int Write(const char* path, const char* bytes, std::size_t size, off_t offset, fuse_file_info*) {
  const bool marks = path == kMark;
  Note(marks ? 'M' : 'W', static_cast<std::uint64_t>(offset), size, bytes);
  if (marks) return static_cast<int>(size);
  const ssize_t put = ::pwrite(recorder.image, bytes, size, offset);
  return put < 0 ? -errno : static_cast<int>(put);
}

int Sync(const char* path, int, fuse_file_info*) {
  if (path == kDisk) Note('F', 0, 0, nullptr);
  return 0;
}

int Discard(const char*, int mode, off_t offset, off_t length, fuse_file_info*) {
  if ((mode & (FALLOC_FL_PUNCH_HOLE | FALLOC_FL_ZERO_RANGE)) == 0) return -EOPNOTSUPP;
  Note('Z', static_cast<std::uint64_t>(offset), static_cast<std::uint64_t>(length), nullptr);
  static constexpr std::array<char, std::size_t{1} << 16U> kZeros{};
  for (const off_t end = offset + length; offset < end;) {
    const auto piece = std::min<off_t>(static_cast<off_t>(kZeros.size()), end - offset);
    const ssize_t put =
        ::pwrite(recorder.image, kZeros.data(), static_cast<std::size_t>(piece), offset);
    if (put <= 0) return -errno;
    offset += put;
  }
  return 0;
}

int Truncate(const char*, off_t, fuse_file_info*) {
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 5) {
    static_cast<void>(std::fputs("block_recorder IMAGE JOURNAL SIZE MOUNTPOINT\n", stderr));
    return 64;
  }
  recorder.image = ::open(argv[1], O_RDWR | O_CLOEXEC);
  recorder.journal = ::open(argv[2], O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC, 0600);
  recorder.size = std::atoll(argv[3]);
  if (recorder.image < 0 || recorder.journal < 0) return 1;
  fuse_operations operations{};
  operations.getattr = GetAttributes;
  operations.open = Open;
  operations.read = Read;
  operations.write = Write;
  operations.fsync = Sync;
  operations.truncate = Truncate;
  operations.fallocate = Discard;
  // In the foreground, one thread: the order of the journal is the order of things.
  std::array<char, 3> foreground{"-f"};
  std::array<char, 3> single{"-s"};
  std::array<char*, 4> words{argv[0], foreground.data(), single.data(), argv[4]};
  return fuse_main(static_cast<int>(words.size()), words.data(), &operations, nullptr);
}
