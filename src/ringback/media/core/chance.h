/* Random numbers: of the kernel where they must not be guessed, else of a generator of our own. */
#ifndef RB_CHANCE_H
#define RB_CHANCE_H

#include <stddef.h>
#include <stdint.h>

/* Fills bytes that nobody can guess. */
void rb_chance_fill(void *bytes, size_t count);

/* Gives a number of `low`..`high` that spreads legs over time; `state`: any number but 0, which it changes. */
int64_t rb_chance_between(uint64_t *state, int64_t low, int64_t high);

#endif
