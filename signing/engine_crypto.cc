#include "signing/engine_crypto.h"

#include <algorithm>

namespace signing {
namespace {

constexpr base::Time kNoEnd = base::Time::max();

const AlgorithmLimit* FindDigest(const AlgorithmSuite& suite, const std::string& digest) {
  const auto found = std::ranges::find(suite.digests, digest, &AlgorithmLimit::name);
  return found == suite.digests.end() ? nullptr : &*found;
}

// The row with the most bits that the key reaches. Where the suite has rows for the key with
// just this digest, only those count.
const AlgorithmLimit* FindKey(const AlgorithmSuite& suite, const facts::Algorithm& algorithm) {
  const std::string combined = algorithm.key + "/" + algorithm.digest;
  const bool together =
      std::ranges::find(suite.keys, combined, &AlgorithmLimit::name) != suite.keys.end();
  const std::string& wanted = together ? combined : algorithm.key;
  const AlgorithmLimit* best = nullptr;
  for (const AlgorithmLimit& row : suite.keys)
    if (row.name == wanted && row.min_bits <= algorithm.bits &&
        (best == nullptr || row.min_bits > best->min_bits))
      best = &row;
  return best;
}

CryptoOutcome Judge(const AlgorithmSuite& suite, const AlgorithmLimit* limit, base::Time at,
                    std::string_view unknown, std::string_view ended) {
  if (limit == nullptr) return {false, suite.level_of_predictions, std::nullopt, unknown};
  if (!limit->until || at < *limit->until) return {true, Level::kFail, std::nullopt, {}};
  const bool prediction = suite.issued && *limit->until > *suite.issued;
  return {false, prediction ? suite.level_of_predictions : Level::kFail,
          *limit->until - std::chrono::seconds{1}, ended};
}

CryptoOutcome JudgeKey(const AlgorithmSuite& suite, const facts::Algorithm& algorithm,
                       base::Time at) {
  CryptoOutcome outcome =
      Judge(suite, FindKey(suite, algorithm), at, "the key is of an unknown kind or too short",
            "keys of this kind and size are no longer relied upon");
  // A key that no row admits is no prediction.
  if (FindKey(suite, algorithm) == nullptr) outcome.level = Level::kFail;
  return outcome;
}

base::Json ValuesOf(const facts::Algorithm& algorithm, const CryptoOutcome& outcome,
                    base::Time at) {
  base::Json json;
  if (!algorithm.key.empty()) json.Set("key", algorithm.key);
  if (algorithm.bits != 0) json.Set("bits", algorithm.bits);
  json.Set("digest", algorithm.digest);
  json.Set("at", base::FormatTime(at));
  if (outcome.until) json.Set("usableUntil", base::FormatTime(*outcome.until));
  if (!outcome.problem.empty()) json.Set("problem", outcome.problem);
  return json;
}

void Record(const Case& question, Scope scope, Part part, const std::string& object,
            const facts::Algorithm& algorithm, const CryptoOutcome& outcome, base::Time at,
            Block& block) {
  const Level asked = question.policy.Of(scope, part, Rule::kCryptographic).level;
  Failure failure{SubIndication::kCryptoConstraintsFailureNoPoe, Rule::kCryptographic, object,
                  outcome.until, std::nullopt};
  block.Check(Rule::kCryptographic, std::min(asked, outcome.level), outcome.usable,
              std::move(failure), ValuesOf(algorithm, outcome, at));
}

}  // namespace

CryptoOutcome CheckDigestAlgorithm(const AlgorithmSuite& suite, const std::string& digest,
                                   base::Time at) {
  CryptoOutcome outcome =
      Judge(suite, FindDigest(suite, digest), at, "the digest algorithm is unknown",
            "the digest algorithm is no longer relied upon");
  if (FindDigest(suite, digest) == nullptr) outcome.level = Level::kFail;
  return outcome;
}

CryptoOutcome CheckAlgorithm(const AlgorithmSuite& suite, const facts::Algorithm& algorithm,
                             base::Time at) {
  const CryptoOutcome key = JudgeKey(suite, algorithm, at);
  // EdDSA brings its own digest (RFC 8032).
  if (algorithm.key == "EDDSA" && algorithm.digest.empty()) return key;
  const CryptoOutcome digest = CheckDigestAlgorithm(suite, algorithm.digest, at);
  if (key.usable) return digest;
  if (digest.usable) return key;
  // Both fail: the graver one, and what is never usable before what was once.
  if (key.level != digest.level) return key.level > digest.level ? key : digest;
  if (!key.until || !digest.until) return key.until ? digest : key;
  return *key.until < *digest.until ? key : digest;
}

void CheckCrypto(const Case& question, Scope scope, Part part, const std::string& object,
                 const facts::Algorithm& algorithm, base::Time at, Block& block) {
  const CryptoOutcome outcome = CheckAlgorithm(question.policy.SuiteOf(scope, part), algorithm, at);
  Record(question, scope, part, object, algorithm, outcome, at, block);
}

void CheckDigestCrypto(const Case& question, Scope scope, const std::string& object,
                       const std::string& digest, base::Time at, Block& block) {
  const CryptoOutcome outcome =
      CheckDigestAlgorithm(question.policy.SuiteOf(scope, Part::kToken), digest, at);
  Record(question, scope, Part::kToken, object, {"", 0, digest}, outcome, at, block);
}

std::optional<base::Time> UsableUntil(const AlgorithmSuite& suite,
                                      const facts::Algorithm& algorithm) {
  const CryptoOutcome outcome = CheckAlgorithm(suite, algorithm, kNoEnd);
  if (outcome.usable || outcome.level < Level::kFail) return kNoEnd;
  return outcome.until;
}

}  // namespace signing
