// ZipMaker: archives made byte by byte, so that a test can also make them wrong.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "base/bytes.h"

namespace tests {

struct ZipMember {
  std::string name;
  std::string content;
  // What the two headers say where it differs from the truth.
  std::string local_name = name;
  std::uint16_t local_method = 0;
  std::uint16_t central_method = 0;
  std::uint16_t flags = 0x0800;
  std::uint32_t local_size_lie = 0;  // Added to the size in the local header.
  std::uint32_t crc_lie = 0;         // Added to both CRCs.
  std::uint32_t attributes = 0;
  std::uint16_t made_by = 0x0314;
  std::string central_extra;
  bool deflated = false;  // As one DEFLATE block that is stored (RFC 1951, 3.2.4),
  std::string packed{};   // or as these bytes.
  std::string comment{};

  std::string Packed() const {
    if (!deflated) return content;
    if (!packed.empty()) return packed;
    const auto size = static_cast<std::uint16_t>(content.size());
    const auto inverse = static_cast<std::uint16_t>(~size);
    std::string block{1};
    for (const std::uint16_t number : {size, inverse}) {
      block.push_back(static_cast<char>(number & 0xFFU));
      block.push_back(static_cast<char>(number >> 8U));
    }
    return block + content;
  }
};

class ZipMaker {
 public:
  ZipMaker& Add(std::string name, std::string content) {
    ZipMember member{};
    member.name = std::move(name);
    member.local_name = member.name;
    member.content = std::move(content);
    members_.push_back(std::move(member));
    return *this;
  }
  std::vector<ZipMember>& members() { return members_; }
  ZipMember& last() { return members_.back(); }
  ZipMember& at(std::size_t index) { return members_.at(index); }
  std::uint16_t count_lie = 0;  // Added to the counts of the end record.
  std::string prefix;
  std::string comment;

  base::Bytes Make() const {
    base::Bytes out = base::ToBytes(prefix);
    base::Bytes central;
    for (const ZipMember& member : members_) {
      const auto offset = static_cast<std::uint32_t>(out.size() - prefix.size());
      AppendLocal(member, out);
      AppendCentral(member, offset, central);
    }
    const auto start = static_cast<std::uint32_t>(out.size() - prefix.size());
    base::Append(central, out);
    const auto count = static_cast<std::uint16_t>(members_.size() + count_lie);
    Put32(0x06054B50, out);
    Put16(0, out);
    Put16(0, out);
    Put16(count, out);
    Put16(count, out);
    Put32(static_cast<std::uint32_t>(central.size()), out);
    Put32(start, out);
    Put16(static_cast<std::uint16_t>(comment.size()), out);
    base::Append(base::AsBytes(comment), out);
    return out;
  }

  static std::uint32_t Crc32(std::string_view text) {
    std::uint32_t crc = 0xFFFFFFFF;
    for (const char c : text) {
      crc ^= static_cast<std::uint8_t>(c);
      for (int bit = 0; bit < 8; ++bit) crc = crc >> 1U ^ (0xEDB88320U & (0U - (crc & 1U)));
    }
    return ~crc;
  }

 private:
  static void Put16(std::uint32_t number, base::Bytes& out) {
    out.push_back(static_cast<std::uint8_t>(number));
    out.push_back(static_cast<std::uint8_t>(number >> 8U));
  }
  static void Put32(std::uint32_t number, base::Bytes& out) {
    Put16(number & 0xFFFFU, out);
    Put16(number >> 16U, out);
  }
  static void AppendLocal(const ZipMember& member, base::Bytes& out) {
    const auto size = static_cast<std::uint32_t>(member.content.size());
    const std::string packed = member.Packed();
    Put32(0x04034B50, out);
    Put16(20, out);
    Put16(member.flags, out);
    Put16(member.deflated ? 8 : member.local_method, out);
    Put32(0, out);
    Put32(Crc32(member.content) + member.crc_lie, out);
    Put32(static_cast<std::uint32_t>(packed.size()) + member.local_size_lie, out);
    Put32(size + member.local_size_lie, out);
    Put16(static_cast<std::uint32_t>(member.local_name.size()), out);
    Put16(0, out);
    base::Append(base::AsBytes(member.local_name), out);
    base::Append(base::AsBytes(packed), out);
  }
  static void AppendCentral(const ZipMember& member, std::uint32_t offset, base::Bytes& out) {
    const auto size = static_cast<std::uint32_t>(member.content.size());
    Put32(0x02014B50, out);
    Put16(member.made_by, out);
    Put16(20, out);
    Put16(member.flags, out);
    Put16(member.deflated ? 8 : member.central_method, out);
    Put32(0, out);
    Put32(Crc32(member.content) + member.crc_lie, out);
    Put32(static_cast<std::uint32_t>(member.Packed().size()), out);
    Put32(size, out);
    Put16(static_cast<std::uint32_t>(member.name.size()), out);
    Put16(static_cast<std::uint32_t>(member.central_extra.size()), out);
    Put16(static_cast<std::uint32_t>(member.comment.size()), out);
    Put16(0, out);
    Put16(0, out);
    Put32(member.attributes, out);
    Put32(offset, out);
    base::Append(base::AsBytes(member.name), out);
    base::Append(base::AsBytes(member.central_extra), out);
    base::Append(base::AsBytes(member.comment), out);
  }

  std::vector<ZipMember> members_;
};

}  // namespace tests
