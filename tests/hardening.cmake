# Tests of hardening.
