#include "signing/trust_input.h"

#include <algorithm>
#include <charconv>
#include <set>

#include "base/base64.h"

namespace signing {
namespace {

constexpr std::string_view kPemBegin = "-----BEGIN CERTIFICATE-----";
constexpr std::string_view kPemEnd = "-----END CERTIFICATE-----";
constexpr std::size_t kMaxCertificateFile = std::size_t{4} << 20U;

constexpr std::string_view kSpaces = " \t\r\n";

bool LooksLikeList(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  const std::size_t start = text.find_first_not_of(kSpaces);
  return start != std::string_view::npos && text[start] == '<' &&
         text.find("TrustServiceStatusList") != std::string_view::npos;
}

// The text of the first element with this local name, as a hasty reader would see it.
std::string_view FirstText(std::string_view text, std::string_view name) {
  for (std::size_t at = text.find(name); at != std::string_view::npos;
       at = text.find(name, at + 1)) {
    const std::size_t begin = text.find('>', at);
    const std::size_t end = begin == std::string_view::npos ? begin : text.find('<', begin);
    if (end == std::string_view::npos) return {};
    std::string_view inside = text.substr(begin + 1, end - begin - 1);
    const std::size_t first = inside.find_first_not_of(kSpaces);
    if (first == std::string_view::npos) return {};
    return inside.substr(first, inside.find_last_not_of(kSpaces) - first + 1);
  }
  return {};
}

long NumberIn(std::string_view text) {
  long number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

TrustListHeader GlanceAt(std::string_view text) {
  TrustListHeader header;
  header.version = NumberIn(FirstText(text, "TSLVersionIdentifier"));
  header.sequence = NumberIn(FirstText(text, "TSLSequenceNumber"));
  header.type = FirstText(text, "TSLType>");
  header.territory = FirstText(text, "SchemeTerritory");
  header.issued = base::ParseTime(FirstText(text, "ListIssueDateTime")).value_or(base::Time());
  return header;
}

std::string WithoutSpaces(std::string_view text) {
  std::string out;
  for (const char c : text)
    if (kSpaces.find(c) == std::string_view::npos) out.push_back(c);
  return out;
}

std::vector<Certificate> PemCertificates(std::string_view text, CertificateStore& store) {
  std::vector<Certificate> found;
  for (std::size_t at = text.find(kPemBegin); at != std::string_view::npos;
       at = text.find(kPemBegin, at)) {
    at += kPemBegin.size();
    const std::size_t end = text.find(kPemEnd, at);
    if (end == std::string_view::npos) break;
    const auto der = base::Base64Decode(WithoutSpaces(text.substr(at, end - at)));
    if (auto certificate = der ? store.Get(*der) : std::nullopt)
      found.push_back(std::move(*certificate));
    at = end;
  }
  return found;
}

std::vector<Certificate> CertificatesIn(base::ByteSpan bytes, CertificateStore& store) {
  if (bytes.size() > kMaxCertificateFile) return {};
  auto pem = PemCertificates(base::AsText(bytes), store);
  if (!pem.empty()) return pem;
  auto one = !bytes.empty() && bytes[0] == 0x30 ? store.Get(bytes) : std::nullopt;
  if (!one) return {};
  return {std::move(*one)};
}

using Digested = std::pair<base::Sha256Digest, NamedBytes>;

// What is trusted does not hang on the order in which somebody named the files.
std::vector<Digested> InOneOrder(const std::vector<NamedBytes>& inputs) {
  std::vector<Digested> all;
  for (const NamedBytes& input : inputs) all.emplace_back(base::Sha256(input.bytes), input);
  std::ranges::stable_sort(all, {}, [](const Digested& file) {
    return std::pair(file.first, std::string_view(file.second.name));
  });
  return all;
}

}  // namespace

TrustInputs SortTrustInputs(const std::vector<NamedBytes>& inputs, CertificateStore& store,
                            Findings& findings) {
  TrustInputs sorted;
  std::set<base::Sha256Digest> files;
  std::set<base::Sha256Digest> certificates;
  for (const auto& [digest, input] : InOneOrder(inputs)) {
    const std::string_view text = base::AsText(input.bytes);
    if (LooksLikeList(text)) {
      if (files.insert(digest).second)
        sorted.lists.push_back({input.name, input.bytes, digest, GlanceAt(text)});
      continue;
    }
    const auto found = CertificatesIn(input.bytes, store);
    if (found.empty())
      findings.push_back({"trust.skipped", FindingSeverity::kInfo, input.name});
    else
      files.insert(digest);
    for (const Certificate& certificate : found)
      if (certificates.insert(certificate.Sha256()).second)
        sorted.certificates.push_back(certificate);
  }
  sorted.digests.assign(files.begin(), files.end());
  return sorted;
}

}  // namespace signing
