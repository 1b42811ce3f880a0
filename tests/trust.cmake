folder_test(trust trust OpenSSL::Crypto PkgConfig::LibXml2 Threads::Threads)
