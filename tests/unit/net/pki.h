/* Keys and certificates for tests only, made with openssl and known to everyone: an authority, a
 * server (localhost, 127.0.0.1) and a client signed by it, and a client that signed itself. */
#ifndef TEST_PKI_H
#define TEST_PKI_H
// clang-format off
#define CA_CERT \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBqzCCAVGgAwIBAgIUR9lLITpS7T66Root/xCXlonhNJgwCgYIKoZIzj0EAwIw\n" \
    "IjEgMB4GA1UEAwwXVGlkZW1pbGwgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTI1MDI0\n" \
    "ODAzWhgPMjEyNjExMDEwMjQ4MDNaMCIxIDAeBgNVBAMMF1RpZGVtaWxsIHRlc3Qg\n" \
    "YXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAERwH0WMknLhW9VO9+\n" \
    "C2mnYGGl3S6Hj1QCk645c8dQyI98T4xXL+hkdmjuN0UwMr0TzxMsMY6OpJ4ipKV7\n" \
    "hEWKF6NjMGEwHQYDVR0OBBYEFHLB2JgfzqimK1uTsPlnzLt2/cF9MB8GA1UdIwQY\n" \
    "MBaAFHLB2JgfzqimK1uTsPlnzLt2/cF9MA8GA1UdEwEB/wQFMAMBAf8wDgYDVR0P\n" \
    "AQH/BAQDAgIEMAoGCCqGSM49BAMCA0gAMEUCIGzmtLd89ZuG3Osp18VcJQr1H8vV\n" \
    "j+S/2Gy9TuW/nQkkAiEA5AsnCwOEm5yQTOrouavf9EpDVV8vK6N9+tPF1hMII2E=\n" \
    "-----END CERTIFICATE-----\n"
#define SERVER_CERT \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBrTCCAVOgAwIBAgIUXx4UyP3o6uqrgJfLp2aaPcTDoBowCgYIKoZIzj0EAwIw\n" \
    "IjEgMB4GA1UEAwwXVGlkZW1pbGwgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTI1MDI0\n" \
    "ODAzWhgPMjEyNjA3MjQwMjQ4MDNaMBQxEjAQBgNVBAMMCWxvY2FsaG9zdDBZMBMG\n" \
    "ByqGSM49AgEGCCqGSM49AwEHA0IABIVZcYDD/AZqUCoIedMi8g4qupsfWAp3cJKV\n" \
    "yYk0Wc/hNivb9DF4GGJvFfgCa4UFMSdVPyYivocTiWBYoLmpB12jczBxMBoGA1Ud\n" \
    "EQQTMBGCCWxvY2FsaG9zdIcEfwAAATATBgNVHSUEDDAKBggrBgEFBQcDATAdBgNV\n" \
    "HQ4EFgQUFAvj2/4z+N9yEa3hdC7/MrrxEG0wHwYDVR0jBBgwFoAUcsHYmB/OqKYr\n" \
    "W5Ow+WfMu3b9wX0wCgYIKoZIzj0EAwIDSAAwRQIhAMlR7kkNg2S9WlOR8A9ANtC+\n" \
    "sd7GG910rPw92UnQWUJPAiBd8NEwRtRTDgdGvfvaNJd8yMyq3hQ3fk/Jp4OQ7+MK\n" \
    "rw==\n" \
    "-----END CERTIFICATE-----\n"
#define SERVER_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgmLgbliQmjDmSvoYG\n" \
    "JMQh0/cQzkqrDSJXhmWJRmYuRmOhRANCAASFWXGAw/wGalAqCHnTIvIOKrqbH1gK\n" \
    "d3CSlcmJNFnP4TYr2/QxeBhibxX4AmuFBTEnVT8mIr6HE4lgWKC5qQdd\n" \
    "-----END PRIVATE KEY-----\n"
#define CLIENT_CERT \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBpjCCAUygAwIBAgIUXx4UyP3o6uqrgJfLp2aaPcTDoBswCgYIKoZIzj0EAwIw\n" \
    "IjEgMB4GA1UEAwwXVGlkZW1pbGwgdGVzdCBhdXRob3JpdHkwIBcNMjYxMTI1MDI0\n" \
    "ODAzWhgPMjEyNjA3MjQwMjQ4MDNaMCkxETAPBgNVBAoMCFRpZGVtaWxsMRQwEgYD\n" \
    "VQQDDAt0ZXN0IGNsaWVudDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABIrIWQrU\n" \
    "i/Kj596RWWtD8LeDPnsx/liCOAdoqmXmloL/emrnZEpuT8u1Q2qoXizZ0y9647Ri\n" \
    "9fzQqaZMnKEMPtSjVzBVMBMGA1UdJQQMMAoGCCsGAQUFBwMCMB0GA1UdDgQWBBSo\n" \
    "n1Z988pJtTiu0zgy8s4p2pddXzAfBgNVHSMEGDAWgBRywdiYH86opitbk7D5Z8y7\n" \
    "dv3BfTAKBggqhkjOPQQDAgNIADBFAiEAyPN/e/hYNBgXQcZ7ykcQM7hfREBJI8sl\n" \
    "i7pypaHtC5YCIEv42jfhjcKaM37vkl7b6bzCcCC83pzgYrHheg/1NJdQ\n" \
    "-----END CERTIFICATE-----\n"
#define CLIENT_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggdDzOSeMWVYurcHk\n" \
    "n4ZSpnACSpm8mqPKwo53jC+KpMuhRANCAASKyFkK1Ivyo+fekVlrQ/C3gz57Mf5Y\n" \
    "gjgHaKpl5paC/3pq52RKbk/LtUNqqF4s2dMveuO0YvX80KmmTJyhDD7U\n" \
    "-----END PRIVATE KEY-----\n"
#define STRANGER_CERT \
    "-----BEGIN CERTIFICATE-----\n" \
    "MIIBqjCCAU+gAwIBAgIUDKAhAccF0Za5KRpNLsHFxSXRVEIwCgYIKoZIzj0EAwIw\n" \
    "KTERMA8GA1UECgwIVGlkZW1pbGwxFDASBgNVBAMMC3Rlc3QgY2xpZW50MCAXDTI2\n" \
    "MTEyNTAyNDgwM1oYDzIxMjYxMTAxMDI0ODAzWjApMREwDwYDVQQKDAhUaWRlbWls\n" \
    "bDEUMBIGA1UEAwwLdGVzdCBjbGllbnQwWTATBgcqhkjOPQIBBggqhkjOPQMBBwNC\n" \
    "AAS2U1k3ld9paL/9qNIaG0RHKoabF9Ziim14DiPyLxlbd1zzoJN00CYxa2uYCC10\n" \
    "nR4FAnZ2r0p+TT6QPnYGLpqMo1MwUTAdBgNVHQ4EFgQUhpDeLSbXLD0riU7N7tf4\n" \
    "Dk9H/UgwHwYDVR0jBBgwFoAUhpDeLSbXLD0riU7N7tf4Dk9H/UgwDwYDVR0TAQH/\n" \
    "BAUwAwEB/zAKBggqhkjOPQQDAgNJADBGAiEAtDGwSWEP6jKrdsb6JSm5CvKz6cOM\n" \
    "If1K+Bh+xHUxtpECIQCSnNrDC5YCwupEeBXv9LudsB23sv9YoOFp3n9rIUdebA==\n" \
    "-----END CERTIFICATE-----\n"
#define STRANGER_KEY \
    "-----BEGIN PRIVATE KEY-----\n" \
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKYDMIFpXIWtdr9Fj\n" \
    "Zj/YgDfDqB1OAEm+H9FMplzT8MuhRANCAAS2U1k3ld9paL/9qNIaG0RHKoabF9Zi\n" \
    "im14DiPyLxlbd1zzoJN00CYxa2uYCC10nR4FAnZ2r0p+TT6QPnYGLpqM\n" \
    "-----END PRIVATE KEY-----\n"
// clang-format on
#endif
