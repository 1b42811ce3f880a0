"""The corpus rows as questions, with the trust and time that its scoring tool hands to ours."""
import concurrent.futures
import importlib.machinery
import importlib.util
import json
import os
import subprocess
import sys


def corpus_jobs(shared, workdir):
    """Empty without the corpus. Attack rows are left out: they are about budgets and refusals, not verdicts."""
    tool, corpus = shared / "tools/corpus_score", shared / "corpus"
    if not tool.exists():
        return []
    sys.dont_write_bytecode = True
    loader = importlib.machinery.SourceFileLoader("corpus_score", str(tool))
    module = importlib.util.module_from_spec(importlib.util.spec_from_loader("corpus_score", loader))
    loader.exec_module(module)
    rows = module.load_rows(str(corpus), str(corpus / "manifest.tsv"), str(workdir))
    return [dict(id=r.path, set="corpus", file=r.file, at=r.at, data=r.data, trust=list(r.trust), policy=r.policy)
            for r in rows if not r.attack]


def ask_ours(binary, jobs, home):
    """Our reports by job id, with an empty home so that nothing but the words of the command decides."""
    os.makedirs(home, exist_ok=True)

    def one(job):
        words = [binary, "verify", job["file"], "--format", "json", "--policy", job["policy"], "--home", home]
        for option, value in [*(("--trust", t) for t in job["trust"]), ("--at", job["at"]), ("--data", job["data"])]:
            words += [option, value] if value else []
        run = subprocess.run(list(map(str, words)), capture_output=True, text=True, cwd=home, stdin=subprocess.DEVNULL)
        return job["id"], dict(exit=run.returncode, report=json.loads(run.stdout) if run.stdout.strip() else None)

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        return dict(pool.map(one, jobs))
