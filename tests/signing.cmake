# Tests of signing.
