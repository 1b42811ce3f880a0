#include "signing/xml_events.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/bytes.h"

namespace signing {
namespace {

constexpr std::size_t kEnough = std::size_t{8} * 1024;  // For one call of the hash.

}  // namespace

void XmlEvents::Start(std::string_view space, std::string_view qualified,
                      std::vector<Attribute> attributes) {
  Mark('<');
  Add(space);
  Add(qualified);
  std::ranges::sort(attributes);
  for (const Attribute& attribute : attributes) {
    Write("@");
    Add(attribute.space);
    Add(attribute.name);
    Add(attribute.value);
  }
}

void XmlEvents::End() {
  Mark('>');
}

void XmlEvents::Text(std::string_view text) {
  pending_ += text;
}

void XmlEvents::Comment(std::string_view text) {
  Mark('!');
  Add(text);
}

void XmlEvents::Instruction(std::string_view target, std::string_view content) {
  Mark('?');
  Add(target);
  Add(content);
}

base::Sha256Digest XmlEvents::Finish() && {
  Mark('.');
  hash_.Update(base::AsBytes(buffer_));
  return std::move(hash_).Finish();
}

void XmlEvents::Mark(char kind) {
  if (!pending_.empty()) {
    Write("t");
    Add(pending_);
    pending_.clear();
  }
  Write({&kind, 1});
}

// With its length in front, so that no two lists of texts have the same bytes.
void XmlEvents::Add(std::string_view text) {
  std::array<char, 24> length{};
  char* end = std::to_chars(length.data(), length.data() + length.size(), text.size()).ptr;
  *end++ = ':';
  buffer_.append(length.data(), end);
  Write(text);
}

void XmlEvents::Write(std::string_view bytes) {
  buffer_ += bytes;
  if (buffer_.size() < kEnough) return;
  hash_.Update(base::AsBytes(buffer_));
  buffer_.clear();
}

}  // namespace signing
