#include "table.h"

#include <stdlib.h>

#define FIRST_SIZE 64

static size_t place(const struct rb_table *table, uint32_t number)
{
    uint32_t mixed = number * 2654435769u; /* Fibonacci hashing: consecutive numbers are spread */
    return (mixed ^ mixed >> 15) & (table->size - 1);
}

/* Gives the row of a number, or the free one where it belongs; there must be a free one. */
static struct rb_table_row *row(const struct rb_table *table, uint32_t number)
{
    size_t at = place(table, number);
    while (table->rows[at].value && table->rows[at].number != number)
        at = (at + 1) & (table->size - 1);
    return &table->rows[at];
}

void *rb_table_find(const struct rb_table *table, uint32_t number)
{
    return table->size ? row(table, number)->value : NULL;
}

static bool grow(struct rb_table *table)
{
    struct rb_table grown = {.size = table->size ? 2 * table->size : FIRST_SIZE, .count = table->count};
    grown.rows = calloc(grown.size, sizeof *grown.rows);
    if (!grown.rows)
        return false;
    for (size_t at = 0; at < table->size; at++)
        if (table->rows[at].value)
            *row(&grown, table->rows[at].number) = table->rows[at];
    free(table->rows);
    *table = grown;
    return true;
}

bool rb_table_put(struct rb_table *table, uint32_t number, void *value)
{
    if (2 * table->count >= table->size && !grow(table))
        return false;
    *row(table, number) = (struct rb_table_row){number, value};
    table->count++;
    return true;
}

void *rb_table_remove(struct rb_table *table, uint32_t number)
{
    if (!table->size)
        return NULL;
    struct rb_table_row *removed = row(table, number);
    void *value = removed->value;
    if (!value)
        return NULL;
    removed->value = NULL;
    table->count--;
    /* those that follow without a gap may belong further to the front now */
    size_t at = (size_t)(removed - table->rows);
    for (;;) {
        at = (at + 1) & (table->size - 1);
        struct rb_table_row moved = table->rows[at];
        if (!moved.value)
            return value;
        table->rows[at].value = NULL;
        *row(table, moved.number) = moved;
    }
}

void rb_table_free(struct rb_table *table)
{
    free(table->rows);
    *table = (struct rb_table){0};
}
