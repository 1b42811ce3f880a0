// What the HTTP layer decides without a socket: file names, problems, configuration.
#include <gtest/gtest.h>

#include "api/config.h"
#include "api/http/byte_range.h"
#include "api/http/content_disposition.h"
#include "api/http/message.h"
#include "api/http/routes.h"
#include "base/file.h"
#include "tests/fakes/temp_dir.h"

namespace api {
namespace {

TEST(ContentDispositionTest, ReadsBothFormsOfFileName) {
  EXPECT_EQ(FileNameOf("attachment; filename*=UTF-8''l%C4%93mums.txt"), "lēmums.txt");
  EXPECT_EQ(FileNameOf("attachment; filename=\"a b.txt\""), "a b.txt");
  EXPECT_EQ(FileNameOf("attachment"), std::nullopt);
}

TEST(ContentDispositionTest, BrokenPercentEncodingIsNoName) {
  EXPECT_EQ(FileNameOf("attachment; filename*=UTF-8''%C"), std::nullopt);
  EXPECT_EQ(FileNameOf("attachment; filename*=UTF-8''%zz"), std::nullopt);
}

TEST(ContentDispositionTest, ANameCannotBreakOutOfTheHeader) {
  const std::string header = AttachmentHeader("a\r\nSet-Cookie: x=1; \"b\"");
  EXPECT_EQ(header.find_first_of("\r\n\""), std::string::npos);
  EXPECT_EQ(FileNameOf(header), "a\r\nSet-Cookie: x=1; \"b\"");
}

Request LatvianRequest() {
  Request request;
  request.id = "0123";
  request.headers["accept-language"] = "lv,en;q=0.5";
  return request;
}

TEST(ProblemTest, HasStatusCodeAndTheCallersLanguage) {
  const Response response =
      Problem({base::ErrorCode::kNotFound, "client.unknown", "detail"}, LatvianRequest());
  EXPECT_EQ(response.status, 404);
  EXPECT_EQ(response.content_type, "application/problem+json");
  const base::Json json = base::Json::Parse(base::AsText(response.body)).value();
  EXPECT_EQ(json.Text("code"), "client.unknown");
  EXPECT_EQ(json.Text("title"), base::TextOf("client.unknown", base::Language::kLatvian));
  EXPECT_EQ(json.Text("requestId"), "0123");
}

TEST(ProblemTest, KeepsTheDetailsOfOurBugsToItself) {
  for (const auto code : {base::ErrorCode::kInternal, base::ErrorCode::kCorrupted,
                          base::ErrorCode::kUnavailable, base::ErrorCode::kOutcomeUnknown}) {
    const Response response = Problem({code, "release.refused", "inner secret"}, Request());
    EXPECT_EQ(base::ToString(response.body).find("inner secret"), std::string::npos);
  }
}

TEST(ProblemTest, AFullDiskIs507AndSaysWhenToComeBack) {
  const Response response = Problem({base::ErrorCode::kUnavailable, "disk.full", ""}, Request());
  EXPECT_EQ(response.status, 507);
  EXPECT_TRUE(response.headers.contains("Retry-After"));
}

TEST(AdmitTest, AListOfABatchIsSmallerThanADocument) {
  const auto taken = [](const std::string& path, std::size_t document_bytes) {
    Request request;
    request.method = "POST";
    request.path = path;
    request.caller.role = CallerRole::kAgency;
    return Admit(request, document_bytes).value();
  };
  constexpr std::size_t kMiB = std::size_t{1} << 20U;
  EXPECT_EQ(taken("/v1/signatures", 32 * kMiB), 32 * kMiB);
  EXPECT_EQ(taken("/v1/batches", 32 * kMiB), 8 * kMiB);
  EXPECT_EQ(taken("/v1/batches", kMiB), kMiB);
}

class ByteRangeTest : public ::testing::Test {
 protected:
  static constexpr std::uint64_t kSize = 1000;
  base::Result<std::optional<ByteRange>> Read(const std::string& range,
                                              const std::string& if_range = "") {
    Request request;
    request.headers["range"] = range;
    if (!if_range.empty()) request.headers["if-range"] = if_range;
    return ReadRange(request, kSize, "\"tag\"");
  }
};

TEST_F(ByteRangeTest, ReadsTheThreeForms) {
  EXPECT_EQ(Read("bytes=0-0").value(), (ByteRange{0, 1}));
  EXPECT_EQ(Read("bytes=10-19").value(), (ByteRange{10, 10}));
  EXPECT_EQ(Read("bytes=990-").value(), (ByteRange{990, 10}));
  EXPECT_EQ(Read("bytes=-10").value(), (ByteRange{990, 10}));
}

TEST_F(ByteRangeTest, EndsWhereTheContentEnds) {
  EXPECT_EQ(Read("bytes=990-18446744073709551615").value(), (ByteRange{990, 10}));
  EXPECT_EQ(Read("bytes=-2000").value(), (ByteRange{0, kSize}));
}

TEST_F(ByteRangeTest, WhatTheContentHasNoByteOfIsRefused) {
  for (const char* range : {"bytes=1000-", "bytes=1000-2000", "bytes=-0"})
    EXPECT_EQ(Read(range).error().reason, "range.unsatisfiable") << range;
}

TEST_F(ByteRangeTest, WhatIsNoSingleRangeIsIgnored) {
  for (const char* range :
       {"", "bytes=", "bytes=-", "bytes=5", "bytes=5-4", "bytes=1-2,4-5", "bytes=a-b", "lines=1-2",
        "bytes=1--2", "bytes=+1-2", "bytes=99999999999999999999-"})
    EXPECT_EQ(Read(range).value(), std::nullopt) << range;
}

TEST_F(ByteRangeTest, ARangeOfOtherContentIsAllOfThis) {
  EXPECT_TRUE(Read("bytes=0-0", "\"tag\"").value().has_value());
  for (const char* tag : {"\"other\"", "W/\"tag\"", "Sat, 29 Oct 1994 19:43:31 GMT"})
    EXPECT_EQ(Read("bytes=0-0", tag).value(), std::nullopt) << tag;
}

TEST(HasAlreadyTest, ReadsAListOfTags) {
  const auto has = [](const std::string& header) {
    Request request;
    request.headers["if-none-match"] = header;
    return HasAlready(request, "\"tag\"");
  };
  for (const char* header : {"\"tag\"", "W/\"tag\"", "*", "\"a\", \"tag\""})
    EXPECT_TRUE(has(header)) << header;
  for (const char* header : {"", "tag", "\"ta\"", "\"a\",,", "\"tag"})
    EXPECT_FALSE(has(header)) << header;
}

class ConfigTest : public ::testing::Test {
 protected:
  base::Result<Config> Read(const std::string& change_from, const std::string& change_to) {
    std::string text = R"([vault]
data = "data"
[listen]
address = "127.0.0.1"
port = 8443
certificate = "c"
key = "k"
client_ca = "ca"
[hsm]
module = "/m.so"
token = "t"
pin_file = "pin"
log_origin = "example.test/log"
[courier.services]
tsa = "http://127.0.0.1:1/tsa"
[[caller]]
name = "a"
role = "agency"
agency = "a"
certificate_sha256 = "0000000000000000000000000000000000000000000000000000000000000000"
)";
    if (!change_from.empty()) text.replace(text.find(change_from), change_from.size(), change_to);
    const auto file = dir_.path() / "config.toml";
    EXPECT_TRUE(base::ReplaceFile(file, base::AsBytes(text), 0600).ok());
    return ReadConfig(file);
  }
  std::string Complaint(const std::string& from, const std::string& to) {
    const auto config = Read(from, to);
    return config.ok() ? "" : config.error().reason + " " + config.error().message;
  }

  const tests::TempDir dir_;
};

TEST_F(ConfigTest, ReadsPathsRelativeToItself) {
  const auto config = Read("", "");
  ASSERT_TRUE(config.ok()) << config.error().message;
  EXPECT_EQ(config.value().data, dir_.path() / "data");
  EXPECT_EQ(config.value().hsm.module, "/m.so");
  EXPECT_EQ(config.value().callers.size(), 1U);
}

TEST_F(ConfigTest, NamesWhatItDoesNotKnow) {
  EXPECT_NE(Complaint("token =", "tokn =").find("config.malformed"), std::string::npos);
  EXPECT_NE(Complaint("data = \"data\"", "data = \"data\"\nextra = 1").find("extra"),
            std::string::npos);
  EXPECT_NE(Complaint("[vault]", "[other]\nx = 1\n[vault]").find("other"), std::string::npos);
}

TEST_F(ConfigTest, RefusesValuesThatCannotBe) {
  EXPECT_NE(Complaint("8443", "0").find("port"), std::string::npos);
  EXPECT_NE(Complaint("role = \"agency\"", "role = \"king\"").find("role"), std::string::npos);
  EXPECT_NE(Complaint("0000", "00g0").find("certificate_sha256"), std::string::npos);
  EXPECT_NE(Complaint("http://", "ftp://").find("URL"), std::string::npos);
  EXPECT_NE(Complaint("port = 8443", "port = [").find("config.malformed"), std::string::npos);
}

TEST_F(ConfigTest, AMissingFileIsNotFound) {
  EXPECT_EQ(ReadConfig(dir_.path() / "none").error().reason, "file.missing");
}

}  // namespace
}  // namespace api
