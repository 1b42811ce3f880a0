#include "signing/signature_locator.h"

#include "signing/xml_signature.h"

namespace signing {
namespace {

base::Error NoSuchSignature(std::string what) {
  return {base::ErrorCode::kInvalidInput, "extend.no-such-signature", std::move(what)};
}

bool IsCounterSignature(const xmlNode* node) {
  return node->parent != nullptr && NameOf(node->parent) == "CounterSignature";
}

}  // namespace

base::Result<std::optional<LocatedSignature>> LookInFile(
    const std::string& file, base::Bytes text, const SignatureSelector& target,
    const std::shared_ptr<WorkBudget>& budget) {
  std::optional<LocatedSignature> found;
  ASSIGN_OR_RETURN(XmlDocument parsed, XmlDocument::Parse(text, budget));
  const auto document = std::make_shared<const XmlDocument>(std::move(parsed));
  for (const xmlNode* node : FindSignatures(*document)) {
    // A counter-signature is meant by its Id alone.
    const std::string id = AttributeOf(node, "Id").value_or("");
    if (target.id.empty() ? IsCounterSignature(node) : target.id != id) continue;
    if (found) return NoSuchSignature("more than one signature is meant");
    found = LocatedSignature{file, {}, document, node};
  }
  if (found) found->text = std::move(text);
  return found;
}

base::Result<LocatedSignature> LocateSignature(base::ByteSpan document, AsicContainer* container,
                                               const SignatureSelector& target,
                                               const std::shared_ptr<WorkBudget>& budget) {
  std::optional<LocatedSignature> found;
  if (container == nullptr) {
    if (target.file.empty()) {
      ASSIGN_OR_RETURN(
          found, LookInFile("", base::Bytes(document.begin(), document.end()), target, budget));
    }
  } else {
    for (const std::string& file : container->signature_files()) {
      if (!target.file.empty() && target.file != file) continue;
      ASSIGN_OR_RETURN(base::Bytes text, container->ReadSignatureFile(file));
      ASSIGN_OR_RETURN(auto one, LookInFile(file, std::move(text), target, budget));
      if (one && found) return NoSuchSignature("more than one signature is meant");
      if (one) found = std::move(one);
    }
  }
  if (found) return std::move(*found);
  return NoSuchSignature(target.file + " " + target.id);
}

}  // namespace signing
