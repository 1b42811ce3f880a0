#include "signing/nested_documents.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "signing/member_name.h"

namespace signing {
namespace {

constexpr std::size_t kMaxDocuments = 16;
// Of all together: they are held until the verdict on what is around them stands.
constexpr std::size_t kMaxBytes = std::size_t{16} << 20U;
constexpr auto kExtensions = std::to_array<std::string_view>(
    {".edoc", ".asice", ".sce", ".asics", ".scs", ".bdoc", ".adoc"});
constexpr std::string_view kArchive = "PK\x03\x04";

bool IsNamedAsContainer(std::string_view name) {
  std::string lower(name);
  std::ranges::transform(lower, lower.begin(), [](unsigned char c) { return std::tolower(c); });
  return std::ranges::any_of(kExtensions,
                             [&](std::string_view end) { return lower.ends_with(end); });
}

}  // namespace

base::Result<std::vector<NestedDocument>> FindNested(AsicContainer& container, std::size_t depth,
                                                     WorkBudget& budget) {
  std::vector<NestedDocument> found;
  std::size_t left = kMaxBytes;
  for (const std::string& name : container.data_files()) {
    if (!IsNamedAsContainer(name)) continue;
    const std::size_t size = container.SizeOf(name);
    // A budget that cannot pay for it must not be marked as spent: the verdict stands already.
    if (depth >= kMaxNesting || found.size() >= kMaxDocuments || size > left ||
        !budget.CheckFits(container.CostOfPass(name), 0, 0).ok()) {
      container.findings().push_back(
          {"container.nested-not-verified", FindingSeverity::kWarning, PrintableText(name)});
      continue;
    }
    RETURN_IF_ERROR(budget.Spend(container.CostOfPass(name)));
    left -= size;
    NestedDocument document{name, {}};
    document.bytes.reserve(size);
    RETURN_IF_ERROR(container.Stream(name, [&](base::ByteSpan part) {
      document.bytes.insert(document.bytes.end(), part.begin(), part.end());
    }));
    if (base::AsText(document.bytes).starts_with(kArchive)) found.push_back(std::move(document));
  }
  return found;
}

}  // namespace signing
