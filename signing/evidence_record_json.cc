#include "signing/evidence_record_json.h"

#include <array>

#include "signing/member_name.h"
#include "signing/report_json.h"

namespace signing {
namespace {

template <typename Enum, std::size_t kSize>
std::string_view NameIn(const std::array<std::string_view, kSize>& names, Enum value) {
  return names.at(static_cast<std::size_t>(value));
}

constexpr std::array<std::string_view, 3> kFormats{"RFC 4998", "RFC 6283", "unknown"};
constexpr std::array<std::string_view, 3> kSources{"container", "beside", "embedded"};
constexpr std::array<std::string_view, 6> kOutcomes{"intact",        "broken",  "not-covered",
                                                    "indeterminate", "refused", "not-evaluated"};
constexpr std::array<std::string_view, 5> kCoverages{"covered", "absent", "not-renewed", "unknown",
                                                     "differs-from-manifest"};

base::Json BoolOrNull(const std::optional<bool>& value) {
  return value ? base::Json(*value) : base::Json();
}

base::Json TextOrNull(const std::string& text) {
  return text.empty() ? base::Json() : base::Json(PrintableText(text));
}

base::Json TimestampToJson(const ArchiveTimestampFact& fact, bool trusted,
                           std::string_view qualification) {
  base::Json json;
  json.Set("chain", fact.chain + 1);
  json.Set("position", fact.position + 1);
  json.Set("readable", fact.token.has_value());
  json.Set("time", fact.token ? base::Json(base::FormatTime(fact.token->time)) : base::Json());
  json.Set("timeFraction", fact.token ? TextOrNull(fact.token->time_fraction) : base::Json());
  json.Set("digestAlgorithm", TextOrNull(fact.algorithm));
  json.Set("imprintOk", BoolOrNull(fact.imprint_ok));
  json.Set("linkOk", BoolOrNull(fact.link_ok));
  json.Set("inOrder", fact.in_order);
  json.Set("sameAlgorithm", fact.same_algorithm);
  json.Set("renewedInTime", BoolOrNull(fact.renewed_in_time));
  json.Set("signatureOk", fact.token.has_value() && fact.token->signature_ok);
  const bool known = fact.token && fact.token->signer;
  json.Set("tsa", known ? base::Json(fact.token->signer->SubjectText()) : base::Json());
  json.Set("policy", fact.token ? TextOrNull(fact.token->policy) : base::Json());
  json.Set("serialNumber", fact.token ? TextOrNull(fact.token->serial) : base::Json());
  json.Set("trusted", trusted);
  json.Set("qualification", qualification);
  return json;
}

// EN 319 102-1 names what a building block concludes without "TOTAL-".
std::string_view BlockIndication(Indication indication) {
  constexpr std::string_view kTotal = "TOTAL-";
  std::string_view name = IndicationName(indication);
  if (name.starts_with(kTotal)) name.remove_prefix(kTotal.size());
  return name;
}

base::Json ObjectsToJson(const EvidenceRecordFacts& facts) {
  base::Json list{base::Json::Array{}};
  for (const EvidenceObjectFact& object : facts.objects) {
    base::Json json;
    json.Set("name", PrintableText(object.name));
    json.Set("coverage", NameIn(kCoverages, object.coverage));
    list.Push(std::move(json));
  }
  return list;
}

}  // namespace

base::Json EvidenceRecordToJson(const EvidenceRecordFacts& facts,
                                const EvidenceJudgement& judgement, base::Language language) {
  const Conclusion& conclusion = judgement.conclusion;
  const bool judged = facts.outcome != EvidenceOutcome::kNotEvaluated;
  base::Json json;
  json.Set("file", TextOrNull(facts.file));
  json.Set("source", NameIn(kSources, facts.source));
  json.Set("format", NameIn(kFormats, facts.format));
  json.Set("outcome", NameIn(kOutcomes, facts.outcome));
  json.Set("error", facts.error ? RefusalToJson(*facts.error, language) : base::Json());
  json.Set("indication",
           judged ? base::Json(BlockIndication(conclusion.indication)) : base::Json());
  json.Set("subIndication", judged && !conclusion.passed() && conclusion.sub != SubIndication::kNone
                                ? base::Json(NameOfSubIndication(conclusion.sub))
                                : base::Json());
  // Only what is trusted proves a time.
  const bool proves = conclusion.passed() && !facts.timestamps.empty();
  json.Set("provenTime", proves ? base::Json(base::FormatTime(facts.timestamps.front().token->time))
                                : base::Json());
  json.Set("objects", ObjectsToJson(facts));
  json.Set("otherHashes", facts.others);
  base::Json timestamps{base::Json::Array{}};
  for (std::size_t i = 0; i < facts.timestamps.size(); ++i)
    timestamps.Push(TimestampToJson(facts.timestamps[i], judgement.timestamp_trusted.at(i),
                                    judgement.timestamp_qualifications.at(i)));
  json.Set("timestamps", std::move(timestamps));
  return json;
}

}  // namespace signing
