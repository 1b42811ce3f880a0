#include "api/flow/document_record.h"

#include <algorithm>
#include <array>

#include "base/json.h"
#include "base/random.h"
#include "signing/xades_writer.h"
#include "vault/receipt.h"

namespace api {
namespace {

constexpr std::size_t kSaltSize = 16;
constexpr std::array<std::string_view, 2> kDirections{"outgoing", "incoming"};
constexpr std::array<std::string_view, 4> kChannels{"electronic", "in-person", "phone", "post"};

}  // namespace

base::Status CheckDocumentFacts(const DocumentFacts& facts) {
  if (!signing::IsDocumentName(facts.name))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-name",
                       "a name that cannot be a document's"};
  if (!signing::IsMediaType(facts.media_type))
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-media-type",
                       "not a type/subtype"};
  if (std::ranges::find(kDirections, facts.direction) == kDirections.end() ||
      std::ranges::find(kChannels, facts.channel) == kChannels.end())
    return base::Error{base::ErrorCode::kInvalidInput, "document.bad-direction",
                       "direction or channel of another name"};
  return base::Ok();
}

void DescribeDocument(const DocumentFacts& facts, const DocumentBytes& bytes,
                      const base::Secret& record_key, vault::Record& record) {
  record.kind = vault::RecordKind::kDocument;
  record.content = bytes.written.where;
  record.content_sha256 = bytes.written.sha256;
  record.inline_content = bytes.written.inline_content;
  const base::Bytes salt = base::RandomBytes(kSaltSize);
  record.commitment = vault::DocumentCommitment(salt, bytes.sha256);
  base::Json metadata;
  metadata.Set("name", facts.name);
  metadata.Set("mediaType", facts.media_type);
  metadata.Set("size", bytes.size);
  metadata.Set("sha256", base::HexEncode(bytes.sha256.bytes));
  metadata.Set("salt", base::HexEncode(salt));
  metadata.Set("direction", facts.direction);
  metadata.Set("channel", facts.channel);
  record.sealed = SealMetadata(record_key, record.id, metadata);
}

}  // namespace api
