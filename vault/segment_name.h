// The names of segment files: what a file holds is said by its name (docs/formats/segment.md).
#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"

namespace vault {

// The files of one agency and month.
struct Series {
  std::string agency;
  std::string month;  // YYYYMM of the intake, in UTC.
  friend auto operator<=>(const Series&, const Series&) = default;
};

// [a-z0-9-], 1 to 64.
bool IsAgency(std::string_view agency);

// REQUIRES: IsAgency(agency).
Series SeriesOf(std::string_view agency, base::Time intake);

// NNNNNNNNNN-agency-YYYYMM.vseg
std::string SegmentName(std::uint64_t number, const Series& series);

struct NamedSegment {
  std::uint64_t number = 0;
  Series series;
};

// nullopt for a file that SegmentName() did not name.
std::optional<NamedSegment> ParseSegmentName(const std::string& name);

}  // namespace vault
