// verify.cost_bound: the CPU that the inspector spends on the worst that we can think of, beside
// the limits: 250 ms for what it accepts, 50 ms for what it refuses. Refused is what has the
// verdict "refused": the verifier declined to judge it. Everything else is accepted, whatever the
// verdict. verify.linear_*: what one more signature or reference costs when there are many.
// verify.honest_archive: what 20 signatures with all their evidence cost.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>
#include <sstream>

#include "api/inspector.h"
#include "base/file.h"
#include "bench/benches.h"
#include "bench/harness.h"
#include "bench/worst_cases.h"

namespace bench {
namespace {

constexpr double kAcceptedLimit = 250;
constexpr double kRefusedLimit = 50;

// The inspector role in a process of its own, and what its children cost.
class MeasuredInspector {
 public:
  explicit MeasuredInspector(const base::Bytes& anchor) {
    auto door = base::MakeDoor();
    if (!door.ok()) std::abort();
    const auto trust = std::make_shared<const signing::PreparedTrust>(
        signing::PreparedTrust::Read({{"anchor.der", anchor}}, WorstCases::At()));
    pid_ = ::fork();
    if (pid_ == 0) {
      door.value().caller.Reset();
      static_cast<void>(api::ServeInspector(door.value().server, {.trust = trust}));
      ::_exit(0);
    }
    client_.emplace(base::ChannelClient(std::move(door.value().caller)));
    static_cast<void>(Verdict(base::AsBytes("PK")));  // It is ready when it has answered.
    idle_ = 0;
    idle_ = Milliseconds(base::AsBytes("PK"), 50).second;
  }
  ~MeasuredInspector() {
    client_.reset();
    ::waitpid(pid_, nullptr, 0);
  }
  MeasuredInspector(const MeasuredInspector&) = delete;
  MeasuredInspector& operator=(const MeasuredInspector&) = delete;

  std::string Verdict(base::ByteSpan document) {
    const auto report = client_->Verify(document, {.name = "lemums.asice", .at = WorstCases::At()});
    if (!report.ok()) return "refused " + report.error().reason;
    const auto verdict = report.value().Text("verdict");
    if (verdict && *verdict != "refused") return *verdict;
    const base::Json* refusal = report.value().Find("refusal");
    return "refused: " + (refusal == nullptr ? "" : refusal->Text("message").value_or(""));
  }

  // The verdict and the CPU of the inspector, the price of a process taken off.
  std::pair<std::string, double> Milliseconds(base::ByteSpan document, int times) {
    const double before = CpuSecondsOf(pid_);
    std::string verdict;
    for (int i = 0; i < times; ++i) verdict = Verdict(document);
    return {verdict, (CpuSecondsOf(pid_) - before) * 1000 / times - idle_};
  }

 private:
  pid_t pid_ = -1;
  double idle_ = 0;
  std::optional<api::InspectorClient> client_;
};

struct Worst {
  double cost = 0;
  Input input;
  std::size_t over = 0;
  std::size_t count = 0;
};

class Bound {
 public:
  explicit Bound(MeasuredInspector& inspector) : inspector_(inspector) {}

  void Measure(Input input) {
    auto [verdict, cost] = inspector_.Milliseconds(input.bytes, 1);
    const bool refused = verdict.starts_with("refused");
    const double limit = refused ? kRefusedLimit : kAcceptedLimit;
    // The kernel counts in hundredths of a second.
    if (cost > limit - 20) cost = inspector_.Milliseconds(input.bytes, 3).second;
    Worst& worst = refused ? refused_ : accepted_;
    ++worst.count;
    if (cost > limit) {
      ++worst.over;
      std::printf("OVER %.0f ms, %s (%zu bytes), %s\n", cost, input.description.c_str(),
                  input.bytes.size(), verdict.c_str());
      static_cast<void>(std::fflush(stdout));
    }
    if (cost > worst.cost) worst = {cost, std::move(input), worst.over, worst.count};
  }

  void Print(const char* name) const {
    for (const auto& [what, worst, limit] : {std::tuple("accepted", &accepted_, kAcceptedLimit),
                                             std::tuple("refused", &refused_, kRefusedLimit)})
      std::printf("COST %s %s=%zu max=%.0fms limit=%.0fms over=%zu worst=\"%s\"\n", name, what,
                  worst->count, worst->cost, limit, worst->over, worst->input.description.c_str());
    static_cast<void>(std::fflush(stdout));
  }

 private:
  MeasuredInspector& inspector_;
  Worst accepted_;
  Worst refused_;
};

std::filesystem::path Corpus() {
  const char* shared = std::getenv("EDOCVAULT_SHARED");
  return std::filesystem::path(shared == nullptr ? "../shared" : shared) / "corpus";
}

void MeasureFile(const std::filesystem::path& path, Bound& bound) {
  const auto file = base::MappedFile::Open(path);
  if (!file.ok()) return;
  const base::ByteSpan bytes = file.value().bytes();
  bound.Measure({path.filename().string(), {bytes.begin(), bytes.end()}});
}

// What the corpus has to attack with; nothing where it is absent.
void MeasureAttacks(MeasuredInspector& inspector) {
  std::error_code error;
  Bound bound(inspector);
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(Corpus() / "attacks", error))
    if (entry.is_regular_file() && entry.path().extension() != ".md" &&
        entry.path().extension() != ".tsv")
      MeasureFile(entry.path(), bound);
  bound.Print("attacks");
}

// The rows of the manifest whose verdict is "error": the ninth column.
void MeasureErrors(MeasuredInspector& inspector) {
  constexpr std::size_t kVerdict = 8;
  std::ifstream manifest(Corpus() / "manifest.tsv");
  Bound bound(inspector);
  for (std::string line; std::getline(manifest, line);) {
    std::istringstream columns(line);
    std::vector<std::string> row;
    for (std::string column; std::getline(columns, column, '\t');) row.push_back(column);
    if (row.size() > kVerdict && row[kVerdict] == "error") MeasureFile(Corpus() / row[0], bound);
  }
  bound.Print("errors");
}

struct Series {
  const char* name;
  std::size_t few;
  std::size_t many;
  base::Bytes (*make)(WorstCases&, std::size_t);
};

void MeasureLinear(MeasuredInspector& inspector, WorstCases& cases, const Series& series) {
  const auto [first, small] = inspector.Milliseconds(series.make(cases, series.few), 20);
  const auto [second, large] = inspector.Milliseconds(series.make(cases, series.many), 3);
  const double each_of_few = small / static_cast<double>(series.few);
  const double each_of_many = large / static_cast<double>(series.many);
  std::printf("LINEAR verify.linear_%s ratio=%.2f at_%zu=%.3fms (%s) at_%zu=%.3fms (%s)\n",
              series.name, each_of_many / each_of_few, series.few, each_of_few, first.c_str(),
              series.many, each_of_many, second.c_str());
}

void MeasureAllLinear(MeasuredInspector& inspector, WorstCases& cases) {
  for (const Series& series :
       {Series{"signatures", 10, 1000,
               [](WorstCases&from, std::size_t count) { return from.ManySignatures(count); }},
        Series{"signature_files", 10, 1000,
               [](WorstCases&from, std::size_t count) { return from.ManySignatureFiles(count); }},
        Series{"references", 100, 900,
               [](WorstCases&from, std::size_t count) { return from.ManySignatures(1, count); }}})
    MeasureLinear(inspector, cases, series);
}

void MeasureHonest(MeasuredInspector& inspector, WorstCases& cases) {
  for (const int entries : {100, 1000, 3000}) {
    const base::Bytes document = cases.HonestArchive(entries);
    const auto [verdict, cost] = inspector.Milliseconds(document, 5);
    std::printf("COST verify.honest_archive %.0f ms (%s): CRLs of %d entries, %zu bytes\n", cost,
                verdict.c_str(), entries, document.size());
    static_cast<void>(std::fflush(stdout));
  }
}

}  // namespace

void RunCostBench(const std::string& only, std::size_t cases_wanted) {
  // Takes minutes, so it runs only when asked for by name.
  if (only != "verify.cost_bound" && only != "verify.linear" && only != "verify.honest_archive")
    return;
  signing::PrepareVerifier();
  WorstCases cases;
  MeasuredInspector inspector(cases.anchor());
  if (only == "verify.linear") return MeasureAllLinear(inspector, cases);
  MeasureHonest(inspector, cases);
  if (only == "verify.honest_archive") return;
  MeasureAttacks(inspector);
  MeasureErrors(inspector);
  Bound bound(inspector);
  for (std::size_t i = 0; i < cases_wanted; ++i) bound.Measure(cases.Next(i));
  bound.Print("generated");
}

}  // namespace bench
