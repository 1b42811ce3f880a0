#include "signing/container_manifest.h"

#include "signing/xml_document.h"

namespace signing {
namespace {

// By local name: writers are known to use namespaces of their own here, and nothing in the
// manifest is signed or trusted.
std::string AttributeByLocalName(const xmlNode* node, std::string_view name) {
  for (const xmlAttr* attribute = node->properties; attribute != nullptr;
       attribute = attribute->next) {
    if (ToView(attribute->name) != name || attribute->children == nullptr) continue;
    return std::string(ToView(attribute->children->content));
  }
  return {};
}

}  // namespace

base::Result<ContainerManifest> ReadContainerManifest(base::ByteSpan xml,
                                                      std::shared_ptr<WorkBudget> budget) {
  ASSIGN_OR_RETURN(const XmlDocument document, XmlDocument::Parse(xml, std::move(budget)));
  if (NameOf(document.root()) != "manifest")
    return base::Error{base::ErrorCode::kInvalidInput, "container.manifest-malformed", "its root"};
  ContainerManifest manifest;
  for (const xmlNode* node = FirstElement(document.root()); node != nullptr;
       node = NextElement(node)) {
    if (NameOf(node) != "file-entry") continue;
    ManifestEntry entry{AttributeByLocalName(node, "full-path"),
                        AttributeByLocalName(node, "media-type")};
    if (entry.path == "/") {
      manifest.container_type = entry.media_type;
    } else if (!entry.path.starts_with("META-INF/") && !entry.path.ends_with('/')) {
      manifest.entries.push_back(std::move(entry));
    }
  }
  return manifest;
}

}  // namespace signing
