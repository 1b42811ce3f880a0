#include "bench/harness.h"

#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace bench {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kRound{350};
constexpr std::chrono::milliseconds kLongRound{2000};  // The kernel counts in hundredths.

double Seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double CpuSeconds() {
  double total = 0;
  for (const int who : {RUSAGE_SELF, RUSAGE_CHILDREN}) {
    rusage usage{};
    ::getrusage(who, &usage);
    total += Seconds(usage.ru_utime) + Seconds(usage.ru_stime);
  }
  return total;
}

}  // namespace

// As proc(5) has it.
double CpuSecondsOf(pid_t process) {
  std::ifstream stat("/proc/" + std::to_string(process) + "/stat");
  std::string field;
  std::getline(stat, field, ')');  // The name may hold blanks.
  double ticks = 0;
  for (int i = 3; i <= 17 && stat >> field; ++i)
    if (i >= 14) ticks += std::stod(field);
  return ticks / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

namespace {

double Median(std::array<double, kRounds> values) {
  std::ranges::sort(values);
  return values[kRounds / 2];
}

}  // namespace

void Compare(const std::string& name, const std::string& unit, const Side& subject,
             const Side& reference) {
  std::array<double, kRounds> ratios{};
  std::array<double, kRounds> values{};
  for (std::size_t round = 0; round < kRounds; ++round) {
    values.at(round) = subject.rate();
    ratios.at(round) = values.at(round) / reference.rate();
  }
  std::printf("BENCH %s ratio=%.3f min=%.3f max=%.3f value=%.0f unit=%s reference=%s\n",
              name.c_str(), Median(ratios), *std::ranges::min_element(ratios),
              *std::ranges::max_element(ratios), Median(values), unit.c_str(),
              reference.name.c_str());
  static_cast<void>(std::fflush(stdout));
}

double PerCpuSecond(const std::function<void()>& work) {
  const double before = CpuSeconds();
  const auto end = Clock::now() + kRound;
  int done = 0;
  for (; Clock::now() < end; ++done) work();
  return done / (CpuSeconds() - before);
}

double PerCpuSecondWith(pid_t other, const std::function<void()>& work) {
  const double before = CpuSeconds() + CpuSecondsOf(other);
  const auto end = Clock::now() + kLongRound;
  int done = 0;
  for (; Clock::now() < end; ++done) work();
  return done / (CpuSeconds() + CpuSecondsOf(other) - before);
}

double PerCpuSecondOf(pid_t other, int times, const std::function<void()>& work) {
  const double before = CpuSeconds() + CpuSecondsOf(other);
  for (int done = 0; done < times; ++done) work();
  return times / (CpuSeconds() + CpuSecondsOf(other) - before);
}

double PerSecond(int threads, const std::function<void()>& work) {
  std::atomic<int> done = 0;
  const auto begin = Clock::now();
  {
    std::vector<std::jthread> pool;
    for (int i = 0; i < threads; ++i) {
      pool.emplace_back([&] {
        while (Clock::now() < begin + kRound) {
          work();
          ++done;
        }
      });
    }
  }
  return done / std::chrono::duration<double>(Clock::now() - begin).count();
}

}  // namespace bench
