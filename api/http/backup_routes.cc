#include "api/http/backup_routes.h"

#include <charconv>

namespace api {
namespace {

base::Json ToJson(const BackupDesk::Outcome& outcome) {
  base::Json json;
  json.Set("run", static_cast<std::int64_t>(outcome.run));
  json.Set("state", outcome.is_done ? "done" : "running");
  if (!outcome.is_done) return json;
  const vault::BackupMade& made = outcome.made.value();
  json.Set("number", static_cast<std::int64_t>(made.number));
  json.Set("from", static_cast<std::int64_t>(made.from));
  json.Set("to", static_cast<std::int64_t>(made.to));
  json.Set("documents", static_cast<std::int64_t>(made.documents));
  json.Set("bytes", static_cast<std::int64_t>(made.bytes));
  json.Set("nothingNew", made.nothing_new);
  return json;
}

}  // namespace

base::Result<Response> PostBackup(BackupDesk& desk) {
  ASSIGN_OR_RETURN(const std::uint64_t run, desk.Ask());
  Response response = JsonResponse(202, base::Json().Set("run", static_cast<std::int64_t>(run)));
  response.headers["Location"] = "/v1/backups/" + std::to_string(run);
  return response;
}

base::Result<Response> GetBackup(BackupDesk& desk, std::string_view run,
                                 std::chrono::seconds wait) {
  std::uint64_t number = 0;
  const auto parsed = std::from_chars(run.data(), run.data() + run.size(), number);
  if (parsed.ec != std::errc() || parsed.ptr != run.data() + run.size()) number = 0;
  ASSIGN_OR_RETURN(const BackupDesk::Outcome outcome, desk.Look(number, wait));
  if (outcome.is_done && !outcome.made.ok()) return outcome.made.error();
  return JsonResponse(200, ToJson(outcome));
}

}  // namespace api
