#include "wheel.h"

#include <stdlib.h>

#define FIRST_SIZE 16

static size_t work(const struct rb_wheel *wheel, size_t first, size_t step)
{
    size_t legs = 0;
    for (size_t at = first; at < RB_SLOTS; at += step)
        legs += wheel->slots[at].count;
    return legs;
}

static size_t emptiest(const struct rb_wheel *wheel, size_t step)
{
    size_t found = 0, least = work(wheel, 0, step);
    for (size_t first = 1; first < step && least; first++) {
        size_t legs = work(wheel, first, step);
        if (legs < least) {
            found = first;
            least = legs;
        }
    }
    return found;
}

static bool put(struct rb_slot *slot, struct rb_leg *leg)
{
    if (slot->count == slot->size) {
        size_t size = slot->size ? 2 * slot->size : FIRST_SIZE;
        struct rb_leg **grown = realloc(slot->legs, size * sizeof *grown);
        if (!grown)
            return false;
        slot->legs = grown;
        slot->size = size;
    }
    slot->legs[slot->count++] = leg;
    return true;
}

static void take(struct rb_slot *slot, const struct rb_leg *leg)
{
    for (size_t at = 0; at < slot->count; at++) {
        if (slot->legs[at] == leg) {
            slot->legs[at] = slot->legs[--slot->count];
            return;
        }
    }
}

bool rb_wheel_place(struct rb_wheel *wheel, struct rb_leg *leg, struct rb_place *place, uint8_t packet_ms)
{
    size_t first = emptiest(wheel, packet_ms);
    *place = (struct rb_place){(uint8_t)first, packet_ms};
    wheel->legs++;
    for (size_t at = first; at < RB_SLOTS; at += packet_ms) {
        if (!put(&wheel->slots[at], leg)) {
            rb_wheel_remove(wheel, leg, place);
            return false;
        }
    }
    return true;
}

void rb_wheel_remove(struct rb_wheel *wheel, struct rb_leg *leg, struct rb_place *place)
{
    if (place->step == 0)
        return;
    for (size_t at = place->first; at < RB_SLOTS; at += place->step)
        take(&wheel->slots[at], leg);
    place->step = 0;
    wheel->legs--;
}

void rb_wheel_free(struct rb_wheel *wheel)
{
    for (size_t at = 0; at < RB_SLOTS; at++)
        free(wheel->slots[at].legs);
}
