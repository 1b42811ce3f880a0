#include "signing/distinguished_name.h"

#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "base/c_handle.h"

namespace signing {
namespace {

// Attribute number (dotted) and comparable value.
using Attribute = std::pair<std::string, std::string>;

struct Keyword {
  std::string_view name;
  std::string_view oid;
};
constexpr auto kKeywords = std::to_array<Keyword>({
    {"cn", "2.5.4.3"},
    {"commonname", "2.5.4.3"},
    {"sn", "2.5.4.4"},
    {"surname", "2.5.4.4"},
    {"serialnumber", "2.5.4.5"},
    {"c", "2.5.4.6"},
    {"countryname", "2.5.4.6"},
    {"l", "2.5.4.7"},
    {"localityname", "2.5.4.7"},
    {"s", "2.5.4.8"},
    {"st", "2.5.4.8"},
    {"stateorprovincename", "2.5.4.8"},
    {"street", "2.5.4.9"},
    {"o", "2.5.4.10"},
    {"organizationname", "2.5.4.10"},
    {"ou", "2.5.4.11"},
    {"organizationalunitname", "2.5.4.11"},
    {"t", "2.5.4.12"},
    {"title", "2.5.4.12"},
    {"gn", "2.5.4.42"},
    {"g", "2.5.4.42"},
    {"givenname", "2.5.4.42"},
    {"postalcode", "2.5.4.17"},
    {"organizationidentifier", "2.5.4.97"},
    {"dc", "0.9.2342.19200300.100.1.25"},
    {"uid", "0.9.2342.19200300.100.1.1"},
    {"e", "1.2.840.113549.1.9.1"},
    {"email", "1.2.840.113549.1.9.1"},
    {"emailaddress", "1.2.840.113549.1.9.1"},
});

bool IsSpace(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

char LowerChar(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 0x20) : c;
}

std::string Trim(std::string_view text) {
  while (!text.empty() && IsSpace(text.front())) text.remove_prefix(1);
  while (!text.empty() && IsSpace(text.back())) text.remove_suffix(1);
  return std::string(text);
}

// Lower case, runs of white space as one blank.
std::string Comparable(std::string_view text) {
  std::string out;
  for (const char c : Trim(text)) {
    if (IsSpace(c) && out.ends_with(' ')) continue;
    out.push_back(IsSpace(c) ? ' ' : LowerChar(c));
  }
  return out;
}

std::string OidOfKeyword(std::string_view keyword) {
  std::string lower;
  for (const char c : Trim(keyword)) lower.push_back(LowerChar(c));
  if (lower.starts_with("oid.")) lower.erase(0, 4);
  const auto found = std::ranges::find(kKeywords, lower, &Keyword::name);
  return found == kKeywords.end() ? lower : std::string(found->oid);
}

void FreeBytes(unsigned char* bytes) {
  OPENSSL_free(bytes);
}

std::string ValueText(const ASN1_STRING* value) {
  unsigned char* text = nullptr;
  const int size = ASN1_STRING_to_UTF8(&text, value);
  const base::CHandle<unsigned char, FreeBytes> owner{text};
  return size < 0 ? std::string()
                  : Comparable(base::AsText({text, static_cast<std::size_t>(size)}));
}

std::string OidText(const ASN1_OBJECT* object) {
  std::array<char, 128> text{};
  OBJ_obj2txt(text.data(), static_cast<int>(text.size()), object, 1);
  return text.data();
}

std::vector<Attribute> AttributesOf(const X509_NAME* name) {
  std::vector<Attribute> attributes;
  for (int i = 0; i < X509_NAME_entry_count(name); ++i) {
    const X509_NAME_ENTRY* entry = X509_NAME_get_entry(name, i);
    attributes.emplace_back(OidText(X509_NAME_ENTRY_get_object(entry)),
                            ValueText(X509_NAME_ENTRY_get_data(entry)));
  }
  return attributes;
}

// RFC 4514, 2.4: "#" and the hexadecimal encoding of the value's BER.
std::optional<std::string> ValueOfHex(std::string_view hex) {
  std::string lower;
  for (const char c : hex) lower.push_back(LowerChar(c));
  const auto der = base::HexDecode(lower);
  if (!der) return std::nullopt;
  const unsigned char* at = der->data();
  const base::CHandle<ASN1_TYPE, ASN1_TYPE_free> type{
      d2i_ASN1_TYPE(nullptr, &at, static_cast<long>(der->size()))};
  ERR_clear_error();
  if (!type || ASN1_TYPE_get(type.get()) == V_ASN1_BOOLEAN ||
      ASN1_TYPE_get(type.get()) == V_ASN1_OBJECT || ASN1_TYPE_get(type.get()) == V_ASN1_NULL)
    return std::nullopt;
  return ValueText(type->value.asn1_string);
}

int HexDigit(char c) {
  c = LowerChar(c);
  if (c >= '0' && c <= '9') return c - '0';
  return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

// Reads one value up to an unescaped separator, undoing escapes and quotes.
std::string TakeValue(std::string_view& text) {
  std::string value;
  bool quoted = false;
  while (!text.empty()) {
    const char c = text.front();
    if (!quoted && (c == ',' || c == ';' || c == '+')) break;
    text.remove_prefix(1);
    if (c == '"') {
      quoted = !quoted;
    } else if (c == '\\' && text.size() >= 2 && HexDigit(text[0]) >= 0 && HexDigit(text[1]) >= 0) {
      value.push_back(static_cast<char>(HexDigit(text[0]) * 16 + HexDigit(text[1])));
      text.remove_prefix(2);
    } else if (c == '\\' && !text.empty()) {
      value.push_back(text.front());
      text.remove_prefix(1);
    } else {
      value.push_back(c);
    }
  }
  return value;
}

std::optional<std::vector<Attribute>> ParseName(std::string_view text) {
  std::vector<Attribute> attributes;
  while (!Trim(text).empty()) {
    const std::size_t equals = text.find('=');
    if (equals == std::string_view::npos || attributes.size() > 64) return std::nullopt;
    std::string oid = OidOfKeyword(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    const std::string value = TakeValue(text);
    const std::string trimmed = Trim(value);
    const auto decoded =
        trimmed.starts_with('#') ? ValueOfHex(std::string_view(trimmed).substr(1)) : std::nullopt;
    attributes.emplace_back(std::move(oid), decoded ? *decoded : Comparable(value));
    if (!text.empty()) text.remove_prefix(1);  // The separator.
  }
  return attributes;
}

}  // namespace

bool NameMeans(std::string_view text, const X509_NAME* name) {
  auto written = ParseName(text);
  if (!written) return false;
  std::vector<Attribute> actual = AttributesOf(name);
  std::ranges::sort(*written);
  std::ranges::sort(actual);
  return *written == actual;
}

}  // namespace signing
