#include "hsm/key_tree_words.h"

#include "base/base64.h"

namespace hsm {
namespace {

using base::Json;

constexpr std::size_t kPlaceSize = 5;
constexpr std::size_t kBitmapSize = kFanOut / 8;

void AppendPlace(const KeyPlace& place, base::Bytes& out) {
  out.push_back(place.level);
  for (unsigned shift = 32; shift > 0; shift -= 8)
    out.push_back(static_cast<std::uint8_t>(place.index >> (shift - 8)));
}

KeyPlace PlaceAt(base::ByteSpan bytes) {
  KeyPlace place{bytes[0], 0};
  for (const std::uint8_t byte : bytes.subspan(1, kPlaceSize - 1))
    place.index = (place.index << 8U) | byte;
  return place;
}

// Fields of the same size, one after another.
template <typename T, typename Read>
std::vector<T> Each(JsonFields& in, std::string_view name, std::size_t size, Read read) {
  const base::Bytes bytes = in.Bytes(name);
  if (bytes.size() % size != 0) in.Fail();
  std::vector<T> list;
  for (base::ByteSpan rest = bytes; rest.size() >= size; rest = rest.subspan(size))
    list.push_back(read(rest.first(size)));
  return list;
}

}  // namespace

Json TopToJson(const TopKey& top) {
  return Json()
      .Set("generation", static_cast<std::int64_t>(top.generation))
      .Set("wrapped", base::Base64Encode(top.wrapped));
}

Json KeysToJson(const std::vector<PlacedKey>& keys) {
  base::Bytes bytes;
  for (const PlacedKey& key : keys) {
    AppendPlace(key.place, bytes);
    base::Append(key.wrapped, bytes);
  }
  return base::Base64Encode(bytes);
}

Json PathsToJson(const KeyPaths& paths) {
  return Json().Set("top", TopToJson(paths.top)).Set("nodes", KeysToJson(paths.nodes));
}

Json NodesToJson(const std::vector<NodeToRekey>& nodes) {
  base::Bytes bytes;
  for (const NodeToRekey& node : nodes) {
    AppendPlace(node.place, bytes);
    base::Bytes bitmap(kBitmapSize);
    for (std::size_t i = 0; i < kFanOut; ++i)
      if (node.gone.test(i)) bitmap[i / 8] |= static_cast<std::uint8_t>(1U << (i % 8));
    base::Append(bitmap, bytes);
    base::Append(node.row, bytes);
  }
  return base::Base64Encode(bytes);
}

TopKey TopIn(JsonFields& in, std::string_view name) {
  JsonFields fields(in.Object(name));
  const std::int64_t generation = fields.Integer("generation");
  TopKey top{static_cast<std::uint64_t>(generation), fields.Bytes("wrapped")};
  if (!fields.ok() || generation < 1 || top.wrapped.size() != kWrappedKeySize) in.Fail();
  return top;
}

std::vector<PlacedKey> KeysIn(JsonFields& in, std::string_view name) {
  return Each<PlacedKey>(in, name, kPlaceSize + kWrappedKeySize, [](base::ByteSpan bytes) {
    const base::ByteSpan wrapped = bytes.subspan(kPlaceSize);
    return PlacedKey{PlaceAt(bytes), {wrapped.begin(), wrapped.end()}};
  });
}

KeyPaths PathsIn(JsonFields& in, std::string_view name) {
  JsonFields fields(in.Object(name));
  KeyPaths paths{TopIn(fields, "top"), KeysIn(fields, "nodes")};
  if (!fields.ok()) in.Fail();
  return paths;
}

std::vector<NodeToRekey> NodesIn(JsonFields& in, std::string_view name) {
  constexpr std::size_t kRowSize = kFanOut * kWrappedKeySize;
  constexpr std::size_t kSize = kPlaceSize + kBitmapSize + kRowSize;
  return Each<NodeToRekey>(in, name, kSize, [](base::ByteSpan bytes) {
    NodeToRekey node{PlaceAt(bytes), {}, {}};
    const base::ByteSpan bitmap = bytes.subspan(kPlaceSize, kBitmapSize);
    for (std::size_t i = 0; i < kFanOut; ++i)
      node.gone.set(i, ((bitmap[i / 8] >> (i % 8)) & 1U) != 0);
    const base::ByteSpan row = bytes.last(kRowSize);
    node.row.assign(row.begin(), row.end());
    return node;
  });
}

}  // namespace hsm
