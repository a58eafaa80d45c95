/*
 * Who is trusted to vouch for a host: the certificates of the machine, read from their text once
 * and shared by all connections. libcurl would read them for each connection, which costs 29 ms of
 * the only thread, and keep them with it.
 */
#include "proc/egress/http_internal.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>

/* What of the text cannot be read vouches for nobody. */
static X509_STORE *read_all(struct str text)
{
    X509_STORE *store = X509_STORE_new();
    BIO *bio = BIO_new_mem_buf(text.len ? text.ptr : "", (int)text.len);

    CHECK(store && bio);
    while (BIO_pending(bio) > 0) {
        X509 *certificate = PEM_read_bio_X509(bio, NULL, NULL, NULL);

        if (certificate)
            CHECK(X509_STORE_add_cert(store, certificate) == 1);
        X509_free(certificate);
    }
    ERR_clear_error();
    (void)BIO_free(bio);
    /* As libcurl sets them for those that it reads. */
    CHECK(X509_STORE_set_flags(store, X509_V_FLAG_TRUSTED_FIRST | X509_V_FLAG_PARTIAL_CHAIN) == 1);
    return store;
}

CURLcode egress__http_trust(CURL *easy, void *ssl, void *data)
{
    struct http *http = data;

    (void)easy;
    if (!http->trusted) {
        http->trusted = read_all(str_of(http->ca.ptr, http->ca.len));
        buf_fini(&http->ca);
    }
    SSL_CTX_set1_cert_store(ssl, http->trusted);
    return CURLE_OK;
}

void egress__http_trust_free(struct http *http)
{
    X509_STORE_free(http->trusted);
    http->trusted = NULL;
}
