#include "trust/pem.h"

#include <string>
#include <string_view>

#include "base/base64.h"

namespace trust {

std::vector<base::Bytes> CertificatesIn(base::Bytes file) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  constexpr std::string_view kEnd = "-----END CERTIFICATE-----";
  std::vector<base::Bytes> found;
  std::string_view text = base::AsText(file);
  for (std::size_t at = text.find(kBegin); at != std::string_view::npos; at = text.find(kBegin)) {
    text.remove_prefix(at + kBegin.size());
    std::string inside(text.substr(0, text.find(kEnd)));
    std::erase_if(inside, [](char c) { return c == '\n' || c == '\r' || c == ' '; });
    if (auto der = base::Base64Decode(inside)) found.push_back(std::move(*der));
  }
  if (found.empty()) found.push_back(std::move(file));
  return found;
}

}  // namespace trust
