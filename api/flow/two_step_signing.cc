#include "api/flow/two_step_signing.h"

#include "api/flow/release_rule.h"
#include "api/inspector_words.h"
#include "base/base64.h"
#include "hsm/signed_info.h"

namespace api {
namespace {

using base::Error;
using base::ErrorCode;
using base::Json;

std::int64_t Seconds(base::Time time) {
  return std::int64_t{time.time_since_epoch().count()};
}

// Everything that the signature follows from, as it was when it was prepared.
struct Remembered {
  std::string caller;
  SignatureLevel level = SignatureLevel::kB;
  hsm::SignatureAlgorithm algorithm{};
  signing::SigningOrder order;
  signing::SigningPlace place;
  TwoStepSigning::Signer signer;
};

Json FactsOf(const Remembered& what) {
  Json issuers{Json::Array{}};
  for (const base::Bytes& issuer : what.signer.issuers) issuers.Push(base::Base64Encode(issuer));
  return Json()
      .Set("made", Seconds(what.order.now))
      .Set("caller", what.caller)
      .Set("level", NameOf(what.level))
      .Set("algorithm", hsm::AlgorithmName(what.algorithm))
      .Set("order", ToJson(what.order))
      .Set("place", ToJson(what.place))
      .Set("certificate", base::Base64Encode(what.signer.certificate))
      .Set("issuers", std::move(issuers));
}

// Borrows the state's document.
base::Result<Remembered> Remember(const SealedContent& state) {
  const Error damaged{ErrorCode::kCorrupted, "aead.mismatch", "a prepared signature lacks a part"};
  const auto level = FindLevel(state.facts.Text("level").value_or(""));
  const auto algorithm = hsm::FindAlgorithm(state.facts.Text("algorithm").value_or(""));
  const auto certificate = base::Base64Decode(state.facts.Text("certificate").value_or("="));
  const Json* order = state.facts.Find("order");
  const Json* place = state.facts.Find("place");
  const Json* issuers = state.facts.Find("issuers");
  if (!level || !algorithm || !certificate || order == nullptr || place == nullptr ||
      issuers == nullptr || issuers->AsArray() == nullptr)
    return damaged;
  Remembered what;
  what.caller = state.facts.Text("caller").value_or("");
  what.level = *level;
  what.algorithm = *algorithm;
  ASSIGN_OR_RETURN(what.order, SigningOrderFrom(*order, state.bytes));
  ASSIGN_OR_RETURN(what.place, PlaceFrom(*place));
  what.signer.certificate = *certificate;
  for (const Json& issuer : *issuers->AsArray())
    what.signer.issuers.push_back(
        base::Base64Decode(issuer.AsString() == nullptr ? "" : *issuer.AsString())
            .value_or(base::Bytes{}));
  return what;
}

base::Result<signing::PreparedSignature> PreparedOf(const Remembered& what) {
  return signing::PrepareSignature({.id = what.place.signature.id,
                                    .signing_time = what.order.now,
                                    .documents = what.place.documents,
                                    .certificate = what.signer.certificate,
                                    .claims = what.order.claims});
}

}  // namespace

base::Result<TwoStepSigning::Prepared> TwoStepSigning::Prepare(const Caller& caller,
                                                               const SealOrder& order,
                                                               const DocumentsToSeal& input,
                                                               const Signer& signer) {
  if (order.level == SignatureLevel::kLTA && input.document.empty())
    return Error{ErrorCode::kInvalidInput, "sign.needs-documents",
                 "an archive time-stamp covers the documents themselves"};
  const base::Time now = clock_.Now();
  Remembered what{.caller = caller.name,
                  .level = order.level,
                  .algorithm = {},
                  .order = {.form = order.form,
                            .document = input.document,
                            .digests = input.digests,
                            .media_type = input.media_type,
                            .countersigned = order.countersigned,
                            .claims = order.claims,
                            .now = now},
                  .place = {},
                  .signer = signer};
  ASSIGN_OR_RETURN(what.algorithm, inspector_.ReadSigner(signer.certificate, order.algorithm, now));
  ASSIGN_OR_RETURN(what.place, inspector_.FindSigningPlace(what.order));
  ASSIGN_OR_RETURN(const signing::PreparedSignature prepared, PreparedOf(what));
  Prepared answer;
  answer.signed_info = hsm::SerialiseSignedInfo(what.algorithm, prepared.references);
  answer.algorithm = what.algorithm;
  answer.expires = now + PreparedStore::kLife;
  SealedContent state;
  state.facts = FactsOf(what);
  state.facts.Set("signedInfo", answer.signed_info);
  state.bytes.assign(input.document.begin(), input.document.end());
  ASSIGN_OR_RETURN(answer.id, store_.Put(caller.agency, state));
  return answer;
}

base::Result<base::Bytes> TwoStepSigning::Complete(const Caller& caller, const std::string& id,
                                                   base::ByteSpan value) {
  ASSIGN_OR_RETURN(const SealedContent state, store_.Get(id));
  ASSIGN_OR_RETURN(const Remembered what, Remember(state));
  if (what.caller != caller.name) return Error{ErrorCode::kNotFound, "prepared.unknown", id};
  ASSIGN_OR_RETURN(const signing::PreparedSignature prepared, PreparedOf(what));
  hsm::Seal seal{hsm::SerialiseSignedInfo(what.algorithm, prepared.references),
                 base::Bytes(value.begin(), value.end())};
  if (seal.signed_info != state.facts.Text("signedInfo"))
    return Error{ErrorCode::kInternal, "release.refused",
                 "what was prepared is made otherwise now"};
  ASSIGN_OR_RETURN(const bool fits, inspector_.IsSignedBy(what.signer.certificate, what.algorithm,
                                                          base::AsBytes(seal.signed_info), value));
  if (!fits)
    return Error{ErrorCode::kInvalidInput, "complete.wrong-value",
                 "the value is not of that certificate's key over what was prepared"};
  RETURN_IF_ERROR(store_.Complete(id, base::Sha256(value)));

  const bool envelops = what.order.form == signing::SignatureForm::kEnveloping;
  const std::string xml = signing::WriteFor(
      what.order.form, {prepared, seal, envelops ? what.order.document : base::ByteSpan()});
  ASSIGN_OR_RETURN(base::Bytes result,
                   inspector_.PutSignature(what.order, what.place.signature, xml));
  if (what.level != SignatureLevel::kB) {
    ASSIGN_OR_RETURN(result, extend_.Lengthen({.document = result,
                                               .target = what.place.signature,
                                               .level = what.level,
                                               .issuers = what.signer.issuers}));
  }
  ASSIGN_OR_RETURN(const Json report, inspector_.Verify(result, {.name = "to-be-released",
                                                                 .at = clock_.Now(),
                                                                 .digests = what.order.digests}));
  RETURN_IF_ERROR(RequireReleasable(report, {.format = FormatName(what.level),
                                             .signature = what.place.signature,
                                             .certificate = base::Sha256(what.signer.certificate),
                                             .signature_value = base::Sha256(value),
                                             .documents = what.place.documents,
                                             .findings = what.place.findings}));
  return result;
}

}  // namespace api
