# Tests of hsm.
