// history: what passed between a client and public bodies, newest first, or who looked.
#include "base/utf8.h"
#include "cli/api_client.h"
#include "cli/verbs.h"

namespace cli {
namespace {

struct Options {
  std::string client;
  std::string purpose;
  std::string cursor;
  int limit = 50;
  bool accesses = false;
  std::string profile = "platform";
};

base::Result<base::Json> History(const Common& common, const Options& options) {
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  base::Json lookup;
  lookup.Set("identifier", options.client);
  ASSIGN_OR_RETURN(const Answer found,
                   api.Send({.method = "POST",
                             .path = "/v1/clients/lookup",
                             .query = {},
                             .headers = {{"Content-Type", "application/json"},
                                         {"Edocvault-Purpose", options.purpose}},
                             .body = base::ToBytes(lookup.Dump())}));
  ASSIGN_OR_RETURN(const base::Json client, found.AsJson());
  Call call{.method = "GET",
            .path = "/v1/clients/" + client.Text("client").value_or("") +
                    (options.accesses ? "/accesses" : "/history"),
            .query = {{"limit", std::to_string(options.limit)}},
            .headers = {{"Edocvault-Purpose", options.purpose}},
            .body = {}};
  if (!options.cursor.empty()) call.query["cursor"] = options.cursor;
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  return answer.AsJson();
}

std::string Line(const base::Json& item) {
  const auto text = [&](const char* name) { return item.Text(name).value_or(""); };
  if (item.Text("type") == "access")
    return text("at") + "  " + text("what") + "  by " + text("system") + "  \"" + text("purpose") +
           "\"";
  return text("at") + "  " + text("direction") + "  " + text("agency") + "  " + text("name") +
         "  " + text("id");
}

std::string ToText(const base::Json& page) {
  std::string text;
  const base::Json* items = page.Find("items");
  if (items != nullptr && items->AsArray() != nullptr) {
    for (const base::Json& item : *items->AsArray())
      text += base::WithoutSteering(Line(item)) + "\n";
  }
  if (text.empty()) return "nothing yet";
  if (const auto next = page.Text("next")) return text + "more: --cursor " + *next;
  text.pop_back();
  return text;
}

}  // namespace

void AddHistory(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("history", "A client's history; the read is recorded");
  verb->add_option("--client", options->client, "Identifier of the person or company")->required();
  verb->add_option("--purpose", options->purpose, "Why it is read")->required();
  verb->add_option("--limit", options->limit, "Items a page, 1 to 100")->capture_default_str();
  verb->add_option("--cursor", options->cursor, "Where the page before ended");
  verb->add_flag("--accesses", options->accesses, "Who looked, instead of what passed");
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = History(common, *options);
    exit_code =
        done.ok() ? Done(common, done.value(), ToText(done.value())) : Fail(common, done.error());
  });
}

}  // namespace cli
