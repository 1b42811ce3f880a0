#include "hsm/attributes.h"

#include <cstring>

#include "base/secret.h"

namespace hsm {

Attributes::~Attributes() {
  for (base::Bytes& value : values_) base::WipeBytes(value);
}

Attributes& Attributes::Flag(CK_ATTRIBUTE_TYPE type, bool value) {
  const CK_BBOOL flag = value ? CK_TRUE : CK_FALSE;
  return Value(type, {&flag, sizeof flag});
}

Attributes& Attributes::Number(CK_ATTRIBUTE_TYPE type, CK_ULONG value) {
  base::Bytes number(sizeof value);
  std::memcpy(number.data(), &value, sizeof value);
  return Value(type, number);
}

Attributes& Attributes::Value(CK_ATTRIBUTE_TYPE type, base::ByteSpan value) {
  base::Bytes& owned = values_.emplace_back(value.begin(), value.end());
  list_.push_back({type, owned.data(), owned.size()});
  return *this;
}

Attributes& Attributes::Text(CK_ATTRIBUTE_TYPE type, std::string_view value) {
  return Value(type, base::AsBytes(value));
}

}  // namespace hsm
