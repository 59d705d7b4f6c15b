#include "srtp.h"

#include <assert.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "vendor/libsrtp/srtp.h"

/* Packets that may come late, or early, without being taken for a replay. */
#define WINDOW 128
#define RTP_SSRC 8  /* offset of the SSRC in an RTP header */
#define RTCP_SSRC 4 /* and in an RTCP header */

/* One way of a leg; `session` is NULL until it has a key. */
struct way {
    srtp_t session;
    int suite;
    uint8_t key[RB_SRTP_KEY];
};

struct rb_srtp {
    struct way send, receive;
    /* What the far end called itself so far; libsrtp keeps a replay window for each and never forgets one. */
    uint32_t sources[RB_SRTP_SOURCES];
    unsigned known;
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static int is_ready;

static void start_library(void)
{
    is_ready = srtp_init() == srtp_err_status_ok;
}

static srtp_t new_session(int suite, const uint8_t key[RB_SRTP_KEY], srtp_ssrc_type_t direction)
{
    uint8_t copy[RB_SRTP_KEY]; /* libsrtp's policy wants it writable */
    srtp_policy_t policy;
    srtp_t session = NULL;
    if (suite != RB_SRTP_SHA1_80 && suite != RB_SRTP_SHA1_32)
        return NULL;
    memcpy(copy, key, sizeof copy);
    memset(&policy, 0, sizeof policy);
    srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtcp); /* RFC 4568, section 6.2: with both suites */
    if (suite == RB_SRTP_SHA1_80)
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_80(&policy.rtp);
    else
        srtp_crypto_policy_set_aes_cm_128_hmac_sha1_32(&policy.rtp);
    policy.ssrc.type = direction;
    policy.key = copy;
    policy.window_size = WINDOW;
    if (srtp_create(&session, &policy) != srtp_err_status_ok)
        session = NULL;
    explicit_bzero(copy, sizeof copy);
    return session;
}

static int is_way(const struct way *way, int suite, const uint8_t key[RB_SRTP_KEY])
{
    return way->session != NULL && way->suite == suite && memcmp(way->key, key, RB_SRTP_KEY) == 0;
}

static void set_way(struct way *way, srtp_t session, int suite, const uint8_t key[RB_SRTP_KEY])
{
    if (way->session != NULL)
        srtp_dealloc(way->session);
    way->session = session;
    way->suite = suite;
    memcpy(way->key, key, RB_SRTP_KEY);
}

enum rb_srtp_changed rb_srtp_change(struct rb_srtp *srtp, int suite, const uint8_t send_key[RB_SRTP_KEY],
                                    const uint8_t receive_key[RB_SRTP_KEY])
{
    int sends = !is_way(&srtp->send, suite, send_key), receives = !is_way(&srtp->receive, suite, receive_key);
    srtp_t send = sends ? new_session(suite, send_key, ssrc_any_outbound) : NULL;
    srtp_t receive = receives ? new_session(suite, receive_key, ssrc_any_inbound) : NULL;
    if ((sends && send == NULL) || (receives && receive == NULL)) {
        if (send != NULL)
            srtp_dealloc(send);
        if (receive != NULL)
            srtp_dealloc(receive);
        return RB_SRTP_REFUSED;
    }
    if (receives) {
        set_way(&srtp->receive, receive, suite, receive_key);
        srtp->known = 0;
    }
    if (!sends)
        return RB_SRTP_KEPT;
    set_way(&srtp->send, send, suite, send_key);
    return RB_SRTP_AFRESH;
}

struct rb_srtp *rb_srtp_new(int suite, const uint8_t send_key[RB_SRTP_KEY], const uint8_t receive_key[RB_SRTP_KEY])
{
    struct rb_srtp *srtp;
    pthread_once(&once, start_library);
    if (!is_ready || (srtp = calloc(1, sizeof *srtp)) == NULL)
        return NULL;
    if (rb_srtp_change(srtp, suite, send_key, receive_key) == RB_SRTP_REFUSED) {
        rb_srtp_free(srtp);
        return NULL;
    }
    return srtp;
}

void rb_srtp_free(struct rb_srtp *srtp)
{
    if (srtp == NULL)
        return;
    if (srtp->send.session != NULL)
        srtp_dealloc(srtp->send.session);
    if (srtp->receive.session != NULL)
        srtp_dealloc(srtp->receive.session);
    explicit_bzero(srtp, sizeof *srtp);
    free(srtp);
}

typedef srtp_err_status_t (*transform)(srtp_t, void *, int *);

/* Runs one of libsrtp's functions, all of which count bytes in an int. */
static int transformed(transform run, srtp_t session, uint8_t *packet, size_t *size)
{
    int length = (int)*size;
    assert((uintptr_t)packet % 4 == 0);
    if (run(session, packet, &length) != srtp_err_status_ok)
        return -1;
    *size = (size_t)length;
    return 0;
}

static int protect(transform run, struct rb_srtp *srtp, uint8_t *packet, size_t *size, size_t room, size_t trailer)
{
    if (room > INT_MAX || room < trailer || *size > room - trailer)
        return -1;
    return transformed(run, srtp->send.session, packet, size);
}

int rb_srtp_protect(struct rb_srtp *srtp, uint8_t *packet, size_t *size, size_t room)
{
    return protect(srtp_protect, srtp, packet, size, room, RB_SRTP_TRAILER);
}

int rb_srtp_protect_rtcp(struct rb_srtp *srtp, uint8_t *packet, size_t *size, size_t room)
{
    return protect(srtp_protect_rtcp, srtp, packet, size, room, RB_SRTCP_TRAILER);
}

static int is_known(const struct rb_srtp *srtp, uint32_t source)
{
    for (unsigned i = srtp->known; i > 0; i--) /* the latest is the likeliest */
        if (srtp->sources[i - 1] == source)
            return 1;
    return 0;
}

static int unprotect(transform run, struct rb_srtp *srtp, uint8_t *packet, size_t *size, size_t ssrc)
{
    uint32_t source;
    int known;
    if (*size < ssrc + sizeof source || *size > INT_MAX)
        return -1;
    memcpy(&source, packet + ssrc, sizeof source);
    known = is_known(srtp, source);
    if (!known && srtp->known == RB_SRTP_SOURCES)
        return -1;
    if (transformed(run, srtp->receive.session, packet, size) != 0)
        return -1;
    if (!known) /* told by one who has the key */
        srtp->sources[srtp->known++] = source;
    return 0;
}

int rb_srtp_unprotect(struct rb_srtp *srtp, uint8_t *packet, size_t *size)
{
    return unprotect(srtp_unprotect, srtp, packet, size, RTP_SSRC);
}

int rb_srtp_unprotect_rtcp(struct rb_srtp *srtp, uint8_t *packet, size_t *size)
{
    return unprotect(srtp_unprotect_rtcp, srtp, packet, size, RTCP_SSRC);
}
