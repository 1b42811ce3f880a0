// UploadFiles: what lies in the folder of uploads, whose it is and how old.
//
// Of the upload ID there are two files: ID, which says what is coming (a sealed file), and ID.SIZE,
// the spool of a document of so many bytes (api/flow/upload_spool.h).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"

namespace api {

class UploadFiles {
 public:
  explicit UploadFiles(std::filesystem::path folder) : folder_(std::move(folder)) {}

  std::filesystem::path Facts(const std::string& id) const { return folder_ / id; }
  std::filesystem::path Spool(const std::string& id, std::uint64_t size) const {
    return folder_ / (id + "." + std::to_string(size));
  }

  struct Share {
    std::size_t uploads = 0;
    std::uint64_t bytes = 0;  // That were announced.
  };
  // Makes the folder when it is missing, removes what is older than `oldest`, and counts what is
  // left of the agency's. kUnavailable "disk.unwritable".
  base::Result<Share> Tidy(std::string_view agency, base::Time oldest) const;

  // Both files. One that stays is removed when it is old.
  void Remove(const std::string& id, std::uint64_t size) const;

 private:
  const std::filesystem::path folder_;
};

}  // namespace api
