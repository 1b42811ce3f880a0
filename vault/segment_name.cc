#include "vault/segment_name.h"

#include <algorithm>
#include <charconv>

namespace vault {
namespace {

constexpr std::size_t kMaxAgency = 64;
constexpr std::size_t kNumberDigits = 10;
constexpr std::size_t kMonthDigits = 6;
constexpr std::string_view kSuffix = ".vseg";

}  // namespace

bool IsAgency(std::string_view agency) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
  };
  return !agency.empty() && agency.size() <= kMaxAgency && std::ranges::all_of(agency, allowed);
}

Series SeriesOf(std::string_view agency, base::Time intake) {
  const std::string text = base::FormatTime(intake);  // YYYY-MM-...
  return {std::string(agency), text.substr(0, 4) + text.substr(5, 2)};
}

std::string SegmentName(std::uint64_t number, const Series& series) {
  std::string digits = std::to_string(number);
  if (digits.size() < kNumberDigits) digits.insert(0, kNumberDigits - digits.size(), '0');
  return digits + "-" + series.agency + "-" + series.month + std::string(kSuffix);
}

std::optional<NamedSegment> ParseSegmentName(const std::string& name) {
  const std::size_t dash = name.find('-');
  if (dash == std::string::npos || !name.ends_with(kSuffix)) return std::nullopt;
  const std::size_t tail = kMonthDigits + 1 + kSuffix.size();
  if (name.size() < dash + 1 + tail) return std::nullopt;
  NamedSegment named;
  std::from_chars(name.data(), name.data() + dash, named.number);
  named.series.agency = name.substr(dash + 1, name.size() - tail - dash - 1);
  named.series.month = name.substr(name.size() - tail + 1, kMonthDigits);
  if (SegmentName(named.number, named.series) != name) return std::nullopt;
  return named;
}

}  // namespace vault
