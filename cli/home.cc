#include "cli/home.h"

#include <cstdlib>

// Before toml.hpp: errors as values, like everywhere else.
#define TOML_EXCEPTIONS 0
#include <toml++/toml.h>

#include "base/bytes.h"
#include "base/file.h"

namespace cli {
namespace {

constexpr std::size_t kMaxConfigSize = std::size_t{1} << 20U;

base::Error Malformed(const std::filesystem::path& file, const std::string& what) {
  return {base::ErrorCode::kInvalidInput, "config.malformed", file.string() + ": " + what};
}

std::string Variable(const char* name) {
  const char* value = std::getenv(name);  // NOLINT(concurrency-mt-unsafe): before any thread
  return value == nullptr ? "" : value;
}

}  // namespace

Home Home::Find(const std::string& given) {
  if (!given.empty()) return Home(std::filesystem::absolute(given));
  const std::string variable = Variable("EDOCVAULT_HOME");
  if (!variable.empty()) return Home(std::filesystem::absolute(variable));
  return Home(std::filesystem::path(Variable("HOME")) / ".edocvault");
}

base::Result<ClientConfig> ReadClientConfig(const Home& home) {
  const std::filesystem::path file = home.client_config();
  const auto text = base::ReadFile(file, kMaxConfigSize);
  if (!text.ok() && text.error().code == base::ErrorCode::kNotFound)
    return base::Error{base::ErrorCode::kNotFound, "home.missing",
                       "no appliance in " + home.path().string()};
  if (!text.ok()) return text.error();
  const toml::parse_result parsed = toml::parse(base::AsText(text.value()));
  if (!parsed) return Malformed(file, std::string(parsed.error().description()));

  const toml::table& root = parsed.table();
  ClientConfig config;
  config.server = root["server"].value_or(std::string());
  config.ca = home.path() / root["ca"].value_or(std::string());
  config.emulator_port = root["emulator_port"].value_or(std::uint16_t{0});
  if (const toml::table* profiles = root["profile"].as_table()) {
    for (const auto& [name, node] : *profiles) {
      const toml::table* profile = node.as_table();
      if (profile == nullptr) return Malformed(file, "[profile] holds something that is no table");
      config.profiles[std::string(name.str())] = {
          home.path() / (*profile)["certificate"].value_or(std::string()),
          home.path() / (*profile)["key"].value_or(std::string())};
    }
  }
  if (config.server.empty() || config.profiles.empty())
    return Malformed(file, "server and at least one profile are needed");
  return config;
}

}  // namespace cli
