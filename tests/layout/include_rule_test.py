"""The include rule must notice each kind of breach: a check that cannot fail checks nothing."""
import pathlib
import subprocess
import sys
import tempfile

BREACHES = {
    "vault/a.cc": '#include "signing/verifier.h"',      # an arrow turned back
    "hsm/b.cc": '#include "vault/ledger.h"',            # hsm and vault never meet
    "api/c.cc": '#include "hsm/session_pool.h"',        # past a front door
    "signing/d.cc": '#include "hsm/keyholder.h"',       # past the narrow door
    "signing/e.cc": "#include <fstream>",               # signing has no disk
    "api/f.cc": "#include <lmdb.h>",                    # another folder's library
    "base/g.h": '#include "hsm/signer.h"',              # base includes nothing of ours
    "vault/h.cc": "#include <openssl/evp.h>",           # OpenSSL is not vault's
    "docs/ARCHITECTURE.md": "| vault | x | ledger.h |",  # doors that are not there, or not told
}


def run(files):
    rule = pathlib.Path(__file__).with_name("include_rule.py")
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            path = pathlib.Path(folder, name)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text + "\n")
        return subprocess.run([sys.executable, rule, folder], capture_output=True, text=True)


missed = [name for name, text in BREACHES.items() if run({name: text}).returncode != 1]
clean = run({"api/ok.cc": '#include "vault/ledger.h"\n#include <Poco/Net/Socket.h>'})
if clean.returncode != 0:
    missed.append("refused a lawful include: " + clean.stdout)
print("\n".join(missed) or f"{len(BREACHES)} breaches noticed, 1 lawful file passed")
sys.exit(bool(missed))
