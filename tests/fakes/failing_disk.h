// FailingDisk: makes this process's own writes and syncs fail on demand.
//
// tests/vault/failing_disk_test.cc defines the C library's calls anew, which takes them over
// for LMDB as well, because a program's symbols come before those of its libraries.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>

namespace tests {

struct FailingDisk {
  std::atomic<int> sync_error{0};          // What fdatasync() fails with; 0: works.
  std::atomic<int> syncs{0};               // How many fdatasync() were asked for.
  std::function<void()> during_sync;       // Called in fdatasync(), before it syncs.
  std::atomic<bool> full{false};           // Whether room_left counts.
  std::atomic<std::int64_t> room_left{0};  // Bytes until writes fail with ENOSPC.
};

FailingDisk& Disk();

}  // namespace tests
