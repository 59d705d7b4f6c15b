/* The two ways between the media thread and its caller.
 *
 *    caller  --commands-->  media thread      a full ring refuses; a thread that sleeps is woken
 *            <---events---                    a full ring overflows into a list; one wake-up a drain
 *
 * Each ring has one reader. Commands may come from several threads, events come from the media thread alone.
 */
#ifndef RB_RING_H
#define RB_RING_H

#include <netinet/in.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "codec.h"
#include "srtp.h"

#define RB_COMMANDS 16384 /* that may wait */
#define RB_EVENTS 8192    /* that may wait; more go into a list */
#define RB_SPARE 65536    /* events in that list from which on those that may be dropped are */

struct rb_prompt;
struct rb_tap;

/* Where a leg's packets go and how they are encoded. */
struct rb_remote {
    struct sockaddr_in address;
    enum rb_codec codec;
    uint8_t payload_type;
    int16_t event_payload_type; /* -1: the far end does not take telephone-events */
    uint8_t packet_ms;          /* 10, 20, 30, 40 or 60 */
    bool send;                  /* false while the far end holds the call */
    bool inband_digits;
};

/* What the packets of a leg are encrypted and decrypted with. */
struct rb_keys {
    int suite; /* enum rb_srtp_suite */
    uint8_t send[RB_SRTP_KEY], receive[RB_SRTP_KEY];
};

enum rb_command_kind {
    RB_OPEN,
    RB_SECURE,
    RB_UNSECURE,
    RB_CONNECT,
    RB_REGISTER,
    RB_FORGET,
    RB_PLAY,
    RB_STOP_PLAY,
    RB_PRESS,
    RB_BRIDGE,
    RB_UNBRIDGE,
    RB_TAP,
    RB_CLOSE,
};

struct rb_command {
    enum rb_command_kind kind;
    uint32_t number; /* of a leg; of a prompt for RB_REGISTER and RB_FORGET */
    union {
        struct {
            int rtp, rtcp; /* sockets, bound; the media thread closes them */
            int64_t silence_after_ns;
        } open;
        struct rb_remote remote;
        struct rb_keys keys;
        struct rb_prompt *prompt;
        struct {
            uint32_t play, prompt, repetitions;
        } play;
        char digits[64]; /* ends with 0 where there are fewer */
        uint32_t other;
        struct rb_tap *tap;
    };
};

struct rb_commands {
    pthread_mutex_t posting;
    atomic_size_t head, tail;
    atomic_bool asleep; /* the reader waits on `wake` */
    int wake;           /* an eventfd */
    struct rb_command entries[RB_COMMANDS];
};

/* False where the system gives no eventfd. */
bool rb_commands_init(struct rb_commands *commands);
void rb_commands_free(struct rb_commands *commands);

/* Appends all of `count` commands; false where there is no room for them, and none is. */
bool rb_commands_post(struct rb_commands *commands, const struct rb_command *posted, size_t count);

/* Wakes the reader where it sleeps. */
void rb_commands_wake(struct rb_commands *commands);

/* Takes the oldest command; false where there is none. */
bool rb_commands_take(struct rb_commands *commands, struct rb_command *taken);

/* Says that the reader is about to wait on `wake`; false where it must not, since there is a command. */
bool rb_commands_sleep(struct rb_commands *commands);

/* Takes note of `wake`. */
void rb_commands_woken(struct rb_commands *commands);

enum rb_event_kind { RB_DIGIT, RB_PLAY_DONE, RB_LATCHED, RB_SILENCE, RB_LEG_CLOSED };

/* What a leg sent and received, its times CLOCK_MONOTONIC. */
struct rb_statistics {
    uint64_t packets_sent, octets_sent, packets_received, octets_received;
    uint64_t packets_lost, packets_out_of_order, packets_foreign, packets_malformed;
    double jitter_ms, largest_gap_ms;
    int64_t first_packet_sent_ns, first_packet_received_ns, last_packet_sent_ns, last_packet_received_ns;
    double round_trip_ms;
    int64_t reported_lost;
    double reported_jitter_ms;
};

struct rb_event {
    enum rb_event_kind kind;
    uint32_t leg;
    int64_t at_ns;
    union {
        char digit;
        uint32_t play;
        struct sockaddr_in source;
        struct rb_statistics *statistics; /* of RB_LEG_CLOSED: the reader frees it */
    };
};

struct rb_events {
    atomic_size_t head, tail;
    atomic_bool armed; /* the reader wants to be woken */
    int wake;          /* an eventfd of the reader */
    bool told;         /* since the last flush */
    uint64_t dropped;
    struct rb_event *spare; /* what had no room in the ring, oldest first */
    size_t spare_first, spare_count, spare_size;
    struct rb_event entries[RB_EVENTS];
};

/* False where the system gives no eventfd. */
bool rb_events_init(struct rb_events *events);
void rb_events_free(struct rb_events *events);

/* Tells an event. Digits, ends of plays and of legs are never dropped; others are, and counted, where the reader has
 * not read for very long. */
void rb_events_tell(struct rb_events *events, const struct rb_event *event);

/* Moves what is spare into the ring and wakes the reader, once until it reads; false where some is left. */
bool rb_events_flush(struct rb_events *events);

/* Takes at most `room` events. Where it fills the room there may be more: the reader is woken again. */
size_t rb_events_take(struct rb_events *events, struct rb_event *taken, size_t room);

#endif
