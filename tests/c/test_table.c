/* Legs and prompts by their numbers, and legs on the wheel. */
#include "check.h"
#include "table.h"
#include "wheel.h"

static void what_is_put_is_found_until_it_is_removed(void)
{
    struct rb_table table = {0};
    static char values[5000];
    CHECK(rb_table_find(&table, 1) == NULL);
    CHECK(rb_table_remove(&table, 1) == NULL);
    for (uint32_t at = 0; at < 5000; at++)
        CHECK(rb_table_put(&table, at * 64, &values[at])); /* numbers that are much alike */
    for (uint32_t at = 0; at < 5000; at += 2)
        CHECK(rb_table_remove(&table, at * 64) == &values[at]);
    for (uint32_t at = 0; at < 5000; at++)
        CHECK(rb_table_find(&table, at * 64) == (at % 2 ? &values[at] : NULL));
    CHECK_EQUAL(table.count, 2500);
    for (uint32_t at = 1; at < 5000; at += 2)
        CHECK(rb_table_remove(&table, at * 64) == &values[at]);
    CHECK_EQUAL(table.count, 0);
    rb_table_free(&table);
}

static void a_table_does_not_grow_with_its_turnover(void)
{
    struct rb_table table = {0};
    for (uint32_t number = 0; number < 100000; number++) {
        CHECK(rb_table_put(&table, number, &table));
        if (number >= 10)
            CHECK(rb_table_remove(&table, number - 10) == &table);
    }
    CHECK_EQUAL(table.size, 64);
    rb_table_free(&table);
}

/* The wheel looks at no leg. */
static struct rb_leg *leg(size_t number)
{
    static char legs[1000];
    return (struct rb_leg *)&legs[number];
}

static void legs_are_spread_evenly_whatever_they_send(void)
{
    static const uint8_t lengths[] = {10, 20, 30, 40, 60};
    struct rb_wheel wheel = {0};
    struct rb_place places[1000];
    for (size_t at = 0; at < 1000; at++)
        CHECK(rb_wheel_place(&wheel, leg(at), &places[at], at < 800 ? 20 : lengths[at % 5]));
    size_t least = SIZE_MAX, most = 0;
    for (size_t slot = 0; slot < RB_SLOTS; slot++) {
        least = wheel.slots[slot].count < least ? wheel.slots[slot].count : least;
        most = wheel.slots[slot].count > most ? wheel.slots[slot].count : most;
    }
    CHECK(most - least <= 4);
    CHECK_EQUAL(wheel.legs, 1000);
    for (size_t at = 0; at < 1000; at++) {
        rb_wheel_remove(&wheel, leg(at), &places[at]);
        rb_wheel_remove(&wheel, leg(at), &places[at]); /* it is not on it: nothing happens */
    }
    CHECK_EQUAL(wheel.legs, 0);
    for (size_t slot = 0; slot < RB_SLOTS; slot++)
        CHECK_EQUAL(wheel.slots[slot].count, 0);
    rb_wheel_free(&wheel);
}

int main(void)
{
    RUN(what_is_put_is_found_until_it_is_removed);
    RUN(a_table_does_not_grow_with_its_turnover);
    RUN(legs_are_spread_evenly_whatever_they_send);
    return check_report();
}
