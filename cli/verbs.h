// The verbs of `edocvault`: one file each. Adding a verb is adding a row in main.cc.
//
// Each function describes its options to CLI11 and, when its verb was given, runs it and
// puts its exit code into `exit_code`. All references outlive the parsing.
#pragma once

#include <CLI/CLI.hpp>

#include "cli/output.h"

namespace cli {

void AddInit(CLI::App& app, Common& common, int& exit_code);
void AddKey(CLI::App& app, Common& common, int& exit_code);
void AddServe(CLI::App& app, Common& common, int& exit_code);
void AddApprove(CLI::App& app, Common& common, int& exit_code);
void AddSign(CLI::App& app, Common& common, int& exit_code);
void AddBatch(CLI::App& app, Common& common, int& exit_code);
void AddCompletion(CLI::App& app, Common& common, int& exit_code);
void AddPrepare(CLI::App& app, Common& common, int& exit_code);
void AddComplete(CLI::App& app, Common& common, int& exit_code);
void AddExtend(CLI::App& app, Common& common, int& exit_code);
void AddVerify(CLI::App& app, Common& common, int& exit_code);
void AddStore(CLI::App& app, Common& common, int& exit_code);
void AddGet(CLI::App& app, Common& common, int& exit_code);
void AddHistory(CLI::App& app, Common& common, int& exit_code);
void AddErase(CLI::App& app, Common& common, int& exit_code);
void AddBackup(CLI::App& app, Common& common, int& exit_code);
void AddRestore(CLI::App& app, Common& common, int& exit_code);
void AddReceipt(CLI::App& app, Common& common, int& exit_code);
void AddLog(CLI::App& app, Common& common, int& exit_code);
void AddAudit(CLI::App& app, Common& common, int& exit_code);
void AddTrust(CLI::App& app, Common& common, int& exit_code);
void AddDoctor(CLI::App& app, Common& common, int& exit_code);

// --home, --json and --lang, alike in every verb.
void AddCommonOptions(CLI::App& verb, Common& common);

}  // namespace cli
