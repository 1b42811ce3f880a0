#include "api/flow/read_document.h"

namespace api {
namespace {

base::Error Unknown() {
  return {base::ErrorCode::kNotFound, "document.unknown", "no such document for this caller"};
}

bool MaySee(const Caller& caller, const vault::Record& record) {
  return caller.role == CallerRole::kPlatform || caller.agency == record.agency;
}

}  // namespace

base::Result<vault::StoredRecord> ReadDocument::Find(const Caller& caller,
                                                     std::string_view id) const {
  const auto record_id = vault::RecordId::Parse(id);
  if (!record_id) return Unknown();
  auto found = ledger_.Find(*record_id);
  if (!found.ok() && found.error().code == base::ErrorCode::kNotFound) return Unknown();
  if (!found.ok()) return found.error();
  const vault::Record& record = found.value().record;
  if (record.kind != vault::RecordKind::kDocument || !MaySee(caller, record)) return Unknown();
  return found;
}

base::Result<vault::StoredRecord> ReadDocument::Entry(const Reading& reading, std::string_view id) {
  ASSIGN_OR_RETURN(vault::StoredRecord stored, Find(reading.caller, id));
  if (reading.caller.role == CallerRole::kPlatform)
    RETURN_IF_ERROR(
        record_access_.Run(reading, stored.record.client, stored.record.id, "entry.read"));
  return stored;
}

base::Result<base::Json> ReadDocument::Metadata(const vault::StoredRecord& record) const {
  ASSIGN_OR_RETURN(const base::Secret key, keys_.Open(hsm::KeyUse::kRead, record.record.key));
  return OpenMetadata(key, record.record);
}

std::uint64_t OpenedDocument::size() const {
  return static_cast<std::uint64_t>(metadata.Integer("size").value_or(0));
}

std::string OpenedDocument::sha256() const {
  return metadata.Text("sha256").value_or("");
}

base::Result<OpenedDocument> ReadDocument::Open(const Reading& reading, std::string_view id,
                                                std::string_view what) {
  ASSIGN_OR_RETURN(vault::StoredRecord stored, Find(reading.caller, id));
  RETURN_IF_ERROR(record_access_.Run(reading, stored.record.client, stored.record.id, what));
  const auto use = what == "document.verify" ? hsm::KeyUse::kVerify : hsm::KeyUse::kRead;
  ASSIGN_OR_RETURN(const base::Secret key, keys_.Open(use, stored.record.key));
  ASSIGN_OR_RETURN(base::Json metadata, OpenMetadata(key, stored.record));
  return OpenedDocument{std::move(stored), std::move(metadata), ContentKey(key)};
}

base::Status ReadDocument::Read(const OpenedDocument& document, std::uint64_t offset,
                                std::uint64_t length, const base::PieceSink& sink) const {
  const vault::Record& record = document.record.record;
  if (record.content.segment == 0)
    return vault::ReadInline(record, document.content_key, offset, length, sink);
  // Of the whole, the SHA-256 of the stored bytes is checked too.
  if (offset == 0 && length == document.size())
    return segments_.ReadInto(record.content, record.content_sha256, document.content_key, sink);
  return segments_.ReadRange(record.content, document.content_key, offset, length, sink);
}

base::Result<WholeDocument> ReadDocument::Run(const Reading& reading, std::string_view id,
                                              std::string_view what) {
  ASSIGN_OR_RETURN(OpenedDocument opened, Open(reading, id, what));
  if (opened.size() > kMostInMemory)
    return base::Error{base::ErrorCode::kInvalidInput, "document.too-large",
                       "more than " + std::to_string(kMostInMemory) + " bytes"};
  base::Bytes bytes;
  bytes.reserve(opened.size());
  RETURN_IF_ERROR(Read(opened, 0, opened.size(), [&](base::ByteSpan piece) {
    base::Append(piece, bytes);
    return base::Ok();
  }));
  return WholeDocument{std::move(opened.metadata), std::move(bytes)};
}

}  // namespace api
