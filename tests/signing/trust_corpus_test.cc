// Trusted lists that others published, read in place and never copied.
#include <gtest/gtest.h>

#include <algorithm>

#include "base/file.h"
#include "signing/trust_list.h"
#include "signing/trust_list_signature.h"
#include "signing/trust_snapshot.h"
#include "tests/fakes/shared_folder.h"

namespace signing {
namespace {

namespace fs = std::filesystem;

const fs::path kTrust = tests::SharedFolder() / "corpus" / "trust";

// Files of folders, mapped for as long as this lives.
class Folder {
 public:
  explicit Folder(const std::vector<fs::path>& paths) {
    for (const fs::path& path : paths) {
      if (fs::is_regular_file(path)) Add(path);
      if (!fs::is_directory(path)) continue;
      for (const auto& entry : fs::directory_iterator(path)) Add(entry.path());
    }
  }

  std::vector<NamedBytes> Inputs() const {
    std::vector<NamedBytes> inputs;
    for (std::size_t i = 0; i < files_.size(); ++i)
      inputs.push_back({names_[i], files_[i].bytes()});
    return inputs;
  }

 private:
  void Add(const fs::path& path) {
    auto file = base::MappedFile::Open(path);
    if (!file.ok()) return;
    names_.push_back(path.filename().string());
    files_.push_back(std::move(file).value());
  }

  std::vector<std::string> names_;
  std::vector<base::MappedFile> files_;
};

base::Time At(std::string_view text) {
  return *base::ParseTime(text);
}

std::string Territories(const TrustSnapshot& snapshot) {
  std::vector<std::string> names;
  for (const TrustListUse& use : snapshot.lists())
    names.push_back(use.territory + std::to_string(use.sequence));
  std::ranges::sort(names);
  std::string all;
  for (const std::string& name : names) all += name + " ";
  return all;
}

std::string Told(const TrustFindings& findings) {
  std::string all;
  for (const Finding& finding : findings)
    all += std::string(finding.code) + " " + finding.detail + "\n";
  return all;
}

class TrustCorpusTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!fs::exists(kTrust)) GTEST_SKIP() << "no shared corpus at " << kTrust;
  }
};

TEST_F(TrustCorpusTest, EveryRealListParsesAndItsSignatureIsIntact) {
  const Folder folder({kTrust / "tl", kTrust / "tl-test"});
  CertificateStore store;
  for (const NamedBytes& input : folder.Inputs()) {
    const auto document = XmlDocument::Parse(input.bytes);
    ASSERT_TRUE(document.ok()) << input.name << document.error().reason;
    const auto header = ReadTrustListHeader(document.value());
    ASSERT_TRUE(header.ok()) << input.name << header.error().message;
    const auto signer = CheckTrustListSignature(document.value());
    EXPECT_TRUE(signer.ok()) << input.name << signer.error().message;
    const auto services = ReadTrustServices(document.value(), header.value().territory, store);
    EXPECT_EQ(services.unreadable, 0U) << input.name;
    EXPECT_EQ(services.services.empty(), header.value().IsListOfLists()) << input.name;
    EXPECT_FALSE(ReadTrustPointers(document.value(), store).empty()) << input.name;
  }
}

TEST_F(TrustCorpusTest, TheListsOfOctober2023AreUsedThroughTheListOfLists) {
  const Folder folder({kTrust / "tl", kTrust / "certs/lotl", kTrust / "certs/digidoc4j-prod"});
  TrustFindings findings;
  const auto snapshot = TrustSnapshot::Read(folder.Inputs(), At("2023-10-10T00:00:00Z"), &findings);
  EXPECT_EQ(Territories(snapshot), "EE62 EU332 FI45 LT66 LV41 ") << Told(findings);
  // Those of digidoc4j-prod, and a test list's signer that says nothing of its use.
  EXPECT_EQ(snapshot.anchors().size(), 9U);
}

TEST_F(TrustCorpusTest, WithoutTheListOfListsSignersNothingIsTrusted) {
  const Folder folder({kTrust / "tl"});
  const auto snapshot = TrustSnapshot::Read(folder.Inputs(), At("2023-10-10T00:00:00Z"), nullptr);
  EXPECT_TRUE(snapshot.services().empty());
  EXPECT_TRUE(snapshot.lists().empty());
}

TEST_F(TrustCorpusTest, TheTestListIsUsedUnderItsSignersCertificate) {
  const Folder folder({kTrust / "tl-test/EE_T.xml", kTrust / "certs/libdigidocpp/TSL.crt"});
  TrustFindings findings;
  const auto snapshot = TrustSnapshot::Read(folder.Inputs(), At("2026-06-01T00:00:00Z"), &findings);
  EXPECT_FALSE(snapshot.services().empty()) << Told(findings);
  EXPECT_TRUE(snapshot.anchors().empty());
}

}  // namespace
}  // namespace signing
