#include "cli/upload_document.h"

#include <unistd.h>

#include <charconv>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <thread>

#include "base/digest.h"
#include "signing/container_writer.h"
#include "signing/xades_writer.h"

namespace cli {
namespace {

using base::Error;
using base::ErrorCode;

// A request each, and a wait of the service for its disk.
constexpr std::size_t kPiece = std::size_t{8} << 20U;
// Attempts without progress, and the pause between them: about as long as a restart takes.
constexpr int kMostAttempts = 30;
constexpr std::chrono::seconds kPause{1};
// Completing a document takes as long as reading and writing it does.
constexpr std::chrono::minutes kCompleting{30};

// The bytes of a file, from any place.
class PiecesOf {
 public:
  static base::Result<PiecesOf> Open(const std::string& path) {
    PiecesOf pieces;
    std::error_code error;
    pieces.size_ = std::filesystem::file_size(path, error);
    pieces.file_.open(path, std::ios::binary);
    if (error || !pieces.file_) return Error{ErrorCode::kInvalidInput, "file.unreadable", path};
    return pieces;
  }

  std::uint64_t size() const { return size_; }

  // Up to kPiece bytes. kInvalidInput "file.changed" when they are not there any more.
  base::Result<base::Bytes> At(std::uint64_t offset) {
    base::Bytes piece(std::min<std::uint64_t>(kPiece, size_ - offset));
    file_.clear();
    file_.seekg(static_cast<std::streamoff>(offset));
    file_.read(reinterpret_cast<char*>(piece.data()),  // The bytes as the stream gives them.
               static_cast<std::streamsize>(piece.size()));
    if (static_cast<std::size_t>(file_.gcount()) != piece.size())
      return Error{ErrorCode::kInvalidInput, "file.changed", "it became shorter"};
    return piece;
  }

 private:
  std::ifstream file_;
  std::uint64_t size_ = 0;
};

base::Result<base::Sha256Digest> DigestOf(PiecesOf& pieces) {
  base::Sha256Stream hash;
  for (std::uint64_t at = 0; at < pieces.size(); at += kPiece) {
    ASSIGN_OR_RETURN(const base::Bytes piece, pieces.At(at));
    hash.Update(piece);
  }
  return std::move(hash).Finish();
}

base::Result<std::uint64_t> OffsetIn(const Answer& answer) {
  const auto found = answer.headers.find("upload-offset");
  const std::string text = found == answer.headers.end() ? "" : found->second;
  std::uint64_t offset = 0;
  const char* const end = text.data() + text.size();
  if (std::from_chars(text.data(), end, offset).ptr != end || text.empty())
    return Error{ErrorCode::kInternal, "channel.malformed", "no Upload-Offset"};
  return offset;
}

// Whether asking again may help: nobody is there, or it is not known what came.
bool MayPass(const Error& error) {
  if (error.reason == "disk.full") return false;  // Not within half a minute.
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kOutcomeUnknown ||
         error.reason == "upload.other-offset";
}

void Show(bool show_progress, std::uint64_t done, std::uint64_t size) {
  if (!show_progress || ::isatty(STDERR_FILENO) == 0) return;
  std::cerr << "\r" << done * 100 / size << " % of " << (size >> 20U) << " MiB"
            << (done == size ? "\n" : "") << std::flush;
}

base::Result<std::string> Begin(const ApiClient& api, const DocumentToUpload& document,
                                PiecesOf& pieces) {
  ASSIGN_OR_RETURN(const base::Sha256Digest digest, DigestOf(pieces));
  const std::string name = std::filesystem::path(document.file).filename().string();
  base::Json order;
  order.Set("client", document.client);
  order.Set("name", name);
  order.Set("mediaType", signing::MediaTypeOf(name));
  order.Set("size", pieces.size());
  order.Set("direction", document.direction);
  order.Set("channel", document.channel);
  order.Set("sha256", base::HexEncode(digest.bytes));
  ASSIGN_OR_RETURN(const Answer begun, api.Send({.method = "POST",
                                                 .path = "/v1/uploads",
                                                 .headers = {{"Content-Type", "application/json"}},
                                                 .body = base::ToBytes(order.Dump())}));
  ASSIGN_OR_RETURN(const base::Json json, begun.AsJson());
  return json.Text("id").value_or("");
}

base::Result<std::uint64_t> SendPiece(const ApiClient& api, const std::string& path,
                                      std::uint64_t offset, base::Bytes piece) {
  ASSIGN_OR_RETURN(const Answer sent,
                   api.Send({.method = "PATCH",
                             .path = path,
                             .headers = {{"Upload-Offset", std::to_string(offset)}},
                             .body = std::move(piece)}));
  return OffsetIn(sent);
}

// What the service has, or where it was when it cannot say now.
base::Result<std::uint64_t> AskOffset(const ApiClient& api, const std::string& path,
                                      std::uint64_t offset) {
  const auto asked = api.Send({.method = "HEAD", .path = path});
  if (asked.ok()) return OffsetIn(asked.value());
  if (MayPass(asked.error())) return offset;
  return asked.error();
}

base::Status SendAll(const ApiClient& api, const std::string& path, PiecesOf& pieces,
                     bool show_progress) {
  std::uint64_t offset = 0;
  for (int attempts = 0; offset < pieces.size();) {
    ASSIGN_OR_RETURN(base::Bytes piece, pieces.At(offset));
    const auto sent = SendPiece(api, path, offset, std::move(piece));
    const bool is_over = !sent.ok() && (!MayPass(sent.error()) || ++attempts == kMostAttempts);
    if (is_over) return sent.error();
    if (!sent.ok()) std::this_thread::sleep_for(kPause);
    ASSIGN_OR_RETURN(const std::uint64_t next, sent.ok() ? sent : AskOffset(api, path, offset));
    if (sent.ok() && next <= offset)
      return Error{ErrorCode::kInternal, "channel.malformed", "a piece was taken and not kept"};
    if (next != offset) attempts = 0;
    offset = next;
    Show(show_progress, offset, pieces.size());
  }
  return base::Ok();
}

// The same answer, however often it is asked.
base::Result<base::Json> Complete(const ApiClient& api, const std::string& path) {
  for (int attempts = 1;; ++attempts) {
    const auto done =
        api.Send({.method = "POST", .path = path + "/complete", .timeout = kCompleting});
    if (done.ok()) return done.value().AsJson();
    if (!MayPass(done.error()) || attempts == kMostAttempts) return done.error();
    std::this_thread::sleep_for(kPause);
  }
}

}  // namespace

base::Result<base::Json> UploadDocument(const ApiClient& api, const DocumentToUpload& document,
                                        bool show_progress) {
  ASSIGN_OR_RETURN(PiecesOf pieces, PiecesOf::Open(document.file));
  ASSIGN_OR_RETURN(const std::string id, Begin(api, document, pieces));
  const std::string path = "/v1/uploads/" + id;
  const base::Status sent = SendAll(api, path, pieces, show_progress);
  auto stored = sent.ok() ? Complete(api, path) : base::Result<base::Json>(sent.error());
  // What will not go on shall not count against the agency's share.
  if (!stored.ok() && !MayPass(stored.error()))
    static_cast<void>(api.Send({.method = "DELETE", .path = path}));
  return stored;
}

}  // namespace cli
