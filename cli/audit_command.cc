// audit: recomputes a copy of the vault, offline and with no key of it.
#include <unistd.h>

#include <iostream>

#include "base/utf8.h"
#include "cli/trusted_keys.h"
#include "cli/verbs.h"
#include "vault/audit.h"

namespace cli {
namespace {

struct Options {
  std::string data;
  TrustedKeyOptions keys;
  bool log_only = false;
};

void TellProgress(const char* what, std::uint64_t done, std::uint64_t of) {
  std::cerr << "\r" << what << ": " << done << " of " << of << (done == of ? "\n" : "")
            << std::flush;
}

base::Result<vault::AuditReport> Audit(const Common& common, const Options& options) {
  ASSIGN_OR_RETURN(const TrustedKeys keys, ReadTrustedKeys(options.keys, Home::Find(common.home)));
  vault::AuditOrder order{.data = options.data,
                          .log_key = keys.log,
                          .witnesses = keys.witnesses,
                          .skip_documents = options.log_only};
  if (!keys.tsas.empty())
    order.read_stamp = [&keys](base::ByteSpan token, const base::Sha256Digest& covered) {
      return ReadStamp(token, covered, keys.tsas);
    };
  if (!common.json && ::isatty(STDERR_FILENO) == 1) order.progress = TellProgress;
  // What `log export` wrote has its checkpoint in a file.
  std::error_code error;
  if (std::filesystem::exists(order.data / "checkpoint", error)) return vault::AuditTiles(order);
  return vault::Audit(order);
}

const char* VerdictOf(const vault::AuditReport& report) {
  if (!report.IsIntact()) return "damaged";
  return report.IsComplete() ? "intact" : "incomplete";
}

base::Json ToJson(const vault::AuditReport& report, base::Language language) {
  const auto number = [](std::uint64_t count) {
    return base::Json(static_cast<std::int64_t>(count));
  };
  base::Json cosigned{base::Json::Object{}};
  for (const auto& [name, count] : report.cosigned) cosigned.Set(name, number(count));
  base::Json::Array findings;
  for (const vault::AuditFinding& finding : report.findings)
    findings.push_back(base::Json()
                           .Set("code", finding.reason)
                           .Set("message", base::TextOf(finding.reason, language))
                           .Set("detail", finding.detail));
  base::Json json;
  json.Set("schema", "edocvault.audit/1");
  json.Set("verdict", VerdictOf(report));
  json.Set("entries", number(report.head.size));
  json.Set("root", base::HexEncode(report.head.root.bytes));
  json.Set("checkpoints", number(report.checkpoints));
  json.Set("checkpointed", number(report.checkpointed));
  json.Set("cosignatures", std::move(cosigned));
  json.Set("cosignaturesOfUnknownKeys", number(report.unknown_cosignatures));
  json.Set("timestamps", number(report.stamps));
  json.Set("timestampsNotChecked", number(report.unchecked_stamps));
  json.Set("documents", number(report.documents));
  json.Set("documentBytes", number(report.document_bytes));
  json.Set("findingCount", number(report.finding_count));
  json.Set("findings", std::move(findings));
  return json;
}

std::string ToText(const vault::AuditReport& report, base::Language language) {
  const auto count = [](std::uint64_t number) { return std::to_string(number); };
  std::string text = std::string(VerdictOf(report)) + ": " + count(report.head.size) +
                     " entries, root " + base::HexEncode(report.head.root.bytes) + "\n" +
                     count(report.checkpoints) + " checkpoints, the newest good one covers " +
                     count(report.checkpointed) + " entries\n";
  for (const auto& [name, times] : report.cosigned)
    text += count(times) + " cosignatures by " + name + "\n";
  text += count(report.stamps) + " time-stamps\n" + count(report.documents) + " documents, " +
          count(report.document_bytes) + " bytes of ciphertext";
  if (report.unknown_cosignatures > 0)
    text += "\nnot checked: " + count(report.unknown_cosignatures) +
            " cosignatures of keys that were not given (--witness)";
  if (report.unchecked_stamps > 0)
    text += "\nnot checked: " + count(report.unchecked_stamps) + " time-stamps (--tsa)";
  for (const vault::AuditFinding& finding : report.findings)
    text += "\nDAMAGED  " + base::WithoutSteering(finding.detail) + "\n         " +
            std::string(base::TextOf(finding.reason, language)) + " (" + finding.reason + ")";
  if (report.finding_count > report.findings.size())
    text += "\nand " + count(report.finding_count - report.findings.size()) + " more";
  return text;
}

}  // namespace

void AddAudit(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  CLI::App* verb = app.add_subcommand("audit", "Recompute a copy of the vault, offline");
  verb->add_option("data", options->data, "A copy of the data folder, or what `log export` wrote")
      ->required();
  options->keys.AddTo(*verb);
  verb->add_flag("--log-only", options->log_only, "Without the documents' ciphertext");
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto report = Audit(common, *options);
    if (!report.ok()) {
      exit_code = Fail(common, report.error());
      return;
    }
    exit_code =
        Done(common, ToJson(report.value(), common.lang()), ToText(report.value(), common.lang()));
    if (!report.value().IsComplete()) exit_code = kExitIndeterminate;
    if (!report.value().IsIntact()) exit_code = kExitInvalid;
  });
}

}  // namespace cli
