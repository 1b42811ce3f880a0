// A running hash over what a parser sees in a document, so that two parsers can be compared.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/digest.h"

namespace signing {

// Texts are joined until the next other event, as parsers may cut them anywhere.
// Attributes are ordered by namespace and name; namespace declarations are no attributes.
class XmlEvents {
 public:
  struct Attribute {
    std::string space;
    std::string name;  // Local name.
    std::string value;
    friend auto operator<=>(const Attribute&, const Attribute&) = default;
  };

  // `qualified` is the name as written: canonical bytes keep prefixes.
  void Start(std::string_view space, std::string_view qualified, std::vector<Attribute> attributes);
  void End();
  void Text(std::string_view text);
  void Comment(std::string_view text);
  void Instruction(std::string_view target, std::string_view content);

  base::Sha256Digest Finish() &&;

 private:
  void Mark(char kind);
  void Add(std::string_view text);
  void Write(std::string_view bytes);

  base::Sha256Stream hash_;
  std::string pending_;  // Text not yet hashed.
  std::string buffer_;   // Bytes on their way to the hash.
};

}  // namespace signing
