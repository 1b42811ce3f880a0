#include "signing/walled_answer.h"

namespace signing {
namespace {

constexpr std::string_view kErrorMember = "error.json";

}  // namespace

base::Bytes AnswerOf(const std::vector<MadeMember>& members) {
  std::vector<StoredMember> stored;
  for (const MadeMember& member : members) stored.push_back({member.name, member.bytes});
  base::Bytes out;
  const base::Status status =
      WriteStoredZip(stored, [&](base::ByteSpan piece) { base::Append(piece, out); });
  return status.ok() ? out : AnswerOf(status.error());
}

base::Bytes AnswerOf(const base::Error& error) {
  const std::string text = base::ErrorToJson(error).Dump();
  return AnswerOf(std::vector<MadeMember>{{std::string(kErrorMember), base::ToBytes(text)}});
}

base::Result<std::vector<StoredMember>> ReadAnswer(base::ByteSpan answer) {
  auto members = ReadStoredZip(answer);
  if (!members.ok())
    return base::Error{base::ErrorCode::kInternal, "bundle.malformed", members.error().message};
  for (const StoredMember& member : members.value()) {
    if (member.name != kErrorMember) continue;
    ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(member.bytes)));
    return base::ErrorFromJson(json);
  }
  return members;
}

}  // namespace signing
