#include "vault/record_codec.h"

#include <algorithm>
#include <string>

namespace vault {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::uint8_t kVersion = 1;
constexpr std::size_t kUsualSize = 512;

Error Damaged(const char* what) {
  return {ErrorCode::kCorrupted, "record.damaged", std::string("record: ") + what};
}

Error Malformed(const char* what) {
  return {ErrorCode::kInvalidInput, "record.malformed", std::string("record: ") + what};
}

bool IsKnownKind(std::uint8_t kind) {
  return kind >= static_cast<std::uint8_t>(RecordKind::kClient) &&
         kind <= static_cast<std::uint8_t>(RecordKind::kRecovery);
}

base::Status CheckSizes(const Record& record) {
  if (record.agency.size() > kMaxAgencySize || record.sealed.size() > kMaxSealedSize ||
      record.inline_content.size() > kMaxInlineSize ||
      record.old_checkpoint.size() > kMaxOldCheckpointSize)
    return Error{ErrorCode::kInvalidInput, "record.too-large",
                 "agency of " + std::to_string(record.agency.size()) + " bytes, sealed of " +
                     std::to_string(record.sealed.size()) + ", content of " +
                     std::to_string(record.inline_content.size())};
  return base::Ok();
}

bool HasSubject(RecordKind kind) {
  return kind == RecordKind::kAccess || kind == RecordKind::kErasure || kind == RecordKind::kDamage;
}

bool HasClient(RecordKind kind) {
  return kind == RecordKind::kClient || kind == RecordKind::kDocument ||
         kind == RecordKind::kAccess;
}

// A document lies in a segment, or in its record and nowhere else.
bool IsOnePlace(const Record& record) {
  if (record.content.segment != 0) return record.inline_content.empty();
  return record.content.offset == 0 && !record.inline_content.empty() &&
         record.content.length == record.inline_content.size();
}

base::Status CheckFieldsOfKind(const Record& record) {
  if (!IsKnownKind(static_cast<std::uint8_t>(record.kind))) return Malformed("unknown kind");
  if (!HasSubject(record.kind) && record.subject != RecordId{})
    return Malformed("a subject, but nothing that has one");
  if (!HasClient(record.kind) && record.client != ClientId{})
    return Malformed("a client, but nothing that concerns one");
  const bool is_erasure = record.kind == RecordKind::kErasure;
  const bool is_recovery = record.kind == RecordKind::kRecovery;
  if (!is_recovery && (record.kept != 0 || !record.old_checkpoint.empty()))
    return Malformed("an older log, but no recovery");
  if (!is_erasure && (record.root_before != 0 || record.root_after != 0))
    return Malformed("a root key, but no erasure");
  const bool has_content =
      record.content != SegmentRef{} || record.content_sha256 != base::Sha256Digest{};
  if (record.kind != RecordKind::kDocument && (has_content || !record.inline_content.empty()))
    return Malformed("content, but no document");
  if (record.kind == RecordKind::kDocument && !IsOnePlace(record))
    return Malformed("content in a segment and here, or in neither");
  return base::Ok();
}

// Takes fields off the front; after the first that does not fit, nothing is taken any more.
class Reader {
 public:
  explicit Reader(base::ByteSpan bytes) : rest_(bytes) {}

  base::ByteSpan Take(std::size_t count) {
    ok_ = ok_ && rest_.size() >= count;
    if (!ok_) return {};
    const base::ByteSpan taken = rest_.first(count);
    rest_ = rest_.subspan(count);
    return taken;
  }
  template <std::size_t N>
  void TakeInto(std::array<std::uint8_t, N>& out) {
    std::ranges::copy(Take(N), out.begin());
  }
  std::uint64_t TakeNumber(std::size_t width) {
    std::uint64_t number = 0;
    for (const std::uint8_t byte : Take(width)) number = (number << 8U) | byte;
    return number;
  }
  bool AtEnd() const { return ok_ && rest_.empty(); }

 private:
  base::ByteSpan rest_;
  bool ok_ = true;
};

void AppendDocumentFields(const Record& record, base::Bytes& out) {
  base::AppendUint64(record.content.segment, out);
  base::AppendUint64(record.content.offset, out);
  base::AppendUint64(record.content.length, out);
  base::Append(record.content_sha256.span(), out);
  base::Append(record.inline_content, out);
}

void TakeDocumentFields(Reader& reader, Record& record) {
  record.content.segment = reader.TakeNumber(8);
  record.content.offset = reader.TakeNumber(8);
  record.content.length = reader.TakeNumber(8);
  reader.TakeInto(record.content_sha256.bytes);
  if (record.content.segment != 0) return;
  const base::ByteSpan content = reader.Take(record.content.length);
  record.inline_content.assign(content.begin(), content.end());
}

void AppendErasureFields(const Record& record, base::Bytes& out) {
  base::AppendUint64(record.root_before, out);
  base::AppendUint64(record.root_after, out);
}

void TakeErasureFields(Reader& reader, Record& record) {
  record.root_before = reader.TakeNumber(8);
  record.root_after = reader.TakeNumber(8);
}

void AppendRecoveryFields(const Record& record, base::Bytes& out) {
  base::AppendUint64(record.kept, out);
  out.push_back(static_cast<std::uint8_t>(record.old_checkpoint.size() >> 8U));
  out.push_back(static_cast<std::uint8_t>(record.old_checkpoint.size() & 0xFFU));
  base::Append(base::AsBytes(record.old_checkpoint), out);
}

void TakeRecoveryFields(Reader& reader, Record& record) {
  record.kept = reader.TakeNumber(8);
  record.old_checkpoint = base::ToString(reader.Take(reader.TakeNumber(2)));
}

}  // namespace

base::Result<base::Bytes> EncodeRecord(const Record& record) {
  RETURN_IF_ERROR(CheckSizes(record));
  RETURN_IF_ERROR(CheckFieldsOfKind(record));
  base::Bytes out;
  out.reserve(kUsualSize);
  out.push_back(kVersion);
  out.push_back(static_cast<std::uint8_t>(record.kind));
  base::Append(record.id.span(), out);
  base::AppendUint64(static_cast<std::uint64_t>(record.stored_at.time_since_epoch().count()), out);
  base::Append(record.client.span(), out);
  base::Append(record.commitment.span(), out);
  out.push_back(static_cast<std::uint8_t>(record.agency.size()));
  base::Append(base::AsBytes(record.agency), out);
  if (record.kind == RecordKind::kDocument) AppendDocumentFields(record, out);
  if (HasSubject(record.kind)) base::Append(record.subject.span(), out);
  if (record.kind == RecordKind::kErasure) AppendErasureFields(record, out);
  if (record.kind == RecordKind::kRecovery) AppendRecoveryFields(record, out);
  for (unsigned shift = 32; shift > 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(record.key.value >> (shift - 8)));
  out.push_back(static_cast<std::uint8_t>(record.sealed.size() >> 8U));
  out.push_back(static_cast<std::uint8_t>(record.sealed.size() & 0xFFU));
  base::Append(record.sealed, out);
  return out;
}

base::Result<Record> DecodeRecord(base::ByteSpan bytes) {
  Reader reader(bytes);
  if (reader.TakeNumber(1) != kVersion) return Damaged("unknown version");
  const auto kind = static_cast<std::uint8_t>(reader.TakeNumber(1));
  if (!IsKnownKind(kind)) return Damaged("unknown kind");

  Record record;
  record.kind = static_cast<RecordKind>(kind);
  reader.TakeInto(record.id.bytes);
  record.stored_at =
      base::Time(std::chrono::seconds(static_cast<std::int64_t>(reader.TakeNumber(8))));
  reader.TakeInto(record.client.bytes);
  reader.TakeInto(record.commitment.bytes);
  record.agency = base::ToString(reader.Take(reader.TakeNumber(1)));
  if (record.kind == RecordKind::kDocument) TakeDocumentFields(reader, record);
  if (HasSubject(record.kind)) reader.TakeInto(record.subject.bytes);
  if (record.kind == RecordKind::kErasure) TakeErasureFields(reader, record);
  if (record.kind == RecordKind::kRecovery) TakeRecoveryFields(reader, record);
  record.key.value = static_cast<std::uint32_t>(reader.TakeNumber(4));
  const base::ByteSpan sealed = reader.Take(reader.TakeNumber(2));
  record.sealed.assign(sealed.begin(), sealed.end());
  if (!reader.AtEnd()) return Damaged("cut short, or bytes behind its end");
  if (!CheckSizes(record).ok()) return Damaged("field too long");
  if (!CheckFieldsOfKind(record).ok()) return Damaged("field of another kind");
  return record;
}

}  // namespace vault
