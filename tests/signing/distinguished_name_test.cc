#include "signing/distinguished_name.h"

#include <gtest/gtest.h>
#include <openssl/x509.h>

#include "base/c_handle.h"

namespace signing {
namespace {

using Name = base::CHandle<X509_NAME, X509_NAME_free>;

// C=LV, O="SIA Paraugs, parbaude", 2.5.4.97=NTRLV-40000000000, CN="Telev\u012Bzijas CA".
Name Sample() {
  Name name{X509_NAME_new()};
  const auto add = [&](const char* field, const char* value) {
    X509_NAME_add_entry_by_txt(name.get(), field, MBSTRING_UTF8,
                               reinterpret_cast<const unsigned char*>(value), -1, -1, 0);
  };
  add("C", "LV");
  add("O", "SIA Paraugs, parbaude");
  add("2.5.4.97", "NTRLV-40000000000");
  add("CN", "Telev\xC4\xABzijas CA");
  return name;
}

class NameFormTest : public testing::TestWithParam<std::string_view> {};

TEST_P(NameFormTest, L13_MeansTheName) {
  EXPECT_TRUE(NameMeans(GetParam(), Sample().get())) << GetParam();
}

INSTANTIATE_TEST_SUITE_P(
    Forms, NameFormTest,
    testing::Values(
        "CN=Telev\xC4\xABzijas CA,organizationIdentifier=NTRLV-40000000000,"
        "O=SIA Paraugs\\, parbaude,C=LV",
        "CN=Telev\\C4\\ABzijas CA, 2.5.4.97=NTRLV-40000000000, O=\"SIA Paraugs, parbaude\", C=LV",
        "C=LV, O=SIA Paraugs\\2C parbaude, "
        "OID.2.5.4.97=#0C114E54524C562D3430303030303030303030, CN=Telev\xC4\xABzijas  ca",
        "cn=Telev\xC4\xABzijas CA;2.5.4.97=NTRLV-40000000000;o=SIA Paraugs\\, parbaude\n;c=lv"));

TEST(DistinguishedNameTest, L13_AnotherNameIsAnotherName) {
  const Name name = Sample();
  EXPECT_FALSE(NameMeans("CN=Telev\xC4\xABzijas CA,C=LV", name.get()));
  EXPECT_FALSE(
      NameMeans("CN=Televizijas CA,organizationIdentifier=NTRLV-40000000000,"
                "O=SIA Paraugs\\, parbaude,C=LV",
                name.get()));
  EXPECT_FALSE(NameMeans("", name.get()));
  EXPECT_FALSE(NameMeans("no name at all", name.get()));
}

}  // namespace
}  // namespace signing
