/* What is known by a number of 32 bits: legs and prompts. */
#ifndef RB_TABLE_H
#define RB_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct rb_table_row {
    uint32_t number;
    void *value; /* NULL: the row is free */
};

/* Open addressing; rows follow each other from where their number belongs. */
struct rb_table {
    struct rb_table_row *rows;
    size_t size; /* a power of two, or 0 */
    size_t count;
};

/* Gives NULL where there is none. */
void *rb_table_find(const struct rb_table *table, uint32_t number);

/* Puts a value for a number that has none; false where there is no memory. */
bool rb_table_put(struct rb_table *table, uint32_t number, void *value);

/* Takes the value of a number out and gives it; NULL where there is none. */
void *rb_table_remove(struct rb_table *table, uint32_t number);

void rb_table_free(struct rb_table *table);

#endif
