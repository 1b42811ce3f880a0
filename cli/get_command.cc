// get: a stored document comes back, and the read is on record.
#include "base/digest.h"
#include "cli/api_client.h"
#include "cli/new_file.h"
#include "cli/verbs.h"

namespace cli {
namespace {

struct Options {
  std::string id;
  std::string out;
  std::string purpose;
  std::string profile = "agency";
};

base::Result<base::Json> Get(const Common& common, const Options& options) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  base::Sha256Stream hash;
  std::uint64_t size = 0;
  std::string name;
  RETURN_IF_ERROR(ReplaceFileInPieces(options.out, [&](const TakePiece& write) -> base::Status {
    const auto take = [&](base::ByteSpan piece) {
      hash.Update(piece);
      size += piece.size();
      write(piece);
      return base::Ok();
    };
    ASSIGN_OR_RETURN(const Answer answer,
                     api.Send({.path = "/v1/documents/" + options.id + "/content",
                               .headers = {{"Edocvault-Purpose", options.purpose}},
                               .take = take}));
    name = answer.file_name;
    return base::Ok();
  }));
  base::Json json;
  json.Set("id", options.id);
  json.Set("file", options.out);
  json.Set("name", name);
  json.Set("size", size);
  json.Set("sha256", base::HexEncode(std::move(hash).Finish().bytes));
  return json;
}

}  // namespace

void AddGet(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("get", "Read a stored document; the read is recorded");
  verb->add_option("id", options->id, "Id that `store` printed")->required();
  verb->add_option("-o,--out", options->out, "File to write")->required();
  verb->add_option("--purpose", options->purpose, "Why it is read")->required();
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = Get(common, *options);
    exit_code = done.ok() ? Done(common, done.value(), "wrote " + options->out)
                          : Fail(common, done.error());
  });
}

}  // namespace cli
