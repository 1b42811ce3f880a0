// verify: checks the signatures of one document, behind the walls.
#include <algorithm>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/error_text.h"
#include "base/file.h"
#include "cli/home.h"
#include "cli/input_files.h"
#include "cli/verbs.h"
#include "cli/verify_bundle.h"
#include "cli/verify_text.h"
#include "cli/verify_walls.h"
#include "hardening/walls.h"
#include "signing/report_pages.h"
#include "signing/verifier.h"
#include "trust/store.h"

namespace cli {
namespace {

using base::Error;
using base::ErrorCode;

constexpr std::size_t kMaxPolicy = std::size_t{1} << 20U;
constexpr std::size_t kMaxDigestList = std::size_t{16} << 20U;

struct Options {
  std::string file;
  std::string format = "text";
  std::string policy = "eu-ades";
  std::vector<std::string> trust;
  std::string trust_snapshot;
  std::string trust_at;
  std::string trust_dir;
  std::string at;
  std::string data;
  std::string digests;
  std::vector<std::string> evidence_records;
  std::string bundle;
  bool bundle_digests = false;
  std::string replay;
  const Common* common = nullptr;

  bool wants_json() const { return common->json || format == "json"; }
  base::Language lang() const { return common->lang(); }
};

// The files a run needs; the request borrows from them.
struct Inputs {
  InputFiles document;
  InputFiles trust;
  trust::Files stored_trust;
  InputFiles data;
  InputFiles evidence_records;

  base::Status RequireUnchanged() const {
    for (const InputFiles* files : {&document, &trust, &data, &evidence_records})
      RETURN_IF_ERROR(files->RequireUnchanged());
    return base::Ok();
  }
};

int Usage(const std::string& what) {
  std::fprintf(stderr, "edocvault verify: %s\n", what.c_str());
  return kExitUsage;
}

// One line of sha256sum: 64 hexadecimal digits, a blank, a blank or "*", the name.
base::Result<signing::NamedDigest> ParseDigestLine(std::string_view line) {
  constexpr std::size_t kHexSize = 64;
  const Error malformed{ErrorCode::kInvalidInput, "input.digest-list", std::string(line)};
  if (line.size() < kHexSize + 3 || line[kHexSize] != ' ') return malformed;
  const auto bytes = base::HexDecode(line.substr(0, kHexSize));
  const auto digest = bytes ? base::ToSha256Digest(*bytes) : std::nullopt;
  if (!digest) return malformed;
  return signing::NamedDigest{std::string(line.substr(kHexSize + 2)), *digest};
}

base::Result<std::vector<signing::NamedDigest>> ReadDigests(const std::string& path) {
  std::vector<signing::NamedDigest> digests;
  if (path.empty()) return digests;
  ASSIGN_OR_RETURN(const base::Bytes content, base::ReadFile(path, kMaxDigestList));
  std::string_view rest = base::AsText(content);
  while (!rest.empty()) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(line.size() + 1, rest.size()));
    if (line.empty()) continue;
    ASSIGN_OR_RETURN(signing::NamedDigest digest, ParseDigestLine(line));
    digests.push_back(std::move(digest));
  }
  return digests;
}

std::vector<signing::NamedBytes> Borrow(const InputFiles& files) {
  std::vector<signing::NamedBytes> borrowed;
  for (const InputFiles::File& file : files.files()) borrowed.push_back({file.name, file.bytes});
  return borrowed;
}

// The files of the stored snapshot that was asked for, if one was.
base::Result<trust::Files> ReadStoredTrust(const Options& options) {
  if (options.trust_snapshot.empty() && options.trust_at.empty()) return trust::Files{};
  const trust::Store store(options.trust_dir.empty() ? Home::Find(options.common->home).path()
                                                     : std::filesystem::path(options.trust_dir));
  const auto then = base::ParseTime(options.trust_at);
  ASSIGN_OR_RETURN(const std::string id,
                   then ? store.CurrentAt(*then) : store.Resolve(options.trust_snapshot));
  ASSIGN_OR_RETURN(const trust::Snapshot snapshot, store.Read(id));
  return store.ReadFiles(snapshot);
}

base::Result<signing::VerifyRequest> MakeRequest(const Options& options, base::Time at,
                                                 Inputs& inputs) {
  RETURN_IF_ERROR(inputs.document.Add(options.file));
  for (const std::string& path : options.trust) RETURN_IF_ERROR(inputs.trust.Add(path));
  for (const std::string& path : options.evidence_records)
    RETURN_IF_ERROR(inputs.evidence_records.Add(path));
  if (!options.data.empty()) RETURN_IF_ERROR(inputs.data.Add(options.data));
  if (inputs.document.files().size() != 1)
    return Error{ErrorCode::kInvalidInput, "file.unreadable", options.file + " is a directory"};
  signing::VerifyRequest request;
  request.name = inputs.document.files().front().name;
  request.document = inputs.document.files().front().bytes;
  request.policy = options.policy;
  if (!signing::IsShippedPolicy(options.policy)) {
    ASSIGN_OR_RETURN(const base::Bytes text, base::ReadFile(options.policy, kMaxPolicy));
    request.policy = std::filesystem::path(options.policy).filename().string();
    request.policy_text = base::ToString(text);
  }
  ASSIGN_OR_RETURN(inputs.stored_trust, ReadStoredTrust(options));
  request.trust =
      inputs.stored_trust.empty() ? Borrow(inputs.trust) : trust::Borrow(inputs.stored_trust);
  request.data = Borrow(inputs.data);
  request.evidence_records = Borrow(inputs.evidence_records);
  ASSIGN_OR_RETURN(request.digests, ReadDigests(options.digests));
  request.at = at;
  request.language = options.lang();
  return request;
}

base::Result<base::Json> RunVerifier(const signing::VerifyRequest& request) {
  signing::PrepareVerifier();
  const auto result = hardening::RunInWalls(
      WallsFor(InputSize(request)), [&] { return base::ToBytes(signing::Verify(request).Dump()); });
  if (result.ok()) return base::Json::Parse(base::AsText(result.value()));
  if (!result.error().reason.starts_with("walls.limit-")) return result.error();
  return signing::RefusedReport(
      request, Error{ErrorCode::kInvalidInput, "input.too-costly", result.error().message});
}

std::string TextOf(const base::Json& report, const Options& options, base::Language language) {
  if (options.wants_json()) return report.DumpIndented() + "\n";
  if (options.format == "html") return signing::ReportHtml(report, language);
  if (options.format == "etsi") return signing::ReportEtsi(report);
  return VerifyReportText(report, language);
}

// The exit code `done`, unless nobody could be told.
int PrintText(const std::string& text, int done) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0;
  return written ? done : kExitUnavailable;
}

int Print(const base::Json& report, const Options& options, base::Language language) {
  return PrintText(TextOf(report, options, language), signing::ExitCodeOf(report));
}

// The bytes that the run made, where bytes were asked for.
int PrintMade(const std::string& facts, const std::string& report, const Options& options,
              base::Language language) {
  const auto json = base::Json::Parse(report);
  if (!json.ok()) return Fail(*options.common, json.error());
  const int code = signing::ExitCodeOf(json.value());
  if (options.format == "facts") return PrintText(facts, code);
  if (options.wants_json()) return PrintText(report, code);
  return Print(json.value(), options, language);
}

int RunAndKeep(signing::VerifyRequest request, const Inputs& inputs, const Options& options) {
  if (options.bundle_digests) request = signing::WithDigestsOnly(std::move(request));
  const auto evidence = CollectInWalls(request);
  if (!evidence.ok()) return Fail(*options.common, evidence.error());
  if (const auto same = inputs.RequireUnchanged(); !same.ok())
    return Fail(*options.common, same.error());
  if (!options.bundle.empty()) {
    const base::Status kept = KeepBundle(options.bundle, request, evidence.value());
    if (!kept.ok()) return Fail(*options.common, kept.error());
  }
  return PrintMade(evidence.value().facts, evidence.value().report, options, options.lang());
}

// What is said beside the report goes to standard error: the report stays byte for byte.
void Remark(std::string_view reason, const Options& options) {
  std::fprintf(stderr, "edocvault: %s\n",
               std::string(base::TextOf(reason, options.lang())).c_str());
}

int RunReplay(const Options& options) {
  const auto replay = ReplayInWalls(options.replay);
  if (!replay.ok()) return Fail(*options.common, replay.error());
  for (const std::string& remark : replay.value().remarks) Remark(remark, options);
  Remark("bundle.identical", options);
  return PrintMade(replay.value().facts, replay.value().report, options, options.lang());
}

int Run(const Options& options) {
  if (!options.replay.empty()) return RunReplay(options);
  if (options.file.empty()) return Usage("FILE or --replay is required");
  std::error_code ignored;
  if (!signing::IsShippedPolicy(options.policy) &&
      !std::filesystem::is_regular_file(options.policy, ignored))
    return Usage("no policy and no file " + options.policy + "; --help lists the policies");
  const auto at = options.at.empty() ? base::SystemClock().Now() : base::ParseTime(options.at);
  if (!options.trust_at.empty() && !base::ParseTime(options.trust_at))
    return Usage("--trust-at is no RFC 3339 time: " + options.trust_at);
  if (!at) return Usage("--at is no RFC 3339 time: " + options.at);
  Inputs inputs;
  const auto request = MakeRequest(options, *at, inputs);
  if (!request.ok()) return Fail(*options.common, request.error());
  if (options.format == "facts" || !options.bundle.empty())
    return RunAndKeep(request.value(), inputs, options);
  const auto report = RunVerifier(request.value());
  if (!report.ok()) return Fail(*options.common, report.error());
  if (const auto same = inputs.RequireUnchanged(); !same.ok())
    return Fail(*options.common, same.error());
  return Print(report.value(), options, options.lang());
}

}  // namespace

void AddVerify(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Options>();
  options->common = &common;
  CLI::App* verb = app.add_subcommand("verify", "Check the signatures of a document");
  CLI::Option* file = verb->add_option("FILE", options->file, "The document");
  verb->add_option("--format", options->format,
                   "Form of the report: text, json, html (a page to print), etsi "
                   "(ETSI TS 119 102-2 XML), or facts (what was found, without verdict)")
      ->check(CLI::IsMember({"text", "json", "html", "etsi", "facts"}));
  // Everything that a replay takes from its bundle.
  std::vector<CLI::Option*> inputs{file};
  inputs.push_back(verb->add_option("--policy", options->policy,
                                    "eu-ades (default), eu-qes, lv-public-sector, "
                                    "lv-national-legacy, baltic-bdoc, or a policy file"));
  CLI::Option* trust =
      verb->add_option("--trust", options->trust, "Trusted list, certificate, or a folder of them")
          ->allow_extra_args(false);
  CLI::Option* stored =
      verb->add_option("--trust-snapshot", options->trust_snapshot,
                       "Stored snapshot: its id or first eight digits, \"current\" or \"latest\"");
  CLI::Option* trust_at = verb->add_option("--trust-at", options->trust_at,
                                           "The stored snapshot in use then, RFC 3339");
  stored->excludes(trust)->excludes(trust_at);
  trust_at->excludes(trust);
  CLI::Option* trust_dir = verb->add_option("--trust-dir", options->trust_dir,
                                            "Folder that holds trust/; the home by default");
  for (CLI::Option* option : {trust, stored, trust_at, trust_dir}) inputs.push_back(option);
  inputs.push_back(verb->add_option("--at", options->at, "Time of the verification, RFC 3339"));
  inputs.push_back(
      verb->add_option("--data", options->data, "Folder of the detached data, or the one file"));
  inputs.push_back(verb->add_option("--digests", options->digests,
                                    "Digests of detached data, as sha256sum writes"));
  inputs.push_back(
      verb->add_option("--evidence-record", options->evidence_records,
                       "Evidence record (RFC 4998) over the document or its detached data")
          ->allow_extra_args(false));
  CLI::Option* bundle =
      verb->add_option("--bundle", options->bundle, "Keep all that the verdict rests on in a ZIP");
  inputs.push_back(bundle);
  verb->add_flag("--bundle-digests", options->bundle_digests,
                 "Verify and keep the digests of detached data, not the data")
      ->needs(bundle);
  CLI::Option* replay =
      verb->add_option("--replay", options->replay, "Verify again from a bundle, and compare");
  for (CLI::Option* input : inputs) replay->excludes(input);
  AddCommonOptions(*verb, common);
  verb->callback([options, &exit_code] { exit_code = Run(*options); });
}

}  // namespace cli
