// InputFiles: files and folders named on the command line, mapped, never copied.
#pragma once

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

  static constexpr std::size_t kMaxFiles = 10'000;

 private:
  base::Status AddFile(const std::filesystem::path& path, std::string name);

  std::vector<base::MappedFile> mapped_;
  std::vector<File> files_;
};

}  // namespace cli
