/* Digits as RTP telephone-events (RFC 4733).
 *
 * A press as it goes over the wire, here one of 60 ms in packets of 20 ms; the sequence number grows with every packet:
 *
 *              0 ms   M=1  ts=t  seq=1   ev=5  dur=160
 *    press 5  20 ms   M=0  ts=t  seq=2   ev=5  dur=320
 *    release  40 ms   M=0  ts=t  seq=3   ev=5  dur=480  E=1   sent three times
 */
#ifndef RB_TELEPHONE_EVENT_H
#define RB_TELEPHONE_EVENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RB_EVENT_BLOCK 4 /* bytes of a payload: event, end (1) reserved (1) volume (6), duration (16) */
#define RB_DIGITS_TOLD 2 /* digits that one packet can end, at most */
#define RB_PENDING 256   /* digits that wait to be sent; more are not taken */
#define RB_TOLD 8        /* events that are remembered as told */

/* Turns digits into the payloads of consecutive packets. */
struct rb_digit_sender {
    uint8_t pending[RB_PENDING];
    uint16_t first, count;
    bool sends;
    uint8_t event;
    uint8_t ends;
    uint32_t elapsed;
};

/* What one packet is to say. */
struct rb_event_payload {
    uint8_t bytes[RB_EVENT_BLOCK];
    bool marker;      /* the first packet of an event */
    uint32_t elapsed; /* samples since the event began: the packet's timestamp is that much before the stream's own */
};

/* Appends a digit of "0123456789*#ABCD"; another character, or one too many, is left out. */
void rb_digit_sender_press(struct rb_digit_sender *sender, char digit);

/* Tells whether something is being sent or waits to be. */
bool rb_digit_sender_busy(const struct rb_digit_sender *sender);

/* Makes the payload of the next packet, `samples` long; false while the stream sends something else. */
bool rb_digit_sender_next(struct rb_digit_sender *sender, uint32_t samples, struct rb_event_payload *payload);

/* Hears digits: each press is told once, whichever of its packets are lost, repeated or out of order.
 * An event is known by its timestamp; it is over with its end, with a later event, or 200 ms after its last packet. */
struct rb_digit_receiver {
    bool hears;
    uint8_t event;
    uint32_t timestamp;
    int64_t last_packet_ns;
    uint32_t told[RB_TOLD];
    uint8_t told_count, told_next;
};

/* Takes the payload of a packet and gives how many digits are over, into `digits`; anything but a digit is passed over. */
size_t rb_digit_receiver_take(struct rb_digit_receiver *receiver, const uint8_t *payload, size_t size,
                              uint32_t timestamp, int64_t now_ns, char digits[RB_DIGITS_TOLD]);

/* Gives the digit whose end was lost, 0 where there is none. */
char rb_digit_receiver_expire(struct rb_digit_receiver *receiver, int64_t now_ns);

/* Forgets the timestamps of a stream that was replaced; gives the digit that it left unfinished, else 0. */
char rb_digit_receiver_restart(struct rb_digit_receiver *receiver);

#endif
