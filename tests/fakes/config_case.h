// ConfigCase: a configuration that reads, with whatever a test puts behind it.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "api/config.h"
#include "tests/fakes/temp_dir.h"

namespace tests {

class ConfigCase : public ::testing::Test {
 protected:
  base::Result<api::Config> Read(const std::string& rest) const {
    const auto path = dir_.path() / "edocvaultd.toml";
    std::ofstream(path) << "[vault]\ndata = \"data\"\n[listen]\naddress = \"127.0.0.1\"\nport = 1\n"
                           "certificate = \"c\"\nkey = \"k\"\nclient_ca = \"ca\"\n[hsm]\n"
                           "module = \"m\"\ntoken = \"t\"\npin_file = \"p\"\nlog_origin = \"o\"\n"
                           "[courier.services]\ntsa = \"http://a\"\n"
                        << rest;
    return api::ReadConfig(path);
  }
  // What is wrong with it; "" when nothing is.
  std::string Complaint(const std::string& rest) const {
    const auto config = Read(rest);
    return config.ok() ? "" : config.error().message;
  }

  const TempDir dir_;
};

}  // namespace tests
