/* The checks themselves: one that fails must make the test fail. */
#include "check.h"

static void what_holds_is_no_failure(void)
{
    CHECK(1 + 1 == 2);
    CHECK_EQUAL(-7, -7);
    CHECK_BYTES("abc", "abd", 2);
}

static void what_does_not_hold_is_counted(void)
{
    int before = atomic_load(&check_failures);
    CHECK(1 + 1 == 3);
    CHECK_EQUAL(7, -7);
    CHECK_BYTES("abc", "abd", 3);
    int failed = atomic_load(&check_failures) - before;
    atomic_store(&check_failures, before);
    CHECK_EQUAL(failed, 3);
}

int main(void)
{
    RUN(what_holds_is_no_failure);
    RUN(what_does_not_hold_is_counted);
    return check_report();
}
