#include "signing/markup_writer.h"

#include "base/utf8.h"

namespace signing {
namespace {

constexpr std::string_view kReplacement = "\xEF\xBF\xBD";

// XML 1.0, production 2, and nothing that steers.
bool IsShown(char32_t point) {
  if (point == U'\n' || point == U'\t') return true;
  return point != base::kInvalidCodePoint && point != 0xFFFE && point != 0xFFFF &&
         !base::IsSteering(point);
}

std::string_view EntityFor(char byte) {
  switch (byte) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    case '"': return "&quot;";
    case '\'': return "&#39;";
    default: return {};
  }
}

// Quotes end an attribute; in text they are harmless, and <style> would take them as written.
enum class Place { kText, kAttribute };

void AppendEscaped(std::string_view text, Place place, std::string& out) {
  while (!text.empty()) {
    const std::string_view before = text;
    const char32_t point = base::TakeCodePoint(text);
    const std::string_view bytes = before.substr(0, before.size() - text.size());
    if (!IsShown(point)) {
      out.append(kReplacement);
      continue;
    }
    const bool quote = bytes == "\"" || bytes == "'";
    const std::string_view entity = EntityFor(bytes.front());
    const bool as_it_is = entity.empty() || (quote && place == Place::kText);
    out.append(as_it_is ? bytes : entity);
  }
}

}  // namespace

void MarkupWriter::Indent() {
  if (after_tag_) out_.append("\n").append(open_.size(), ' ');
}

void MarkupWriter::Start(std::string_view name, Attributes attributes) {
  Indent();
  out_.append("<").append(name);
  closed_ = false;
  for (const MarkupAttribute& attribute : attributes) {
    out_.append(" ").append(attribute.name).append("=\"");
    AppendEscaped(attribute.value, Place::kAttribute, out_);
    out_.append("\"");
  }
}

MarkupWriter& MarkupWriter::Open(std::string_view name, Attributes attributes) {
  Start(name, attributes);
  out_.append(">");
  open_.emplace_back(name);
  after_tag_ = true;
  return *this;
}

MarkupWriter& MarkupWriter::Text(std::string_view text) {
  AppendEscaped(text, Place::kText, out_);
  after_tag_ = after_tag_ && text.empty();
  closed_ = closed_ && text.empty();
  return *this;
}

MarkupWriter& MarkupWriter::Close() {
  const std::string name = std::move(open_.back());
  open_.pop_back();
  if (closed_) Indent();
  closed_ = true;
  out_.append("</").append(name).append(">");
  after_tag_ = true;
  return *this;
}

MarkupWriter& MarkupWriter::Leaf(std::string_view name, std::string_view text,
                                 Attributes attributes) {
  return Open(name, attributes).Text(text).Close();
}

MarkupWriter& MarkupWriter::Empty(std::string_view name, Attributes attributes) {
  Start(name, attributes);
  out_.append("/>");
  after_tag_ = true;
  closed_ = true;
  return *this;
}

std::string MarkupWriter::Take() && {
  out_.append("\n");
  return std::move(out_);
}

}  // namespace signing
