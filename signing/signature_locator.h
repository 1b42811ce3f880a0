// Finds the one signature of a document that is meant.
#pragma once

#include <memory>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/result.h"
#include "signing/container.h"
#include "signing/extender.h"
#include "signing/work_budget.h"
#include "signing/xml_document.h"

namespace signing {

// A signature with the file and the tree that it stands in.
struct LocatedSignature {
  std::string file;  // Empty for bare XML.
  base::Bytes text;
  std::shared_ptr<const XmlDocument> document;
  const xmlNode* node = nullptr;
};

// Looks in one signature file. nullopt when it is not there.
// kInvalidInput "extend.no-such-signature" when several are meant, and those of XmlDocument.
base::Result<std::optional<LocatedSignature>> LookInFile(const std::string& file, base::Bytes text,
                                                         const SignatureSelector& target,
                                                         const std::shared_ptr<WorkBudget>& budget);

// `container`: nullptr when `document` is XML itself.
// kInvalidInput "extend.no-such-signature" when none or several are meant.
base::Result<LocatedSignature> LocateSignature(base::ByteSpan document, AsicContainer* container,
                                               const SignatureSelector& target,
                                               const std::shared_ptr<WorkBudget>& budget);

}  // namespace signing
