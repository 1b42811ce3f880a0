// TreeFollower: whether another parser saw in a document what stands in libxml2's tree of it.
//
// The other parser tells what it sees, in document order and in UTF-16; each event has to be the
// next thing in the tree. Nothing is copied. Texts may be cut anywhere, also within a pair of
// surrogates; CDATA is text. Attributes come in the order of the document, which parsers keep
// where no document type adds any; declarations of namespaces are no attributes.
#pragma once

#include <libxml/tree.h>

#include <string_view>

namespace signing {

// What of a text in UTF-8 the other parser has not told yet.
class UntoldText {
 public:
  UntoldText() = default;
  // REQUIRES: UTF-8 without errors, as libxml2 makes of UTF-8 that was checked.
  explicit UntoldText(std::string_view utf8) : rest_(utf8) {}

  bool empty() const { return rest_.empty() && low_ == 0; }
  // Takes the units off both, until one of them ends or they differ.
  void TakeSame(std::u16string_view& told);

 private:
  bool Take(char16_t unit);

  std::string_view rest_;
  char16_t low_ = 0;  // The second half of a pair whose first was told.
};

// For one document. The tree is borrowed.
class TreeFollower {
 public:
  explicit TreeFollower(const xmlDoc* tree) : next_(tree->children) {}

  // `qualified` is the name as written: canonical bytes keep prefixes.
  void Start(std::u16string_view space, std::u16string_view qualified);
  // Of the element that has just started.
  void Attribute(std::u16string_view space, std::u16string_view name, std::u16string_view value);
  void End();
  void Text(std::u16string_view text);
  void Comment(std::u16string_view text);
  void Instruction(std::u16string_view target, std::u16string_view content);

  // False for ever once something differed; false also while something of the tree is untold.
  bool SawAll() const;

 private:
  const xmlNode* Take(xmlElementType type);
  bool IsAtEndOf(const xmlNode* parent) const;
  void Require(bool same) { differs_ = differs_ || !same; }

  bool differs_ = false;
  const xmlNode* parent_ = nullptr;  // The open element.
  const xmlNode* next_;              // Its child that is to be told next.
  const xmlAttr* attribute_ = nullptr;
  UntoldText text_;  // Of the child before.
};

}  // namespace signing
