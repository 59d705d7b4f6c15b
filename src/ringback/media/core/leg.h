/* One leg: its sockets, what it sends and what it hears.
 *
 * From `connect` on a packet goes out every `packet_ms`: what plays, else silence. So the far end, and every address
 * translator on the way, sees a stream that never stops, and their timers for a dead line do not run out.
 * While the far end holds the call nothing is sent, and what plays goes on unheard.
 *
 * Everything here runs in the media thread; `now_ns` is CLOCK_MONOTONIC.
 */
#ifndef RB_LEG_H
#define RB_LEG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ear.h"
#include "inband.h"
#include "outgoing.h"
#include "playout.h"
#include "reception.h"
#include "reporting.h"
#include "ring.h"
#include "telephone_event.h"
#include "wheel.h"

#define RB_OFFERED_EVENTS 101 /* by which we offer telephone-event: heard whatever the far end calls its own */
#define RB_COMFORT_NOISE 13   /* RFC 3389; sent by some unasked: it shows that the far end lives, no more */
#define RB_RELATCH_NS (3 * (int64_t)1000000000) /* of quiet after which another source is taken */

struct rb_leg {
    uint32_t number;
    struct rb_ear rtp, rtcp;
    struct rb_events *events; /* of the thread, like the next */
    uint64_t *chance;
    struct rb_place place; /* on the wheel */
    struct rb_leg *bridged;

    bool connected;
    struct rb_remote remote;
    uint32_t samples; /* of a packet that is sent */
    bool latched;
    struct sockaddr_in source;
    bool collided; /* this source was seen to use our SSRC */

    struct rb_outgoing outgoing;
    struct rb_reporting reporting;
    struct rb_playout playout;
    struct rb_digit_sender keys;
    int64_t last_relayed_ns;

    struct rb_reception reception;
    struct rb_digit_receiver digits;
    bool keys_heard;
    uint32_t keys_ssrc;
    struct rb_inband inband; /* heard until the first telephone-event comes */
    char inband_digit;       /* told last */
    int64_t inband_ns;
    char twin; /* a digit told of its tones, whose telephone-event began, too: not told again */
    int64_t silence_after_ns; /* 0: never tell */
    int64_t last_heard_ns;
    bool silent;
    int64_t kept_ns; /* when it was last looked for what did not come */
    uint64_t foreign, malformed;
    int64_t first_received_ns, last_received_ns;
    int64_t play_ns; /* of the frame that is made */
    struct rb_statistics *statistics; /* made ready, so that the last event is always told */
};

/* Makes a leg of two bound sockets; NULL where there is no memory: the sockets are still the caller's. */
struct rb_leg *rb_leg_new(const struct rb_command *open, struct rb_events *events, uint64_t *chance);

/* Says goodbye, tells of the end, and frees everything, the ports included. It must be neither bridged nor on a wheel. */
void rb_leg_close(struct rb_leg *leg, int64_t now_ns);

/* Sends there from now on; a changed address is latched anew. */
void rb_leg_connect(struct rb_leg *leg, const struct rb_remote *remote, int64_t now_ns);

/* Appends to the queue; where that is full, or `prompt` NULL, the play is over at once. */
void rb_leg_play(struct rb_leg *leg, uint32_t play, struct rb_prompt *prompt, uint32_t repetitions, int64_t now_ns);

/* Relays between two legs, each of which is parted from its other first; their playbacks are stopped. */
void rb_leg_bridge(struct rb_leg *leg, struct rb_leg *other);

/* Parts a leg from its other, where there is one. */
void rb_leg_unbridge(struct rb_leg *leg);

/* Sends the packet that is due, and notices what did not come. */
void rb_leg_tick(struct rb_leg *leg, int64_t now_ns);

/* Lets the timestamps pass over time in which nothing could be sent. */
void rb_leg_skip(struct rb_leg *leg, uint32_t samples);

/* Writes all packets with a tap from now on, beside those that the leg has; it becomes the leg's. */
void rb_leg_tap(struct rb_leg *leg, struct rb_tap *tap);

/* Encrypts and decrypts all packets from now on; false where there is no memory: the leg must be closed. */
bool rb_leg_secure(struct rb_leg *leg, const struct rb_keys *keys);

/* Sends and takes plain packets from now on. */
void rb_leg_unsecure(struct rb_leg *leg);

/* Takes a datagram that came for RTP, which may be changed. */
void rb_leg_hear(struct rb_leg *leg, uint8_t *data, size_t size, const struct sockaddr_in *source, int64_t now_ns);

/* Takes a datagram that came for RTCP, which may be changed. */
void rb_leg_hear_report(struct rb_leg *leg, uint8_t *data, size_t size, const struct sockaddr_in *source,
                        int64_t now_ns);

/* Tells that a key was pressed at the far end. */
void rb_leg_tell_digit(struct rb_leg *leg, char digit, int64_t now_ns);

/* The same of a key that came as a telephone-event: not told again where its tones were. */
void rb_leg_tell_key(struct rb_leg *leg, char digit, int64_t now_ns);

bool rb_same_address(const struct sockaddr_in *one, const struct sockaddr_in *two);

#endif
