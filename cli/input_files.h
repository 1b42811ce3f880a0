// InputFiles: files and folders named on the command line, as they are when they are added.
//
// Who may write to a file could change it between the look at its signature and the digest that the
// report names it by. What is not too large is copied; the rest is mapped and held to its times.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"

namespace cli {

class InputFiles {
 public:
  struct File {
    std::string name;      // Below the folder that was named, with "/"; or the file's own name.
    base::ByteSpan bytes;  // Valid while the InputFiles live.
  };

  // Adds a file, or all regular files below a folder in the order of their names; links inside
  // a folder are not followed.
  //
  // Errors:
  //   kNotFound "file.missing", kInvalidInput "file.unreadable"  as base::ReadFile()
  //   kInvalidInput "input.too-many-files"  more than kMaxFiles in all
  base::Status Add(const std::filesystem::path& path);

  const std::vector<File>& files() const { return files_; }

  // Asked when all work with the bytes is done: whether what is only mapped is as it was.
  // kConflict "file.changed" by its times and size; who has mapped it for writing can evade that.
  base::Status RequireUnchanged() const;

  static constexpr std::size_t kMaxFiles = 10'000;
  static constexpr std::size_t kMaxCopied = std::size_t{16} << 20U;  // Of all together.

 private:
  base::Status AddFile(const std::filesystem::path& path, std::string name);

  // Of a file: device, number, size, and the times of its content and of its entry.
  using Stamp = std::array<std::int64_t, 7>;
  struct Mapped {
    base::MappedFile file;
    std::filesystem::path path;
    Stamp stamp;
  };
  static Stamp StampOf(const std::filesystem::path& path);

  std::vector<base::Bytes> copied_;
  std::size_t copied_bytes_ = 0;
  std::vector<Mapped> mapped_;
  std::vector<File> files_;
};

}  // namespace cli
