#include "signing/container_reader.h"

#include <libxml/tree.h>

#include <map>

#include "signing/container_writer.h"
#include "signing/xml_document.h"
#include "signing/zip_reader.h"

namespace signing {
namespace {

constexpr std::size_t kMaxDocument = std::size_t{64} << 20U;
constexpr std::size_t kMaxManifest = std::size_t{1} << 20U;
constexpr std::string_view kManifestName = "META-INF/manifest.xml";
constexpr std::string_view kManifestNamespace =
    "urn:oasis:names:tc:opendocument:xmlns:manifest:1.0";

// Full path -> media type, as the manifest says.
using MediaTypes = std::map<std::string, std::string, std::less<>>;

std::string ManifestAttribute(const xmlNode* entry, std::string_view name) {
  for (const xmlAttr* attribute = entry->properties; attribute != nullptr;
       attribute = attribute->next) {
    const bool ours = attribute->ns != nullptr && ToView(attribute->ns->href) == kManifestNamespace;
    if (ours && ToView(attribute->name) == name && attribute->children != nullptr)
      return std::string(ToView(attribute->children->content));
  }
  return {};
}

base::Result<MediaTypes> ReadManifest(ZipReader& archive) {
  MediaTypes types;
  const ZipEntry* entry = archive.Find(kManifestName);
  if (entry == nullptr) return types;
  ASSIGN_OR_RETURN(const base::Bytes xml, archive.Read(*entry, kMaxManifest));
  ASSIGN_OR_RETURN(const XmlDocument document, XmlDocument::Parse(xml));
  for (const xmlNode* node : FindChildren(document.root(), kManifestNamespace, "file-entry"))
    types[ManifestAttribute(node, "full-path")] = ManifestAttribute(node, "media-type");
  return types;
}

bool IsDocument(const ZipEntry& entry) {
  return entry.name != "mimetype" && !entry.name.starts_with("META-INF/") &&
         !entry.name.ends_with('/');
}

bool IsSignature(const ZipEntry& entry) {
  return entry.name.starts_with("META-INF/") && entry.name.find("signature") != std::string::npos;
}

}  // namespace

base::Result<std::vector<ReadDocument>> ReadUnsignedContainer(base::ByteSpan container) {
  ASSIGN_OR_RETURN(ZipReader archive, ZipReader::Open(container));
  ASSIGN_OR_RETURN(const MediaTypes types, ReadManifest(archive));
  std::vector<ReadDocument> documents;
  for (const ZipEntry& entry : archive.entries()) {
    if (IsSignature(entry))
      return base::Error{base::ErrorCode::kInvalidInput, "container.already-signed",
                         "the container has a signature file"};
    if (!IsDocument(entry)) continue;
    ASSIGN_OR_RETURN(base::Bytes bytes, archive.Read(entry, kMaxDocument));
    if (bytes.empty())
      return base::Error{base::ErrorCode::kInvalidInput, "document.empty",
                         "a document in the container is empty"};
    const auto type = types.find(entry.name);
    documents.push_back(
        {entry.name,
         type != types.end() && !type->second.empty() ? type->second : MediaTypeOf(entry.name),
         std::move(bytes)});
  }
  if (documents.empty())
    return base::Error{base::ErrorCode::kInvalidInput, "document.none",
                       "the container has no documents"};
  return documents;
}

}  // namespace signing
