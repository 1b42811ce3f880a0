#include "signing/tree_follower.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>

#include "signing/xml_document.h"

namespace signing {
namespace {

constexpr std::size_t kBlock = 16;  // Compared at once.

bool IsSameAscii(std::string_view ours, std::u16string_view theirs) {
  unsigned difference = 0;
  for (std::size_t i = 0; i < kBlock; ++i) {
    const auto byte = static_cast<std::uint8_t>(ours[i]);
    difference |= (byte ^ theirs[i]) | (byte & 0x80U);
  }
  return difference == 0;
}

bool IsText(const xmlNode* node) {
  return node->type == XML_TEXT_NODE || node->type == XML_CDATA_SECTION_NODE;
}

bool IsEmptyText(const xmlNode* node) {
  return IsText(node) && ToView(node->content).empty();
}

bool IsSame(std::string_view ours, std::u16string_view theirs) {
  UntoldText untold(ours);
  untold.TakeSame(theirs);
  return untold.empty() && theirs.empty();
}

bool IsSameName(const xmlNode* ours, std::u16string_view theirs) {
  if (ours->ns != nullptr && ours->ns->prefix != nullptr) {
    UntoldText prefix(ToView(ours->ns->prefix));
    prefix.TakeSame(theirs);
    if (!prefix.empty() || !theirs.starts_with(u':')) return false;
    theirs.remove_prefix(1);
  }
  return IsSame(ToView(ours->name), theirs);
}

bool IsSameValue(const xmlAttr* ours, std::u16string_view theirs) {
  for (const xmlNode* part = ours->children; part != nullptr; part = part->next) {
    UntoldText untold(ToView(part->content));
    untold.TakeSame(theirs);
    if (!untold.empty()) return false;
  }
  return theirs.empty();
}

}  // namespace

bool UntoldText::Take(char16_t unit) {
  if (low_ != 0) {
    const bool same = unit == low_;
    low_ = 0;
    return same;
  }
  const auto first = static_cast<std::uint8_t>(rest_.front());
  const std::size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (rest_.size() < length) return false;
  char32_t point = length == 1 ? first : first & (0x7FU >> length);
  for (std::size_t i = 1; i < length; ++i)
    point = point << 6U | (static_cast<std::uint8_t>(rest_[i]) & 0x3FU);
  if (point < 0x10000) {
    if (unit != point) return false;
  } else {
    if (unit != 0xD800 + ((point - 0x10000) >> 10U)) return false;
    low_ = static_cast<char16_t>(0xDC00 + (point & 0x3FFU));
  }
  rest_.remove_prefix(length);
  return true;
}

void UntoldText::TakeSame(std::u16string_view& told) {
  while (!told.empty() && !empty()) {
    if (low_ == 0 && std::min(rest_.size(), told.size()) >= kBlock && IsSameAscii(rest_, told)) {
      rest_.remove_prefix(kBlock);
      told.remove_prefix(kBlock);
      continue;
    }
    if (!Take(told.front())) return;
    told.remove_prefix(1);
  }
}

// Nothing of `parent` is untold.
bool TreeFollower::IsAtEndOf(const xmlNode* parent) const {
  if (parent != parent_ || attribute_ != nullptr || !text_.empty()) return false;
  const xmlNode* node = next_;
  while (node != nullptr && IsEmptyText(node)) node = node->next;
  return node == nullptr;
}

// nullptr when that is not the next.
const xmlNode* TreeFollower::Take(xmlElementType type) {
  if (attribute_ != nullptr || !text_.empty()) return nullptr;
  while (next_ != nullptr && IsEmptyText(next_)) next_ = next_->next;
  if (next_ == nullptr || next_->type != type) return nullptr;
  const xmlNode* node = next_;
  next_ = node->next;
  return node;
}

void TreeFollower::Start(std::u16string_view space, std::u16string_view qualified) {
  const xmlNode* node = Take(XML_ELEMENT_NODE);
  Require(node != nullptr && IsSame(NamespaceOf(node), space) && IsSameName(node, qualified));
  if (differs_) return;
  parent_ = node;
  next_ = node->children;
  attribute_ = node->properties;
}

void TreeFollower::Attribute(std::u16string_view space, std::u16string_view name,
                             std::u16string_view value) {
  if (differs_ || attribute_ == nullptr) return Require(false);
  const auto* ours = attribute_->ns == nullptr ? nullptr : attribute_->ns->href;
  Require(IsSame(ToView(ours), space) && IsSame(ToView(attribute_->name), name) &&
          IsSameValue(attribute_, value));
  attribute_ = attribute_->next;
}

void TreeFollower::End() {
  Require(parent_ != nullptr && IsAtEndOf(parent_));
  if (differs_) return;
  next_ = parent_->next;
  parent_ = parent_->parent->type == XML_ELEMENT_NODE ? parent_->parent : nullptr;
}

void TreeFollower::Text(std::u16string_view text) {
  Require(attribute_ == nullptr);
  while (!differs_ && !text.empty()) {
    if (text_.empty()) {
      Require(next_ != nullptr && IsText(next_));
      if (differs_) return;
      text_ = UntoldText(ToView(next_->content));
      next_ = next_->next;
    }
    text_.TakeSame(text);
    Require(text.empty() || text_.empty());
  }
}

void TreeFollower::Comment(std::u16string_view text) {
  const xmlNode* node = Take(XML_COMMENT_NODE);
  Require(node != nullptr && IsSame(ToView(node->content), text));
}

void TreeFollower::Instruction(std::u16string_view target, std::u16string_view content) {
  const xmlNode* node = Take(XML_PI_NODE);
  Require(node != nullptr && IsSame(ToView(node->name), target) &&
          IsSame(ToView(node->content), content));
}

bool TreeFollower::SawAll() const {
  return !differs_ && IsAtEndOf(nullptr);
}

}  // namespace signing
