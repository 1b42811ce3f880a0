// The shared folder with files that others made: EDOCVAULT_SHARED, or its default place.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

namespace tests {

inline std::filesystem::path SharedFolder() {
  const char* named = std::getenv("EDOCVAULT_SHARED");
  return named != nullptr ? named : EDOCVAULT_SHARED_DEFAULT;
}

using Row = std::map<std::string, std::string>;

// A table with a header, fields divided by tabs, nothing quoted. Empty when it is absent.
inline std::vector<Row> ReadTable(const std::filesystem::path& path) {
  const auto split = [](const std::string& line) {
    std::vector<std::string> fields;
    std::istringstream in(line);
    for (std::string field; std::getline(in, field, '\t');) fields.push_back(field);
    return fields;
  };
  std::vector<Row> rows;
  std::ifstream file(path);
  std::string line;
  if (!std::getline(file, line)) return rows;
  const std::vector<std::string> names = split(line);
  while (std::getline(file, line)) {
    const std::vector<std::string> fields = split(line);
    Row row;
    for (std::size_t i = 0; i < names.size(); ++i)
      row[names[i]] = i < fields.size() ? fields[i] : "";
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace tests
