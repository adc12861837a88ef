#include "ingest/push/sns_signature.h"

#include <limits.h>
#include <stdlib.h>

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include "server/base/base64.h"
#include "server/base/clock.h"

enum { KEY_BITS_MIN = 2048, SIGNATURE_MAX_BYTES = 1024 };

struct sns_certificate {
  X509 *x509;
  EVP_PKEY *key;
};

static struct text trim_lines(struct text value)
{
  while (value.length != 0 && strchr(" \t\r\n", value.data[value.length - 1]) != NULL) {
    value.length--;
  }
  while (value.length != 0 && strchr(" \t\r\n", value.data[0]) != NULL) {
    value.data++;
    value.length--;
  }
  return value;
}

/* The PEM reader of OpenSSL skips whatever stands around a certificate; a page of some proxy must not pass for one. */
static bool looks_like_one(struct text pem)
{
  static const char begin[] = "-----BEGIN CERTIFICATE-----";
  struct text whole = trim_lines(pem);
  if (whole.length > SNS_CERTIFICATE_MAX_BYTES || !text_starts_with(whole, text_from(begin)) ||
      !text_ends_with(whole, TEXT("-----END CERTIFICATE-----"))) {
    return false;
  }
  size_t front = sizeof begin - 1;
  return memmem(whole.data + front, whole.length - front, "-----BEGIN", 10) == NULL;
}

static struct error take_key(struct sns_certificate *certificate)
{
  certificate->key = X509_get_pubkey(certificate->x509);
  if (certificate->key == NULL || EVP_PKEY_base_id(certificate->key) != EVP_PKEY_RSA ||
      EVP_PKEY_bits(certificate->key) < KEY_BITS_MIN) {
    return error_make(ERROR_BAD_INPUT, "not a certificate with an RSA key of at least %d bits", KEY_BITS_MIN);
  }
  return error_none();
}

static struct error decode(struct text pem, struct sns_certificate *certificate)
{
  if (!looks_like_one(pem)) {
    return error_make(ERROR_BAD_INPUT, "not one certificate in PEM");
  }
  BIO *memory = BIO_new_mem_buf(pem.data, (int)pem.length);
  if (memory == NULL) {
    error_out_of_memory(pem.length);
  }
  certificate->x509 = PEM_read_bio_X509(memory, NULL, NULL, NULL);
  BIO_free(memory);
  ERR_clear_error();
  return certificate->x509 != NULL ? take_key(certificate) : error_make(ERROR_BAD_INPUT, "not a certificate that can be read");
}

struct error sns_certificate_read(struct text pem, struct sns_certificate **certificate)
{
  struct sns_certificate *made = calloc(1, sizeof *made);
  if (made == NULL) {
    error_out_of_memory(sizeof *made);
  }
  struct error error = decode(pem, made);
  if (error.code != ERROR_NONE) {
    sns_certificate_free(made);
    return error;
  }
  *certificate = made;
  return error_none();
}

void sns_certificate_free(struct sns_certificate *certificate)
{
  if (certificate != NULL) {
    EVP_PKEY_free(certificate->key);
    X509_free(certificate->x509);
    free(certificate);
  }
}

struct error sns_certificate_check(const struct sns_certificate *certificate, const char *name, int64_t now_us)
{
  time_t now_s = (time_t)(now_us / US_PER_SECOND);
  if (X509_check_host(certificate->x509, name, 0, X509_CHECK_FLAG_NO_WILDCARDS, NULL) != 1) {
    ERR_clear_error();
    return error_at(ERROR_FORBIDDEN, "SigningCertURL", "the certificate there is not that of %s", name);
  }
  int begun = ASN1_TIME_cmp_time_t(X509_get0_notBefore(certificate->x509), now_s);
  int ended = ASN1_TIME_cmp_time_t(X509_get0_notAfter(certificate->x509), now_s);
  if (begun != -1 && begun != 0) {
    return error_at(ERROR_FORBIDDEN, "SigningCertURL", "the certificate there is not valid yet");
  }
  if (ended != 1 && ended != 0) {
    return error_at(ERROR_FORBIDDEN, "SigningCertURL", "the certificate there has expired");
  }
  return error_none();
}

static bool verify(const struct sns_certificate *certificate, const EVP_MD *digest, struct text signed_text,
                   const unsigned char *signature, size_t signature_length)
{
  EVP_MD_CTX *context = EVP_MD_CTX_new();
  if (context == NULL) {
    error_out_of_memory(0);
  }
  bool is_good =
      EVP_DigestVerifyInit(context, NULL, digest, NULL, certificate->key) == 1 &&
      EVP_DigestVerify(context, signature, signature_length, (const unsigned char *)signed_text.data, signed_text.length) == 1;
  EVP_MD_CTX_free(context);
  ERR_clear_error();
  return is_good;
}

struct error sns_signature_check(const struct sns_certificate *certificate, int version, struct text signed_text,
                                 struct text signature_base64)
{
  char signature[SIGNATURE_MAX_BYTES];
  size_t length = 0;
  if (base64_decoded_max(signature_base64.length) > sizeof signature || !base64_decode(signature_base64, signature, &length)) {
    return error_at(ERROR_FORBIDDEN, "Signature", "not base64");
  }
  const EVP_MD *digest = version == 1 ? EVP_sha1() : EVP_sha256();
  if (!verify(certificate, digest, signed_text, (const unsigned char *)signature, length)) {
    return error_at(ERROR_FORBIDDEN, "Signature", "does not match the message and the certificate at SigningCertURL");
  }
  return error_none();
}
