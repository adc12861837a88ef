/* Certificates and signatures of an authority that the test makes for itself. */
#include "tests/unit/cmocka_all.h"

#include <stdlib.h>
#include <string.h>

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>

#include "ingest/push/sns_certificates.h"
#include "ingest/push/sns_signature.h"
#include "server/base/arena.h"
#include "server/base/clock.h"

static const int64_t NOW_US = INT64_C(1795348800) * 1000000;

struct signer {
  struct arena *arena;
  EVP_PKEY *key;
  EVP_PKEY *other_key;
};

static struct text bio_text(struct arena *arena, BIO *memory)
{
  char *data = NULL;
  long length = BIO_get_mem_data(memory, &data);
  struct text copy = text_copy(arena, (struct text){data, (size_t)length});
  BIO_free(memory);
  return copy;
}

/* Valid from `from_s` to `to_s` after NOW_US. */
static struct text make_certificate(struct arena *arena, EVP_PKEY *key, const char *name, long from_s, long to_s)
{
  X509 *x509 = X509_new();
  time_t now_s = (time_t)(NOW_US / US_PER_SECOND);
  time_t from = now_s + from_s;
  time_t to = now_s + to_s;
  ASN1_INTEGER_set(X509_get_serialNumber(x509), 1);
  (void)X509_time_adj(X509_getm_notBefore(x509), 0, &from);
  (void)X509_time_adj(X509_getm_notAfter(x509), 0, &to);
  X509_set_pubkey(x509, key);
  X509_NAME *subject = X509_get_subject_name(x509);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1, 0);
  X509_set_issuer_name(x509, subject);
  X509_sign(x509, key, EVP_sha256());
  BIO *memory = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(memory, x509);
  X509_free(x509);
  return bio_text(arena, memory);
}

static struct text sign(struct arena *arena, EVP_PKEY *key, const EVP_MD *digest, struct text message)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  unsigned char signature[512];
  size_t length = sizeof signature;
  EVP_DigestSignInit(context, NULL, digest, NULL, key);
  EVP_DigestSign(context, signature, &length, (const unsigned char *)message.data, message.length);
  EVP_MD_CTX_free(context);
  unsigned char *base64 = arena_alloc_bytes(arena, 1024);
  int base64_length = EVP_EncodeBlock(base64, signature, (int)length);
  return (struct text){(const char *)base64, (size_t)base64_length};
}

static int set_up(void **state)
{
  struct signer *signer = calloc(1, sizeof *signer);
  signer->arena = arena_new(1 << 14);
  signer->key = EVP_RSA_gen(2048);
  signer->other_key = EVP_RSA_gen(2048);
  *state = signer;
  return 0;
}

static int tear_down(void **state)
{
  struct signer *signer = *state;
  EVP_PKEY_free(signer->key);
  EVP_PKEY_free(signer->other_key);
  arena_free(signer->arena);
  free(signer);
  return 0;
}

static struct sns_certificate *read_good(struct signer *signer)
{
  struct sns_certificate *certificate = NULL;
  struct text pem = make_certificate(signer->arena, signer->key, "sns.amazonaws.com", -60, 60);
  struct error error = sns_certificate_read(pem, &certificate);
  assert_int_equal(error.code, ERROR_NONE);
  return certificate;
}

static void test_signatures(void **state)
{
  struct signer *signer = *state;
  struct arena *arena = signer->arena;
  struct sns_certificate *certificate = read_good(signer);
  const struct text text = TEXT("Message\nhello\n");
  struct text by_sha1 = sign(arena, signer->key, EVP_sha1(), text);
  struct text by_sha256 = sign(arena, signer->key, EVP_sha256(), text);
  struct text by_other = sign(arena, signer->other_key, EVP_sha256(), text);
  assert_int_equal(sns_signature_check(certificate, 1, text, by_sha1).code, ERROR_NONE);
  assert_int_equal(sns_signature_check(certificate, 2, text, by_sha256).code, ERROR_NONE);
  assert_int_equal(sns_signature_check(certificate, 2, text, by_sha1).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_signature_check(certificate, 1, text, by_sha256).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_signature_check(certificate, 2, text, by_other).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_signature_check(certificate, 2, TEXT("Message\nhello"), by_sha256).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_signature_check(certificate, 2, TEXT(""), by_sha256).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_signature_check(certificate, 2, text, TEXT("")).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_signature_check(certificate, 2, text, TEXT("not base64!")).code, ERROR_FORBIDDEN);
  char *longest = arena_alloc_bytes(arena, 8192);
  memset(longest, 'A', 8192);
  assert_int_equal(sns_signature_check(certificate, 2, text, (struct text){longest, 8192}).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_signature_check(certificate, 2, text, (struct text){longest, 1360}).code, ERROR_FORBIDDEN);
  sns_certificate_free(certificate);
}

static void test_certificate_checks(void **state)
{
  struct signer *signer = *state;
  struct sns_certificate *certificate = read_good(signer);
  assert_int_equal(sns_certificate_check(certificate, "sns.amazonaws.com", NOW_US).code, ERROR_NONE);
  assert_int_equal(sns_certificate_check(certificate, "sns.amazonaws.com", NOW_US - 61 * US_PER_SECOND).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_certificate_check(certificate, "sns.amazonaws.com", NOW_US + 61 * US_PER_SECOND).code, ERROR_FORBIDDEN);
  assert_int_equal(sns_certificate_check(certificate, "sns.amazonaws.com.cn", NOW_US).code, ERROR_FORBIDDEN);
  sns_certificate_free(certificate);
  struct text wild = make_certificate(signer->arena, signer->key, "*.amazonaws.com", -60, 60);
  assert_int_equal(sns_certificate_read(wild, &certificate).code, ERROR_NONE);
  assert_int_equal(sns_certificate_check(certificate, "sns.amazonaws.com", NOW_US).code, ERROR_FORBIDDEN);
  sns_certificate_free(certificate);
}

static void test_certificate_forms(void **state)
{
  struct signer *signer = *state;
  struct arena *arena = signer->arena;
  struct text pem = make_certificate(arena, signer->key, "sns.amazonaws.com", -60, 60);
  EVP_PKEY *small_key = EVP_RSA_gen(1024);
  EVP_PKEY *curve_key = EVP_EC_gen("P-256");
  struct text small = make_certificate(arena, small_key, "sns.amazonaws.com", -60, 60);
  struct text curve = make_certificate(arena, curve_key, "sns.amazonaws.com", -60, 60);
  EVP_PKEY_free(small_key);
  EVP_PKEY_free(curve_key);
  const struct text bad[] = {
      TEXT(""),
      TEXT("<html>sign in to the network</html>"),
      TEXT("-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"),
      TEXT("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
      text_from(arena_printf(arena, "%s%s", pem.data, pem.data)),
      text_from(arena_printf(arena, "x%s", pem.data)),
      text_from(arena_printf(arena, "%sx", pem.data)),
      {pem.data, pem.length / 2},
      small,
      curve,
      text_from(arena_printf(arena, "%*s%s", SNS_CERTIFICATE_MAX_BYTES, "", "-----BEGIN CERTIFICATE-----")),
  };
  for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
    struct sns_certificate *certificate = NULL;
    struct error error = sns_certificate_read(bad[i], &certificate);
    assert_int_equal(error.code, ERROR_BAD_INPUT);
    assert_null(certificate);
  }
  struct sns_certificate *certificate = NULL;
  struct error error = sns_certificate_read(text_from(arena_printf(arena, "\r\n%s\n\n", pem.data)), &certificate);
  assert_int_equal(error.code, ERROR_NONE);
  sns_certificate_free(certificate);
}

/* ---- the store of certificates ---- */

struct network {
  int fetches;
  struct error refuse;
};

static struct error start_fetch(void *context, struct text url)
{
  struct network *network = context;
  (void)url;
  network->fetches++;
  return network->refuse;
}

struct waiting {
  struct sns_waiter waiter;
  int resumed;
  bool has_certificate;
  struct error error;
};

static void resume(struct sns_waiter *waiter, const struct sns_certificate *certificate, const struct error *error)
{
  struct waiting *waiting = (struct waiting *)waiter;
  waiting->resumed++;
  waiting->has_certificate = certificate != NULL;
  waiting->error = *error;
}

static void test_store(void **state)
{
  struct signer *signer = *state;
  struct network network = {.refuse = error_none()};
  struct sns_certificates *store = sns_certificates_new((struct sns_fetcher){start_fetch, &network});
  struct text pem = make_certificate(signer->arena, signer->key, "sns.amazonaws.com", -60, 60);
  struct error good = error_none();
  struct waiting waiting[SNS_CERTIFICATES_KEPT + 2];
  for (size_t i = 0; i < sizeof waiting / sizeof waiting[0]; i++) {
    waiting[i] = (struct waiting){.waiter = {.resume = resume}};
  }
  /* Two wait for one fetch. */
  assert_null(sns_certificates_find(store, TEXT("u0")));
  assert_int_equal(sns_certificates_wait(store, TEXT("u0"), 0, &waiting[0].waiter).code, ERROR_NONE);
  assert_int_equal(sns_certificates_wait(store, TEXT("u0"), 0, &waiting[1].waiter).code, ERROR_NONE);
  assert_int_equal(network.fetches, 1);
  assert_null(sns_certificates_find(store, TEXT("u0")));
  sns_certificates_arrived(store, TEXT("u0"), &good, pem, 0);
  assert_true(waiting[0].resumed == 1 && waiting[1].resumed == 1 && waiting[0].has_certificate && waiting[1].has_certificate);
  assert_non_null(sns_certificates_find(store, TEXT("u0")));
  sns_certificates_arrived(store, TEXT("u0"), &good, pem, 0); /* nobody waits for it */
  /* The one that was used least lately goes. */
  for (int i = 1; i <= SNS_CERTIFICATES_KEPT; i++) {
    struct text url = text_from(arena_printf(signer->arena, "u%d", i));
    waiting[0].resumed = 0;
    assert_non_null(sns_certificates_find(store, TEXT("u0")));
    assert_int_equal(sns_certificates_wait(store, url, 0, &waiting[0].waiter).code, ERROR_NONE);
    sns_certificates_arrived(store, url, &good, pem, 0);
    assert_int_equal(waiting[0].resumed, 1);
  }
  assert_non_null(sns_certificates_find(store, TEXT("u0")));
  assert_null(sns_certificates_find(store, TEXT("u1")));
  assert_non_null(sns_certificates_find(store, TEXT("u2")));
  sns_certificates_free(store);
}

static void test_store_failures(void **state)
{
  (void)state;
  struct network network = {.refuse = error_none()};
  struct sns_certificates *store = sns_certificates_new((struct sns_fetcher){start_fetch, &network});
  struct waiting waiting = {.waiter = {.resume = resume}};
  struct error away = error_make(ERROR_INTERNAL, "no connection");
  struct error good = error_none();
  assert_int_equal(sns_certificates_wait(store, TEXT("u"), 0, &waiting.waiter).code, ERROR_NONE);
  sns_certificates_arrived(store, TEXT("u"), &away, TEXT(""), 0);
  assert_true(waiting.resumed == 1 && !waiting.has_certificate);
  assert_int_equal(waiting.error.code, ERROR_UPSTREAM_AWAY);
  /* Not again at once, but after the pause, and when the clock was set back. */
  assert_int_equal(sns_certificates_wait(store, TEXT("u"), SNS_FETCH_PAUSE_US - 1, &waiting.waiter).code, ERROR_UPSTREAM_AWAY);
  assert_int_equal(network.fetches, 1);
  assert_int_equal(sns_certificates_wait(store, TEXT("u"), SNS_FETCH_PAUSE_US, &waiting.waiter).code, ERROR_NONE);
  sns_certificates_arrived(store, TEXT("u"), &good, TEXT("<html>"), SNS_FETCH_PAUSE_US);
  assert_true(waiting.resumed == 2 && !waiting.has_certificate);
  assert_int_equal(waiting.error.code, ERROR_UPSTREAM_AWAY);
  assert_non_null(strstr(waiting.error.detail, "not one certificate in PEM"));
  assert_int_equal(sns_certificates_wait(store, TEXT("u"), 1, &waiting.waiter).code, ERROR_NONE);
  /* Only so many at a time. */
  struct waiting others[SNS_FETCHES_MAX];
  char urls[SNS_FETCHES_MAX][2];
  for (int i = 0; i < SNS_FETCHES_MAX; i++) {
    urls[i][0] = (char)('0' + i);
    urls[i][1] = '\0';
    others[i] = (struct waiting){.waiter = {.resume = resume}};
    struct error error = sns_certificates_wait(store, text_from(urls[i]), 0, &others[i].waiter);
    assert_int_equal(error.code, i + 1 < SNS_FETCHES_MAX ? ERROR_NONE : ERROR_BUSY);
  }
  /* What cannot be started is no fetch. */
  sns_certificates_arrived(store, TEXT("u"), &away, TEXT(""), 0);
  network.refuse = error_make(ERROR_BUSY, "too many requests");
  assert_int_equal(sns_certificates_wait(store, TEXT("v"), 0, &waiting.waiter).code, ERROR_BUSY);
  network.refuse = error_none();
  assert_int_equal(sns_certificates_wait(store, TEXT("v"), 0, &waiting.waiter).code, ERROR_NONE);
  sns_certificates_free(store);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_signatures), cmocka_unit_test(test_certificate_checks), cmocka_unit_test(test_certificate_forms),
      cmocka_unit_test(test_store),      cmocka_unit_test(test_store_failures),
  };
  return cmocka_run_group_tests(tests, set_up, tear_down);
}
