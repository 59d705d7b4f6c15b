/* The clock of a media thread: a wheel of slots of 1 ms, so that the work of many legs is spread evenly.
 *
 *    slot       0    1    2   ...  20   21  ...  30  ...  119    0
 *    20 ms      x                  x             .               x      a leg that sends packets of 20 ms
 *    30 ms           x                       x (31) ...                  one of 30 ms
 */
#ifndef RB_WHEEL_H
#define RB_WHEEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RB_SLOTS 120 /* a whole number of packets of 10, 20, 30, 40 and 60 ms */

struct rb_leg;

/* Where something is on the wheel. */
struct rb_place {
    uint8_t first; /* slot */
    uint8_t step;  /* slots between two; 0: it is not on the wheel */
};

struct rb_slot {
    struct rb_leg **legs;
    size_t count, size;
};

struct rb_wheel {
    struct rb_slot slots[RB_SLOTS];
    size_t legs;
};

/* Puts a leg, whose place is nowhere yet, where there is least to do; false where there is no memory. */
bool rb_wheel_place(struct rb_wheel *wheel, struct rb_leg *leg, struct rb_place *place, uint8_t packet_ms);

/* Takes a leg off, where it is on it. */
void rb_wheel_remove(struct rb_wheel *wheel, struct rb_leg *leg, struct rb_place *place);

void rb_wheel_free(struct rb_wheel *wheel);

#endif
