// TrustCase: a configured source of trust and a store, with handles for who would turn them.
#pragma once

#include <filesystem>
#include <string>

#include "api/config.h"
#include "base/file.h"
#include "tests/fakes/certificate_maker.h"
#include "tests/fakes/fixed_clock.h"
#include "tests/fakes/temp_dir.h"
#include "tests/fakes/trust_list_maker.h"
#include "trust/import.h"

namespace tests {

// A list of lists by `operator_key`, which names `signer` for LV; and the list of LV.
struct TrustCase {
  TrustCase() {
    signing::PrepareVerifier();
    clock.now = Day(2023, 3, 1);
    lotl.list_of_lists = true;
    lotl.territory = "EU";
    lotl.sequence = 300;
    lotl.pointers = {{"EU", {&operator_key}, true}, {"LV", {&signer}}};
    list.sequence = 7;
    list.services.push_back({.identity = &ca, .history = {{.from = "2016-07-01T00:00:00Z"}}});
    static_cast<void>(base::ReplaceFile(dir.path() / "operator.der", operator_key.Der(), 0644));
    static_cast<void>(base::ReplaceFile(dir.path() / "anchor.der", anchor.Der(), 0644));
    config.dir = dir.path();
    config.list_signers = {dir.path() / "operator.der"};
    config.lists = {{"lotl", "http://127.0.0.1/lotl"}, {"LV", "http://127.0.0.1/lv"}};
  }

  trust::Files Fetched() const {
    return {{"LV", base::ToBytes(list.SignedBy(signer))},
            {"lotl", base::ToBytes(lotl.SignedBy(operator_key))}};
  }

  // As `edocvault trust import` does it; the id, or the reason.
  std::string Import(const trust::Files& files) const {
    const auto imported = trust::ImportFiles(
        store, {.files = &files, .source = "files", .allow_older = "", .now = clock.now});
    return imported.ok() ? imported.value().snapshot.id : imported.error().reason;
  }
  trust::Files Whole() const {
    trust::Files files = Fetched();
    files.push_back({"operator.der", operator_key.Der()});
    return files;
  }
  std::filesystem::path ObjectOf(base::ByteSpan bytes) const {
    return dir.path() / "trust/objects" / base::HexEncode(base::Sha256(bytes).span());
  }

  TempDir dir;
  FixedClock clock;
  const Identity operator_key = Make({.name = "Sarakstu saraksta parakstitajs"});
  const Identity signer = Make({.name = "Saraksta parakstitajs"});
  const Identity stranger = Make({.name = "Svesinieks"});
  const Identity ca = Make({.name = "CA", .extensions = CaExtensions()});
  const Identity anchor = Make({.name = "Sleta joma", .extensions = CaExtensions()});
  TrustListMaker lotl;
  TrustListMaker list;
  api::TrustConfig config;
  const trust::Store store{dir.path()};
};

}  // namespace tests
