#include "cli/trusted_keys.h"

#include <algorithm>

#include "base/file.h"
#include "base/json.h"
#include "hardening/walls.h"
#include "signing/evidence.h"
#include "trust/pem.h"

namespace cli {
namespace {

constexpr std::size_t kMaxKey = 4096;
constexpr std::size_t kMaxCertificates = std::size_t{1} << 20U;

base::Result<std::string> ReadKey(const std::filesystem::path& file) {
  ASSIGN_OR_RETURN(const base::Bytes bytes, base::ReadFile(file, kMaxKey));
  std::string text = base::ToString(bytes);
  while (!text.empty() && (text.back() == '\n' || text.back() == '\r')) text.pop_back();
  return text;
}

}  // namespace

void TrustedKeyOptions::AddTo(CLI::App& verb) {
  verb.add_option("--key", log, "File with the vault's verifier key");
  verb.add_option("--witness", witnesses, "Verifier key of a witness, or a file with it");
  verb.add_option("--tsa", tsas, "Certificate of a TSA whose time-stamps count");
}

base::Result<TrustedKeys> ReadTrustedKeys(const TrustedKeyOptions& options, const Home& home) {
  TrustedKeys keys;
  ASSIGN_OR_RETURN(keys.log, ReadKey(options.log.empty() ? home.verifier_key()
                                                         : std::filesystem::path(options.log)));
  for (const std::string& witness : options.witnesses) {
    // A key has a "+" in it and is hardly a file.
    auto key = ReadKey(witness);
    if (!key.ok() && key.error().code == base::ErrorCode::kNotFound) key = witness;
    if (!key.ok()) return key.error();
    keys.witnesses.push_back(std::move(key).value());
  }
  for (const std::string& tsa : options.tsas) {
    ASSIGN_OR_RETURN(base::Bytes file, base::ReadFile(tsa, kMaxCertificates));
    for (const base::Bytes& certificate : trust::CertificatesIn(std::move(file)))
      keys.tsas.push_back(base::HexEncode(base::Sha256(certificate).bytes));
  }
  return keys;
}

base::Result<base::Time> ReadStamp(base::ByteSpan token, const base::Sha256Digest& covered,
                                   const std::vector<std::string>& tsas) {
  const auto read = [&]() -> base::Bytes {
    const auto answer = signing::ReadTimestampToken(token, covered);
    if (!answer.ok()) return base::ToBytes(base::ErrorToJson(answer.error()).Dump());
    base::Json json;
    json.Set("time", base::FormatTime(answer.value().time));
    json.Set("tsa", base::HexEncode(base::Sha256(answer.value().certificates.at(0)).bytes));
    return base::ToBytes(json.Dump());
  };
  ASSIGN_OR_RETURN(const base::Bytes told, hardening::RunInWalls({}, read));
  ASSIGN_OR_RETURN(const base::Json json, base::Json::Parse(base::AsText(told)));
  const auto time = base::ParseTime(json.Text("time").value_or(""));
  if (!time) return base::ErrorFromJson(json);
  const std::string tsa = json.Text("tsa").value_or("");
  if (std::ranges::find(tsas, tsa) == tsas.end())
    return base::Error{base::ErrorCode::kUnavailable, "timestamp.other-tsa",
                       "TSA certificate " + tsa + " was not handed in"};
  return *time;
}

}  // namespace cli
