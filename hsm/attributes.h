// Attributes: a PKCS#11 attribute list that owns its values.
#pragma once

#include <p11-kit/pkcs11.h>

#include <deque>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace hsm {

// Not thread-safe; movable. Its values are wiped when it dies: one may be a key.
class Attributes {
 public:
  Attributes() = default;
  ~Attributes();
  Attributes(Attributes&&) = default;
  Attributes& operator=(Attributes&&) = default;
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;

  Attributes& Flag(CK_ATTRIBUTE_TYPE type, bool value);
  Attributes& Number(CK_ATTRIBUTE_TYPE type, CK_ULONG value);
  Attributes& Value(CK_ATTRIBUTE_TYPE type, base::ByteSpan value);
  Attributes& Text(CK_ATTRIBUTE_TYPE type, std::string_view value);

  // For the C interface, which takes them without const. Valid while this lives unchanged.
  CK_ATTRIBUTE* data() { return list_.data(); }
  CK_ULONG size() const { return list_.size(); }

 private:
  std::deque<base::Bytes> values_;  // A deque: growing it moves no value.
  std::vector<CK_ATTRIBUTE> list_;
};

}  // namespace hsm
