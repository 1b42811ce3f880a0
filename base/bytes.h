// Bytes and ByteSpan: the only spellings of "some bytes" in this project.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace base {

using Bytes = std::vector<std::uint8_t>;
using ByteSpan = std::span<const std::uint8_t>;  // Borrowed: valid while its owner lives.

// Lower-case hexadecimal, two characters a byte.
std::string HexEncode(ByteSpan bytes);

// Accepts exactly what HexEncode() produces; anything else is nullopt.
std::optional<Bytes> HexDecode(std::string_view text);

// Views of the same memory; valid while the argument's owner lives.
ByteSpan AsBytes(std::string_view text);
std::string_view AsText(ByteSpan bytes);

Bytes ToBytes(std::string_view text);
std::string ToString(ByteSpan bytes);

void Append(ByteSpan bytes, Bytes& out);

// Big-endian, so that numeric order and byte order agree in LMDB keys.
void AppendUint64(std::uint64_t number, Bytes& out);
// REQUIRES: at least eight bytes.
std::uint64_t ReadUint64(ByteSpan bytes);

// Compares secrets and digests without telling by its time where they differ.
bool EqualInConstantTime(ByteSpan a, ByteSpan b);

}  // namespace base
