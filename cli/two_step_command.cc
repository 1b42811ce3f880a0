// prepare, complete: a signature whose value is made elsewhere, by a card, a phone or another HSM.

#include <filesystem>

#include "base/base64.h"
#include "base/digest.h"
#include "base/file.h"
#include "cli/api_client.h"
#include "cli/documents.h"
#include "cli/signing_options.h"
#include "cli/verbs.h"
#include "signing/container_writer.h"
#include "trust/pem.h"

namespace cli {
namespace {

constexpr std::size_t kMaxCertificate = std::size_t{64} * 1024;
constexpr std::size_t kMaxValue = 4096;

struct Prepare {
  std::vector<std::string> files;
  std::vector<std::string> certificates;
  std::string out;
  std::string form = "container";
  SigningOptions signing;
  std::string profile = "agency";
};

struct Complete {
  std::string id;
  std::string value;
  std::string out;
  std::string profile = "agency";
};

base::Result<std::string> CertificateHeader(const std::vector<std::string>& files) {
  std::string header;
  for (const std::string& file : files) {
    ASSIGN_OR_RETURN(const base::Bytes bytes, base::ReadFile(file, kMaxCertificate));
    const auto certificates = trust::CertificatesIn(bytes);
    for (const base::Bytes& der : certificates)
      header += (header.empty() ? "" : ",") + base::Base64Encode(der);
  }
  return header;
}

base::Result<base::Json> RunPrepare(const Common& common, const Prepare& options) {
  ASSIGN_OR_RETURN(const std::string certificate, CertificateHeader(options.certificates));
  Call call{.method = "POST",
            .path = "/v1/signatures/prepare",
            .query = {{"form", options.form}},
            .headers = {{"Edocvault-Certificate", certificate}},
            .body = {}};
  AddToQuery(options.signing, call.query);
  if (options.form == "container") {
    call.headers["Content-Type"] = signing::kAsicMediaType;
    ASSIGN_OR_RETURN(call.body, PackDocuments(options.files));
  } else if (options.files.size() != 1) {
    return base::Error{base::ErrorCode::kInvalidInput, "sign.bad-form", "one file, not several"};
  } else {
    call.headers["Content-Type"] = signing::MediaTypeOf(options.files.front());
    ASSIGN_OR_RETURN(call.body, ReadDocument(options.files.front()));
  }
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Answer answer, api.Send(call));
  ASSIGN_OR_RETURN(const base::Json prepared, answer.AsJson());
  const auto data = base::Base64Decode(prepared.Text("dataToSign").value_or("="));
  if (!data) return base::Error{base::ErrorCode::kInternal, "channel.malformed", "no data to sign"};
  RETURN_IF_ERROR(base::ReplaceFile(options.out, *data, 0644));
  return prepared;
}

base::Result<base::Json> RunComplete(const Common& common, const Complete& options) {
  ASSIGN_OR_RETURN(base::Bytes value, base::ReadFile(options.value, kMaxValue));
  ASSIGN_OR_RETURN(const ApiClient api, ApiClient::Open(Home::Find(common.home), options.profile));
  ASSIGN_OR_RETURN(const Answer answer,
                   api.Send({.method = "POST",
                             .path = "/v1/signatures/" + options.id + "/complete",
                             .query = {},
                             .headers = {{"Content-Type", "application/octet-stream"}},
                             .body = std::move(value)}));
  RETURN_IF_ERROR(base::ReplaceFile(options.out, answer.body, 0644));
  base::Json json;
  json.Set("file", options.out);
  json.Set("size", answer.body.size());
  json.Set("sha256", base::HexEncode(base::Sha256(answer.body).bytes));
  return json;
}

}  // namespace

void AddPrepare(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Prepare>();
  CLI::App* verb =
      app.add_subcommand("prepare", "Prepare a signature whose value is made elsewhere");
  verb->add_option("files", options->files, "Documents to sign")->required();
  verb->add_option("--certificate", options->certificates,
                   "The signer's certificate, then its issuers; PEM or DER")
      ->required();
  verb->add_option("-o,--out", options->out, "File for the bytes that are to be signed")
      ->required();
  verb->add_option("--form", options->form, "container, enveloped or enveloping")
      ->check(CLI::IsMember({"container", "enveloped", "enveloping"}))
      ->capture_default_str();
  AddSigningOptions(*verb, options->signing);
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = RunPrepare(common, *options);
    exit_code = done.ok()
                    ? Done(common, done.value(),
                           "prepared " + done.value().Text("id").value_or("") + ": sign " +
                               options->out + " by " + done.value().Text("algorithm").value_or(""))
                    : Fail(common, done.error());
  });
}

void AddComplete(CLI::App& app, Common& common, int& exit_code) {
  auto options = std::make_shared<Complete>();
  CLI::App* verb = app.add_subcommand("complete", "Complete a prepared signature with its value");
  verb->add_option("id", options->id, "What prepare said")->required();
  verb->add_option("--value", options->value,
                   "File with the signature value: the RSA block, r || s of ECDSA, or Ed25519's")
      ->required();
  verb->add_option("-o,--out", options->out, "The file to write")->required();
  verb->add_option("--profile", options->profile, "Entry of client.toml")->capture_default_str();
  AddCommonOptions(*verb, common);
  verb->callback([options, &common, &exit_code] {
    const auto done = RunComplete(common, *options);
    exit_code = done.ok() ? Done(common, done.value(), "completed " + options->out)
                          : Fail(common, done.error());
  });
}

}  // namespace cli
