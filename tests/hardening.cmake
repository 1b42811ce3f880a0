folder_test(hardening hardening Threads::Threads)
