// Harness: compares something with a reference in the same run.
//
// Five rounds, the two sides interleaved; the figure is the median of the five ratios. One
// line a figure, in the form that DESIGN, section 9, fixes.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace bench {

inline constexpr int kRounds = 5;

// How one side is run: as often as `work` says it did within about this time.
struct Side {
  std::string name;              // What it was, for the line's "reference=".
  std::function<double()> rate;  // One round: operations a second (of CPU or of the clock).
};

// Prints "BENCH name ratio=.. min=.. max=.. value=.. unit=.. reference=..", where ratio is
// subject / reference and value the subject's median rate.
void Compare(const std::string& name, const std::string& unit, const Side& subject,
             const Side& reference);

// Operations a CPU second of this process (all threads, and children that ended) of `work`,
// repeated for about a third of a second.
double PerCpuSecond(const std::function<void()>& work);
// The same, with the CPU of another process and of those of its children that have ended.
double PerCpuSecondWith(pid_t other, const std::function<void()>& work);

// The same, so many times.
double PerCpuSecondOf(pid_t other, int times, const std::function<void()>& work);

// CPU of a process and of those of its children that have ended, to a hundredth of a second.
double CpuSecondsOf(pid_t process);

// Operations a second of the clock of `threads` threads that each repeat `work` for about a
// third of a second.
double PerSecond(int threads, const std::function<void()>& work);

}  // namespace bench
