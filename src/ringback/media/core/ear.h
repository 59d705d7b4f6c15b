/* A socket of a leg that is heard. */
#ifndef RB_EAR_H
#define RB_EAR_H

#include <stdbool.h>
#include <stdint.h>

struct rb_leg;

struct rb_ear {
    struct rb_leg *leg;
    int socket;
    bool reports; /* it hears RTCP, else RTP */
};

/* Lets an epoll tell when there is something to be read, with the ear itself as what it tells; false where it cannot. */
bool rb_ear_open(struct rb_ear *ear, int epoll);

/* Reads a packet, if there is one, and hands it to the leg with the time at which the kernel got it.
 * `real_minus_monotonic_ns`: from CLOCK_MONOTONIC to CLOCK_REALTIME, in which the kernel's note is. */
void rb_ear_read(struct rb_ear *ear, int64_t real_minus_monotonic_ns, int64_t now_ns);

#endif
