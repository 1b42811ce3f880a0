#include "signing/container_writer.h"

#include <zip.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <set>

#include "base/c_handle.h"
#include "signing/dos_time.h"
#include "signing/xades_writer.h"
#include "signing/xml_text.h"

namespace signing {
namespace {

using Archive = base::CHandle<zip_t, zip_discard>;
using Source = base::CHandle<zip_source_t, zip_source_free>;

struct MediaType {
  std::string_view ending;
  std::string_view type;
};
constexpr std::array<MediaType, 16> kMediaTypes{{
    {".asice", kAsicMediaType},
    {".csv", "text/csv"},
    {".docx", "application/vnd.openxmlformats-officedocument.wordprocessingml.document"},
    {".edoc", kAsicMediaType},
    {".html", "text/html"},
    {".jpeg", "image/jpeg"},
    {".jpg", "image/jpeg"},
    {".json", "application/json"},
    {".odt", "application/vnd.oasis.opendocument.text"},
    {".pdf", "application/pdf"},
    {".png", "image/png"},
    {".tif", "image/tiff"},
    {".tiff", "image/tiff"},
    {".txt", "text/plain"},
    {".xlsx", "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"},
    {".xml", "application/xml"},
}};

std::string LowerCase(std::string_view text) {
  std::string lower(text);
  std::ranges::transform(lower, lower.begin(), [](char c) {
    return static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  });
  return lower;
}

base::Error OutOfMemory(const char* what) {
  return {base::ErrorCode::kUnavailable, "memory.short", what};
}

// `content` is read when the archive is closed: it has to live until then.
base::Status AddEntry(zip_t* archive, const std::string& name, base::ByteSpan content,
                      zip_int32_t method, DosTime when) {
  Source source{zip_source_buffer(archive, content.data(), content.size(), 0)};
  if (!source) return OutOfMemory("zip source");
  const zip_int64_t index = zip_file_add(archive, name.c_str(), source.get(), ZIP_FL_ENC_UTF_8);
  if (index < 0) return OutOfMemory("zip entry");
  static_cast<void>(source.release());  // The archive owns it now.
  const auto entry = static_cast<zip_uint64_t>(index);
  if (zip_set_file_compression(archive, entry, method, 0) != 0 ||
      zip_file_set_dostime(archive, entry, when.time, when.date, 0) != 0)
    return OutOfMemory("zip entry attributes");
  return base::Ok();
}

base::Result<base::Bytes> ReadBack(zip_source_t* source) {
  zip_stat_t stat;
  if (zip_source_stat(source, &stat) != 0 || (stat.valid & ZIP_STAT_SIZE) == 0)
    return OutOfMemory("zip result");
  base::Bytes bytes(stat.size);
  if (zip_source_open(source) != 0) return OutOfMemory("zip result");
  const zip_int64_t got = zip_source_read(source, bytes.data(), bytes.size());
  zip_source_close(source);
  if (got != static_cast<zip_int64_t>(bytes.size())) return OutOfMemory("zip result");
  return bytes;
}

// Writes the container; entries named in `stored` are not deflated.
base::Result<base::Bytes> WriteWith(const ContainerParts& parts,
                                    const std::set<std::string>& stored) {
  const std::string manifest = ContainerManifestText(parts);
  const DosTime when = ToDosTime(parts.modified);
  zip_error_t error;
  zip_error_init(&error);
  const Source output{zip_source_buffer_create(nullptr, 0, 0, &error)};
  if (!output) return OutOfMemory("zip buffer");
  zip_source_keep(output.get());  // zip_close() drops one reference; we read after it.
  Archive archive{zip_open_from_source(output.get(), ZIP_TRUNCATE, &error)};
  if (!archive) {
    zip_source_free(output.get());
    return OutOfMemory("zip archive");
  }
  // EN 319 162-1, A.1: mimetype is the first entry, stored and without extra field.
  RETURN_IF_ERROR(
      AddEntry(archive.get(), "mimetype", base::AsBytes(kAsicMediaType), ZIP_CM_STORE, when));
  for (const ContainerDocument& document : parts.documents)
    RETURN_IF_ERROR(AddEntry(archive.get(), document.name, document.bytes,
                             stored.contains(document.name) ? ZIP_CM_STORE : ZIP_CM_DEFLATE, when));
  RETURN_IF_ERROR(AddEntry(archive.get(), "META-INF/manifest.xml", base::AsBytes(manifest),
                           ZIP_CM_DEFLATE, when));
  for (const ContainerSignature& signature : parts.signatures)
    RETURN_IF_ERROR(AddEntry(archive.get(), signature.name, base::AsBytes(signature.xml),
                             ZIP_CM_DEFLATE, when));
  if (zip_close(archive.get()) != 0) return OutOfMemory("zip close");
  static_cast<void>(archive.release());  // zip_close() freed it.
  return ReadBack(output.get());
}

// Entries that deflate so well that a careful reader takes them for a zip bomb: peers refuse
// beyond a ratio of 100 above 1 MiB. Such documents are stored instead.
base::Result<std::set<std::string>> DenseEntries(base::ByteSpan container) {
  constexpr zip_uint64_t kFreeSize = zip_uint64_t{1} << 20U;
  constexpr zip_uint64_t kLargestRatio = 50;
  zip_error_t error;
  zip_error_init(&error);
  Source source{zip_source_buffer_create(container.data(), container.size(), 0, &error)};
  if (!source) return OutOfMemory("zip source");
  const Archive archive{zip_open_from_source(source.get(), ZIP_RDONLY, &error)};
  if (!archive) return OutOfMemory("zip archive");
  static_cast<void>(source.release());  // The archive owns it now.

  std::set<std::string> dense;
  for (zip_uint64_t i = 0; i < static_cast<zip_uint64_t>(zip_get_num_entries(archive.get(), 0));
       ++i) {
    zip_stat_t stat;
    if (zip_stat_index(archive.get(), i, ZIP_FL_ENC_RAW, &stat) != 0)
      return OutOfMemory("zip entry");
    if (stat.size > kFreeSize && stat.size > stat.comp_size * kLargestRatio)
      dense.insert(stat.name);
  }
  return dense;
}

}  // namespace

// ODF 1.2, part 3, 4: the root entry and one entry a document.
std::string ContainerManifestText(const ContainerParts& parts) {
  std::string xml =
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
      "<manifest:manifest xmlns:manifest=\"urn:oasis:names:tc:opendocument:xmlns:manifest:1.0\" "
      "manifest:version=\"1.2\">\n  <manifest:file-entry manifest:full-path=\"/\" "
      "manifest:media-type=\"" +
      std::string(kAsicMediaType) + "\"/>\n";
  for (const ContainerDocument& document : parts.documents) {
    xml += "  <manifest:file-entry manifest:full-path=\"" + EscapeAttribute(document.name) +
           "\" manifest:media-type=\"" + EscapeAttribute(document.media_type) + "\"/>\n";
  }
  return xml + "</manifest:manifest>\n";
}

base::Status CheckContainerNames(const ContainerParts& parts) {
  if (parts.documents.empty())
    return base::Error{base::ErrorCode::kInvalidInput, "document.none", "no document given"};
  std::set<std::string> seen;
  for (const ContainerDocument& document : parts.documents) {
    if (!IsDocumentName(document.name))
      return base::Error{base::ErrorCode::kInvalidInput, "document.bad-name",
                         "a document name that cannot be a path of a container"};
    if (!seen.insert(LowerCase(document.name)).second)
      return base::Error{base::ErrorCode::kInvalidInput, "document.duplicate-name",
                         "two documents of one name"};
  }
  return base::Ok();
}

std::string MediaTypeOf(std::string_view name) {
  const std::string lower = LowerCase(name);
  for (const MediaType& row : kMediaTypes) {
    if (lower.ends_with(row.ending)) return std::string(row.type);
  }
  return "application/octet-stream";
}

base::Result<base::Bytes> WriteContainer(const ContainerParts& parts) {
  RETURN_IF_ERROR(CheckContainerNames(parts));
  ASSIGN_OR_RETURN(base::Bytes container, WriteWith(parts, {}));
  ASSIGN_OR_RETURN(const std::set<std::string> dense, DenseEntries(container));
  if (dense.empty()) return container;
  return WriteWith(parts, dense);
}

}  // namespace signing
