// MarkupWriter: elements, attributes and text of an XML or HTML document, escaped by construction.
//
// Names are the caller's own words; only values may come from outside. What XML does not allow and
// what steers a display becomes U+FFFD. Every Open() needs its Close().
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

namespace signing {

struct MarkupAttribute {
  std::string_view name;
  std::string_view value;
};

class MarkupWriter {
 public:
  using Attributes = std::initializer_list<MarkupAttribute>;

  // `head` is put before the first element as it is.
  explicit MarkupWriter(std::string_view head) : out_(head) {}

  MarkupWriter& Open(std::string_view name, Attributes attributes = {});
  MarkupWriter& Text(std::string_view text);
  MarkupWriter& Close();
  // An element with text; one without content, as "<name/>".
  MarkupWriter& Leaf(std::string_view name, std::string_view text, Attributes attributes = {});
  MarkupWriter& Empty(std::string_view name, Attributes attributes = {});

  // REQUIRES: all elements are closed.
  std::string Take() &&;

 private:
  void Start(std::string_view name, Attributes attributes);
  void Indent();

  std::string out_;
  std::vector<std::string> open_;
  bool after_tag_ = true;  // A line may be broken here: no text stands beside.
  bool closed_ = false;    // The last thing written is the end of an element.
};

}  // namespace signing
