/* SRTP of one leg (RFC 3711): our packets are encrypted with one master key, the far end's decrypted with another.
 *
 *     RTP    | header | payload ........ |            SRTP   | header | encrypted ...... | tag 10 or 4 |
 *     RTCP   | header 8 | reports ...... |            SRTCP  | header 8 | encrypted .... | E+index 4 | tag 10 |
 *
 * The rollover counter and the replay window are in here: as long as the keys stay, so must the rb_srtp. One thread at a
 * time may use it. Packets must be aligned to 4 bytes, as libsrtp assumes.
 */
#ifndef RB_SRTP_H
#define RB_SRTP_H

#include <stddef.h>
#include <stdint.h>

/* Master key (16) and master salt (14) together, as SDP carries them (RFC 4568, section 6.1). */
#define RB_SRTP_KEY 30
/* By how much protect lengthens a packet, at most. */
#define RB_SRTP_TRAILER 10
#define RB_SRTCP_TRAILER 14
/* SSRCs that the far end may use with one key; packets of further ones do not pass. */
#define RB_SRTP_SOURCES 64

enum rb_srtp_suite {
    RB_SRTP_SHA1_80 = 0, /* AES_CM_128_HMAC_SHA1_80 */
    RB_SRTP_SHA1_32 = 1, /* AES_CM_128_HMAC_SHA1_32: a tag of 4 bytes for RTP, of 10 for RTCP all the same */
};

struct rb_srtp;

/* NULL where memory is short or the suite is none of the two. */
struct rb_srtp *rb_srtp_new(int suite, const uint8_t send_key[RB_SRTP_KEY], const uint8_t receive_key[RB_SRTP_KEY]);

enum rb_srtp_changed {
    RB_SRTP_REFUSED = -1, /* memory is short or the suite is none of the two; all is as it was */
    RB_SRTP_KEPT = 0,     /* we send with the key that we had */
    RB_SRTP_AFRESH = 1,   /* the key is another: send from now on with another SSRC, whose rollover counter is 0 */
};

/* Take what a later offer and answer agreed on. A direction whose key stays goes on with its rollover counter and replay
 * window; one whose key changes begins anew. */
enum rb_srtp_changed rb_srtp_change(struct rb_srtp *srtp, int suite, const uint8_t send_key[RB_SRTP_KEY],
                                    const uint8_t receive_key[RB_SRTP_KEY]);
void rb_srtp_free(struct rb_srtp *srtp);

/* Encrypt in place: `size` becomes what is sent. 0 is success; else nothing may be sent: `room` (bytes that the buffer
 * has) is too little, or it is no RTP. Every SSRC and sequence number may be sent once. */
int rb_srtp_protect(struct rb_srtp *srtp, uint8_t *packet, size_t *size, size_t room);
int rb_srtp_protect_rtcp(struct rb_srtp *srtp, uint8_t *packet, size_t *size, size_t room);

/* Check and decrypt in place: `size` becomes that of the plain packet. 0 is success; else the packet is to be dropped
 * and counted: forged, broken, heard before, or of one SSRC too many. */
int rb_srtp_unprotect(struct rb_srtp *srtp, uint8_t *packet, size_t *size);
int rb_srtp_unprotect_rtcp(struct rb_srtp *srtp, uint8_t *packet, size_t *size);

#endif
