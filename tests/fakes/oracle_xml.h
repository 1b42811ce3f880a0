// Short ways through the oracle's XML: by local name alone, as its files have one namespace.
#pragma once

#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/clock.h"
#include "signing/xml_document.h"

namespace tests {

inline std::string ReadWhole(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

inline const xmlNode* Child(const xmlNode* parent, std::string_view name) {
  if (parent == nullptr) return nullptr;
  for (const xmlNode* node = signing::FirstElement(parent); node != nullptr;
       node = signing::NextElement(node))
    if (signing::NameOf(node) == name) return node;
  return nullptr;
}

inline std::vector<const xmlNode*> Children(const xmlNode* parent, std::string_view name = {}) {
  std::vector<const xmlNode*> found;
  if (parent == nullptr) return found;
  for (const xmlNode* node = signing::FirstElement(parent); node != nullptr;
       node = signing::NextElement(node))
    if (name.empty() || signing::NameOf(node) == name) found.push_back(node);
  return found;
}

inline std::string Attribute(const xmlNode* node, std::string_view name) {
  return node == nullptr ? std::string() : signing::AttributeOf(node, name).value_or("");
}

inline std::string TextOf(const xmlNode* parent, std::string_view name) {
  const xmlNode* node = Child(parent, name);
  return node == nullptr ? std::string() : signing::TrimmedText(node);
}

inline bool IsTrue(const xmlNode* parent, std::string_view name) {
  return TextOf(parent, name) == "true";
}

inline std::optional<base::Time> TimeOf(const xmlNode* parent, std::string_view name) {
  return base::ParseTime(TextOf(parent, name));
}

}  // namespace tests
