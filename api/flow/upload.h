// Uploads: documents that come in pieces, over several connections, and become entries when they
// are whole.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

#include "api/caller.h"
#include "api/flow/document_record.h"
#include "api/flow/record_keys.h"
#include "api/flow/submit_document.h"
#include "api/flow/upload_files.h"
#include "api/flow/upload_spool.h"
#include "base/clock.h"
#include "base/result.h"
#include "vault/ledger.h"
#include "vault/segments.h"

namespace api {

struct UploadOrder {
  std::string client;  // Opaque reference.
  DocumentFacts facts;
  std::uint64_t size = 0;
  std::optional<base::Sha256Digest> sha256;  // Of the document; refused at the end if it differs.
};

struct UploadProgress {
  std::uint64_t kept = 0;  // Bytes from the start that survive a power failure.
  std::uint64_t size = 0;
};

// Thread-safe. Borrows its parts; they must outlive it. What is kept is encrypted under the key of
// the record that the document will have, so that one erasure takes both. An upload is its
// caller's alone; others do not learn that it exists. Those older than kLife count as gone, and
// are removed when new ones come.
//
// Errors of all but Begin(), besides those of the parts: kNotFound "upload.unknown";
// kUnavailable "upload.busy" while another request is at work on it for long.
class Uploads {
 public:
  static constexpr std::chrono::hours kLife{24};
  // For one agency, at one time.
  static constexpr std::size_t kMostWaiting = 100;
  static constexpr std::uint64_t kMostBytes = std::uint64_t{64} << 30U;

  // The folder is made when it is first needed.
  Uploads(std::filesystem::path folder, vault::Ledger& ledger, vault::Segments& segments,
          RecordKeys& keys, const base::Clock& clock)
      : files_(std::move(folder)),
        ledger_(ledger),
        segments_(segments),
        keys_(keys),
        clock_(clock) {}

  // The id, 32 hexadecimal digits (KeptId). kInvalidInput "document.*", "upload.bad-size";
  // kNotFound "client.unknown"; kUnavailable "upload.too-many", "disk.*".
  base::Result<std::string> Begin(const Caller& caller, const UploadOrder& order);

  base::Result<UploadProgress> Look(const Caller& caller, const std::string& id);

  // Goes on at `offset`. What is over a multiple of 64 KiB is not kept, but for the document's end.
  // kConflict "upload.other-offset" unless that is what is kept; kInvalidInput "upload.too-long"
  // beyond the announced size; "disk.*". Then nothing of the piece is kept.
  base::Result<UploadProgress> Append(const Caller& caller, const std::string& id,
                                      std::uint64_t offset, base::ByteSpan piece);

  base::Status Drop(const Caller& caller, const std::string& id);

  // As SubmitDocument::Run(). Asked again after it is done, it gives the same answer.
  // kConflict "upload.incomplete"; kInvalidInput "upload.other-hash", and the upload is dropped.
  base::Result<StoredDocument> Complete(const Caller& caller, const std::string& id);

 private:
  // One upload, as long as a request has to do with it or it is remembered.
  struct Open {
    std::timed_mutex mutex;  // Guards the rest.
    bool is_loaded = false;
    bool is_gone = false;  // Is no longer the one of its id.
    std::string caller;
    vault::ClientId client;
    DocumentFacts facts;
    std::optional<base::Sha256Digest> sha256;
    base::Time made;
    vault::KeySlot slot;
    std::optional<base::Secret> record_key;
    std::optional<UploadSpool> spool;
  };
  struct Held {
    std::shared_ptr<Open> open;
    std::unique_lock<std::timed_mutex> lock;
  };

  base::Result<Held> Hold(const Caller& caller, const std::string& id);
  base::Status Load(const std::string& id, Open& open);
  void ForgetOld(base::Time oldest);
  void Forget(const std::string& id, Open& open);
  void Remove(const std::string& id, Open& open);
  base::Result<StoredDocument> Stored(const Caller& caller, const std::string& id) const;
  base::Result<StoredDocument> Store(const Caller& caller, const std::string& id, Open& open);
  base::Result<vault::Written> CopyToSegment(const Caller& caller, base::Time now, const Open& open,
                                             base::Sha256Digest& sha256);

  const UploadFiles files_;
  vault::Ledger& ledger_;
  vault::Segments& segments_;
  RecordKeys& keys_;
  const base::Clock& clock_;

  std::mutex begin_;  // One begins at a time, so that nobody has more than his share.
  std::mutex mutex_;  // Guards what follows; never held while waiting for an upload.
  std::map<std::string, std::shared_ptr<Open>> open_;
};

}  // namespace api
